import CEL
package import ConfigurationFiles
package import Core

/// Reads rule files into rules that can be in force, or into all that is wrong with them.
package struct RuleFileReader {
    /// What the rules may refer to.
    package struct Surroundings: Sendable {
        package var sinks: [String]
        /// The sinks of a rule that names none; nil when no configuration is at hand, so that any name is accepted.
        package var notify: [String]?

        /// Sinks that take no notifications.
        package var heartbeats: [String]

        package init(sinks: [String], notify: [String]?, heartbeats: [String] = []) {
            self.sinks = sinks
            self.notify = notify
            self.heartbeats = heartbeats
        }
    }

    package struct Result: Sendable {
        /// Only those without an error.
        package var rules: [Rule] = []
        package var diagnostics: [FileDiagnostic] = []

        package init() {}

        package var hasErrors: Bool { diagnostics.contains(where: \.isError) }
    }

    var reader: YAMLReader
    private let surroundings: Surroundings
    private var rules: [Rule] = []
    private var names: [String: String]
    /// Where rules name others.
    var mentions: [RuleMention] = []

    private init(file: FileText, surroundings: Surroundings, names: [String: String]) {
        reader = YAMLReader(file: file)
        self.surroundings = surroundings
        self.names = names
    }

    /// Reads the files in order. Names are unique over all of them.
    package static func read(files: [String], surroundings: Surroundings) -> Result {
        var result = Result()
        var names: [String: String] = [:]
        var mentions: [RuleMention] = []
        for path in files {
            do {
                let file = FileText(name: path, text: try FileAccess.text(of: path))
                read(file, surroundings: surroundings, names: &names, mentions: &mentions, into: &result)
            } catch {
                let file = FileText(name: path, text: "")
                result.diagnostics.append(file.diagnostic(at: FilePosition(line: 1, column: 1), "\(error)"))
            }
        }
        result.diagnostics += RuleMention.problems(mentions, names: Set(names.keys))
        return result
    }

    /// Reads one file's text.
    package static func read(_ file: FileText, surroundings: Surroundings) -> Result {
        var result = Result()
        var names: [String: String] = [:]
        var mentions: [RuleMention] = []
        read(file, surroundings: surroundings, names: &names, mentions: &mentions, into: &result)
        result.diagnostics += RuleMention.problems(mentions, names: Set(names.keys))
        return result
    }

    private static func read(
        _ file: FileText, surroundings: Surroundings, names: inout [String: String],
        mentions: inout [RuleMention], into result: inout Result
    ) {
        var reader = RuleFileReader(file: file, surroundings: surroundings, names: names)
        reader.readFile()
        names = reader.names
        mentions += reader.mentions
        result.rules += reader.rules
        result.diagnostics += reader.reader.diagnostics.sorted { $0.position < $1.position }
    }

    private mutating func readFile() {
        guard let root = reader.root(), let members = reader.members(of: root, known: ["rules"], what: "a rule file")
        else { return }
        guard let list = members["rules"] else {
            reader.error(at: root, "a rule file needs `rules:`, a list of rules")
            return
        }
        if list.isNull { return }
        for item in reader.items(of: list, what: "`rules`") {
            let before = reader.errorCount
            if let rule = rule(item), reader.errorCount == before { rules.append(rule) }
        }
    }

    private static let keys =
        [
            "name", "watch", "when", "for", "severity", "labels", "title", "text", "notify", "send_resolved",
            "backfill",
            "repeat_interval", "keep_firing_for",
        ] + windowKeys + noiseKeys

    private mutating func rule(_ node: YAMLNode) -> Rule? {
        guard let members = reader.members(of: node, known: RuleFileReader.keys, what: "a rule") else { return nil }
        for required in ["name", "watch", "when"] where members[required] == nil {
            reader.error(at: node, "a rule has no `\(required)`")
        }
        let name = members["name"].flatMap { self.name($0) }
        let watch = members["watch"].flatMap { watched($0) }
        let notify = self.notify(members["notify"], at: node)
        let policy = AlertPolicy(
            hold: duration(members["for"], what: "`for`"),
            keepFiringFor: duration(members["keep_firing_for"], what: "`keep_firing_for`"),
            repeatIntervals: members["repeat_interval"].map { repeatIntervals($0) } ?? [])
        let backfill = duration(members["backfill"], what: "`backfill`")
        let sendsResolved = members["send_resolved"].flatMap { reader.boolean($0, what: "`send_resolved`") }
        let severity = members["severity"].flatMap { self.severity($0) } ?? .warning
        let labels = members["labels"].map { self.labels($0) } ?? []
        let noise = self.noise(members, rule: name)
        let renamedFrom = members["renamed_from"].map { self.renamedFrom($0, rule: name) } ?? []
        guard let watch else {
            // Without the kind of resource nothing in the rule has a type; the missing kind is reported.
            return nil
        }
        let before = reader.errorCount
        let window = window(members, watch: watch, at: node)
        // Without its measures nothing in the condition has a type; what is wrong with them is reported.
        guard reader.errorCount == before else { return nil }
        let environment = window?.conditionEnvironment ?? RuleVariables.environment(for: watch)
        let textEnvironment = window?.textEnvironment ?? environment
        let condition = members["when"].flatMap { self.condition($0, in: environment) }
        let title = members["title"].flatMap { template($0, what: "`title`", in: textEnvironment) }
        let text = members["text"].flatMap { template($0, what: "`text`", in: textEnvironment) }
        guard let name, let condition else { return nil }
        return Rule(
            name: name, watch: watch, condition: condition,
            clockUse: ClockUse(of: condition, in: environment), policy: policy,
            severity: severity, labels: labels, title: title, text: text, notify: notify,
            sendsResolved: sendsResolved ?? (policy.hold != nil || window != nil),
            backfill: backfill, noise: noise, renamedFrom: renamedFrom, window: window)
    }

    private mutating func name(_ node: YAMLNode) -> String? {
        guard let text = reader.text(node, what: "`name`") else { return nil }
        let isPrintable = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
        guard isPrintable, (1...200).contains(text.utf8.count), text.first != " ", text.last != " " else {
            reader.error(at: node, "a rule's name must be one line of 1 to 200 bytes without spaces at its ends")
            return nil
        }
        if let file = names[text] {
            reader.error(at: node, "there are two rules named '\(text)'", hint: "the other is in \(file)")
            return nil
        }
        names[text] = reader.file.name
        return text
    }

    private mutating func watched(_ node: YAMLNode) -> ResourceKind? {
        reader.choice(node, what: "`watch`", among: ResourceKind.allCases.map(\.rawValue))
            .flatMap(ResourceKind.init(rawValue:))
    }

    private mutating func severity(_ node: YAMLNode) -> Severity? {
        let allowed = Severity.allCases.map(\.rawValue)
        return reader.choice(node, what: "`severity`", among: allowed).flatMap(Severity.init(rawValue:))
    }

    private mutating func labels(_ node: YAMLNode) -> [Label] {
        reader.entries(of: node, what: "`labels`").compactMap { entry in
            reader.text(entry.value, what: "the label `\(entry.name)`").map { Label(name: entry.name, value: $0) }
        }
    }

    private mutating func duration(_ node: YAMLNode?, what: String) -> Duration? {
        guard let node else { return nil }
        return reader.duration(node, what: what)
    }

    /// One interval, or the first, the second and so on; the last goes on.
    private mutating func repeatIntervals(_ node: YAMLNode) -> [Duration] {
        guard case .sequence(let items) = node.value else { return repeatInterval(node).map { [$0] } ?? [] }
        if items.isEmpty { reader.error(at: node, "`repeat_interval` names no interval") }
        return items.compactMap { repeatInterval($0) }
    }

    private mutating func repeatInterval(_ node: YAMLNode) -> Duration? {
        guard let interval = reader.duration(node, what: "`repeat_interval`") else { return nil }
        if interval == .zero {
            reader.error(
                at: node, "`repeat_interval` must be longer than nothing", hint: "leave it out to be told only once")
        }
        return interval
    }

    private mutating func notify(_ node: YAMLNode?, at rule: YAMLNode) -> [String] {
        guard let node else {
            if surroundings.notify == [] {
                reader.error(
                    at: rule, "nobody is told of this rule: it has no `notify`, and neither has the configuration",
                    hint: "add notify: [\(surroundings.sinks.first ?? "SINK")]")
            }
            return surroundings.notify ?? []
        }
        var names: [String] = []
        for (item, name) in reader.texts(node, what: "`notify`") where !names.contains(name) {
            if surroundings.heartbeats.contains(name) {
                reader.error(at: item, "the sink '\(name)' is a heartbeat and takes no notifications")
            } else if surroundings.notify != nil, !surroundings.sinks.contains(name) {
                let near = Suggestion.nearest(to: name, among: surroundings.sinks).map { "did you mean '\($0)'?" }
                let known = surroundings.sinks.isEmpty ? "none" : surroundings.sinks.joined(separator: ", ")
                reader.error(at: item, "there is no sink '\(name)'", hint: near ?? "the sinks are: \(known)")
            }
            names.append(name)
        }
        if names.isEmpty { reader.error(at: node, "`notify` names no sink") }
        return names
    }

    private mutating func condition(_ node: YAMLNode, in environment: Environment) -> Program? {
        guard let text = reader.text(node, what: "`when`") else { return nil }
        let compilation = environment.compile(text, expecting: .bool)
        reader.report(compilation.diagnostics, in: node)
        return compilation.program
    }

    private mutating func template(_ node: YAMLNode, what: String, in environment: Environment) -> Template? {
        guard let text = reader.text(node, what: what) else { return nil }
        let (template, diagnostics) = Template.compile(text, in: environment)
        reader.report(diagnostics, in: node)
        return template
    }
}
