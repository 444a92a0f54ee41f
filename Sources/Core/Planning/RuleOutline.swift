import CEL

/// What a rule says, key by key as in its file: for telling one edition of a rule from another.
package struct RuleOutline: Sendable, Equatable {
    package var name: String
    /// In the order of the documentation; what is not said is missing.
    package var values: [(key: String, value: String)]

    package init(_ rule: Rule) {
        name = rule.name
        values = []
        add("watch", rule.watch.rawValue)
        add("when", rule.condition.text)
        add("for", rule.policy.hold.map(RuleOutline.text))
        add("keep_firing_for", rule.policy.keepFiringFor.map(RuleOutline.text))
        add("repeat_interval", list(rule.policy.repeatIntervals.map(RuleOutline.text)))
        add("backfill", rule.backfill.map(RuleOutline.text))
        add("severity", rule.severity.rawValue)
        add("labels", list(rule.labels.map { "\($0.name): \($0.value)" }))
        add("title", rule.title?.text)
        add("text", rule.text?.text)
        add("notify", list(rule.notify))
        add("send_resolved", "\(rule.sendsResolved)")
        add("group_by", rule.noise.grouping.map { "[\($0.by.map(\.text).joined(separator: ", "))]" })
        add("group_wait", rule.noise.grouping.map { RuleOutline.text($0.wait) })
        add("group_interval", rule.noise.grouping.map { RuleOutline.text($0.interval) })
        add("inhibited_by", list(rule.noise.inhibitedBy))
        add("mute", list(rule.noise.mute.map(\.words)))
    }

    package static func == (left: RuleOutline, right: RuleOutline) -> Bool {
        left.name == right.name && left.values.elementsEqual(right.values) { $0 == $1 }
    }

    package subscript(key: String) -> String? { values.first { $0.key == key }?.value }

    private mutating func add(_ key: String, _ value: String?) {
        if let value { values.append((key, value)) }
    }

    private func list(_ items: [String]) -> String? {
        items.isEmpty ? nil : items.count == 1 ? items[0] : "[\(items.joined(separator: ", "))]"
    }

    /// `1h30m`, `500ms`.
    private static func text(_ duration: Duration) -> String {
        var milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        var result = ""
        for (unit, length) in [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)] as [(String, Int64)]
        where milliseconds >= length {
            result += "\(milliseconds / length)\(unit)"
            milliseconds %= length
        }
        return result.isEmpty ? "0s" : result
    }

    /// The form in which it is stored.
    fileprivate var document: CELValue {
        .map(
            CELMap([
                ("name", .string(name)),
                ("values", .list(values.map { .list([.string($0.key), .string($0.value)]) })),
            ]))
    }

    fileprivate init?(document: CELValue) {
        guard case .map(let members) = document, case .string(let name)? = members["name"],
            case .list(let pairs)? = members["values"]
        else { return nil }
        self.name = name
        values = pairs.compactMap { pair in
            guard case .list(let parts) = pair, parts.count == 2, case .string(let key) = parts[0],
                case .string(let value) = parts[1]
            else { return nil }
            return (key, value)
        }
    }
}

extension MuteTime {
    /// `sat sun 22:00-07:00 Europe/Berlin`
    fileprivate var words: String {
        func time(_ minutes: Int) -> String {
            let (hour, minute) = (minutes / 60, minutes % 60)
            return (hour < 10 ? "0" : "") + "\(hour):" + (minute < 10 ? "0" : "") + "\(minute)"
        }
        let names = days.sorted().map { MuteTime.dayNames[$0] }.joined(separator: " ")
        return "\(names) \(time(from))-\(time(to)) \(zone)"
    }
}

/// The rules in force, as a watch notes them for whoever plans another configuration.
package struct RulesInForce: Sendable, Equatable {
    package var outlines: [RuleOutline]

    package init(_ rules: [Rule]) { outlines = rules.map(RuleOutline.init) }

    /// The name under which the store keeps it.
    package static let fact = "configuration/rules"

    package var document: String { JSON.serialize(.list(outlines.map(\.document))) }

    /// Nil for what ``document`` did not write.
    package init?(document: String) {
        guard case .list(let items)? = try? JSON.parse(document) else { return nil }
        outlines = items.compactMap { RuleOutline(document: $0) }
    }
}

/// How one edition of the rules differs from another.
package enum RuleChange: Sendable, Equatable {
    /// What a key said and says; nil where it says nothing.
    package struct Difference: Sendable, Equatable {
        package var key: String
        package var before: String?
        package var after: String?
    }

    case added(String)
    case removed(String)
    case changed(String, [Difference])
    /// What else of it is new.
    case renamed(String, from: String, [Difference])

    /// In the order of the new rules, those that are gone behind them.
    package static func between(_ before: RulesInForce, and rules: [Rule]) -> [RuleChange] {
        let known = Dictionary(before.outlines.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var taken: Set<String> = []
        var changes: [RuleChange] = []
        for rule in rules {
            let outline = RuleOutline(rule)
            if let old = known[rule.name] {
                taken.insert(rule.name)
                let differences = differences(old, outline)
                if !differences.isEmpty { changes.append(.changed(rule.name, differences)) }
            } else if let former = rule.renamedFrom.first(where: { known[$0] != nil }), let old = known[former] {
                taken.insert(former)
                changes.append(.renamed(rule.name, from: former, differences(old, outline)))
            } else {
                changes.append(.added(rule.name))
            }
        }
        return changes + before.outlines.filter { !taken.contains($0.name) }.map { .removed($0.name) }
    }

    private static func differences(_ before: RuleOutline, _ after: RuleOutline) -> [Difference] {
        var keys = before.values.map(\.key)
        keys += after.values.map(\.key).filter { !keys.contains($0) }
        return keys.compactMap { key in
            before[key] == after[key] ? nil : Difference(key: key, before: before[key], after: after[key])
        }
    }
}
