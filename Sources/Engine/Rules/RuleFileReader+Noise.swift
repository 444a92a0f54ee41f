import CEL
import ConfigurationFiles
import Core

/// The keys of a rule that decide when and to whom its alerts are told.
extension RuleFileReader {
    static let noiseKeys = GroupingReader.keys + ["inhibited_by", "mute", "renamed_from"]

    mutating func noise(_ members: [String: YAMLNode], rule: String?) -> NoisePolicy {
        NoisePolicy(
            grouping: GroupingReader.read(members, &reader),
            inhibitedBy: members["inhibited_by"].map { mentions($0, what: "`inhibited_by`", by: rule) } ?? [],
            mute: members["mute"].map { muteTimes($0) } ?? [])
    }

    mutating func renamedFrom(_ node: YAMLNode, rule: String?) -> [String] {
        mentions(node, what: "`renamed_from`", by: rule)
    }

    /// Names of other rules. Whether there are such rules is known when all files are read.
    private mutating func mentions(_ node: YAMLNode, what: String, by rule: String?) -> [String] {
        var names: [String] = []
        for (item, name) in reader.texts(node, what: what) where !names.contains(name) {
            names.append(name)
            guard let rule else { continue }
            mentions.append(
                RuleMention(file: reader.file, position: item.position, rule: rule, name: name, key: what))
        }
        return names
    }

    /// One time, or a list of them.
    private mutating func muteTimes(_ node: YAMLNode) -> [MuteTime] {
        if case .mapping = node.value { return muteTime(node).map { [$0] } ?? [] }
        return reader.items(of: node, what: "`mute`").compactMap { muteTime($0) }
    }

    private mutating func muteTime(_ node: YAMLNode) -> MuteTime? {
        let before = reader.errorCount
        guard let members = reader.members(of: node, known: ["days", "from", "to", "zone"], what: "a mute time") else {
            return nil
        }
        if members.isEmpty { reader.error(at: node, "a mute time needs `days`, or `from` and `to`") }
        var mute = MuteTime()
        if let days = members["days"] { mute.days = self.days(days) }
        if let from = members["from"] { mute.from = minutes(from, what: "`from`") ?? mute.from }
        if let to = members["to"] { mute.to = minutes(to, what: "`to`") ?? mute.to }
        if mute.from == mute.to || mute.from == MuteTime.wholeDay {
            reader.error(
                at: members["to"] ?? node, "this mute time ends when it begins",
                hint: "leave out `from` and `to` for whole days")
        }
        if let zone = members["zone"], let name = reader.text(zone, what: "`zone`") {
            mute.zone = name
            if !MuteTime.isKnown(zone: name) {
                let near = Suggestion.nearest(to: name, among: MuteTime.zoneNames).map { "did you mean '\($0)'?" }
                reader.error(at: zone, "there is no time zone '\(name)'", hint: near ?? "such as Europe/Berlin or UTC")
            }
        }
        return reader.errorCount == before ? mute : nil
    }

    private mutating func days(_ node: YAMLNode) -> Set<Int> {
        var days: Set<Int> = []
        for (item, name) in reader.texts(node, what: "`days`") {
            if let day = MuteTime.dayNames.firstIndex(of: name.lowercased()) {
                days.insert(day)
            } else {
                reader.error(
                    at: item, "'\(name)' is no day", hint: "the days are: \(MuteTime.dayNames.joined(separator: ", "))")
            }
        }
        return days
    }

    /// `22:00`, up to `24:00`, in minutes after midnight. YAML takes 22:00 without quotes for a number of base 60 in its
    /// older version; here it is a text all the same.
    private mutating func minutes(_ node: YAMLNode, what: String) -> Int? {
        guard let text = reader.text(node, what: what) else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2, parts.allSatisfy({ (1...2).contains($0.count) && $0.allSatisfy(\.isASCII) }),
            let hours = Int(parts[0]), let minutes = Int(parts[1]), (0...59).contains(minutes),
            (0...23).contains(hours) || (hours == 24 && minutes == 0)
        {
            return hours * 60 + minutes
        }
        reader.error(at: node, "\(what) must be a time of day such as \"22:00\", not '\(text)'")
        return nil
    }
}

/// A place where a rule names another.
struct RuleMention {
    var file: FileText
    var position: FilePosition
    var rule: String
    var name: String
    var key: String

    private func problem(_ message: String, hint: String? = nil) -> FileDiagnostic {
        file.diagnostic(at: position, message, hint: hint, width: name.unicodeScalars.count)
    }

    /// What is wrong with mentions, once all rules are known by name.
    static func problems(_ mentions: [RuleMention], names: Set<String>) -> [FileDiagnostic] {
        let inhibitions = mentions.filter { $0.key == "`inhibited_by`" }
        let renames = mentions.filter { $0.key == "`renamed_from`" }
        var problems: [FileDiagnostic] = []
        for mention in inhibitions {
            if mention.name == mention.rule {
                problems.append(mention.problem("a rule cannot inhibit itself: nobody would ever be told"))
            } else if !names.contains(mention.name) {
                let near = Suggestion.nearest(to: mention.name, among: names.sorted())
                problems.append(
                    mention.problem("there is no rule '\(mention.name)'", hint: near.map { "did you mean '\($0)'?" }))
            } else if let circle = circle(from: mention, inhibitions) {
                problems.append(
                    mention.problem(
                        "rules inhibit each other in a circle, and nobody would be told: \(circle)",
                        hint: "let one of them have no `inhibited_by`"))
            }
        }
        var claimed: [String: String] = [:]
        for mention in renames {
            if names.contains(mention.name) {
                problems.append(
                    mention.problem(
                        "there is still a rule '\(mention.name)', so this one was not renamed from it",
                        hint: "its alerts go on by themselves"))
            } else if let other = claimed.updateValue(mention.rule, forKey: mention.name) {
                problems.append(mention.problem("'\(mention.name)' was renamed already, to '\(other)'"))
            }
        }
        return problems
    }

    private static func circle(from first: RuleMention, _ mentions: [RuleMention]) -> String? {
        var paths = [[first.rule, first.name]]
        var seen: Set<String> = [first.name]
        while let path = paths.popLast() {
            for next in mentions where next.rule == path.last {
                if next.name == first.rule { return (path + [next.name]).joined(separator: " → ") }
                if seen.insert(next.name).inserted { paths.append(path + [next.name]) }
            }
        }
        return nil
    }
}
