import CEL
import ConfigurationFiles
import Core
import Sinks

extension SettingsReader {
    private static let laneKeys = [
        "retry", "concurrency", "rate", "order", "deadline", "fallback", "fallback_after", "overflow", "refresh",
    ]
    private static let retryLimit = 100

    mutating func sinkList(_ node: YAMLNode) -> [SinkSettings] {
        var result: [SinkSettings] = []
        for (key, written, value) in reader.entries(of: node, what: "`sinks`") {
            mentionedSinks.append(written)
            guard let name = name(key, what: "a sink"), let sink = sink(value, name: name) else { continue }
            result.append(sink)
        }
        checkFallbacks(of: result)
        return result
    }

    private mutating func sink(_ node: YAMLNode, name: String) -> SinkSettings? {
        let before = reader.errorCount
        guard case .mapping(let entries) = node.value else {
            reader.error(at: node, "the sink '\(name)' must be a mapping, not \(node.described)")
            return nil
        }
        guard let kindNode = entries.first(where: { $0.key.scalarText == "kind" })?.value else {
            reader.error(at: node, "the sink '\(name)' has no `kind`", hint: "`auspex sink list` shows the kinds")
            return nil
        }
        guard let kindName = reader.text(kindNode, what: "`kind`") else { return nil }
        guard let kind = SinkCatalog.kind(named: kindName) else {
            let near = Suggestion.nearest(to: kindName, among: SinkCatalog.names).map { "did you mean '\($0)'?" }
            reader.error(
                at: kindNode, "there is no kind of sink '\(kindName)'",
                hint: near ?? "`auspex sink list` shows the kinds; any other service is a sink of the kind http")
            return nil
        }
        if !kind.takesNotifications { heartbeats.append(name) }
        let common = kind.takesNotifications ? SinkCatalog.commonSettings : [SinkCatalog.timeout]
        let declarations = kind.settings + common
        let laneKeys = kind.takesNotifications ? SettingsReader.laneKeys + GroupingReader.keys : []
        let known = ["kind"] + declarations.map(\.name) + laneKeys
        let members = reader.members(
            of: node, known: known, what: "the \(kindName) sink '\(name)'")
        guard let members else { return nil }
        var values: [String: SettingValue] = [:]
        for declaration in declarations {
            guard let member = members[declaration.name] else {
                if declaration.isRequired {
                    reader.error(
                        at: node, "the \(kindName) sink '\(name)' has no `\(declaration.name)`",
                        hint: declaration.summary)
                }
                continue
            }
            values[declaration.name] = value(member, declaration)
        }
        let grouping = GroupingReader.read(members, &reader)
        return SinkSettings(
            configuration: SinkConfiguration(name: name, values: values), kind: kind, lane: lane(members, of: kind),
            grouping: grouping,
            position: node.position, places: members.mapValues(\.position), fallbackNode: members["fallback"],
            isSound: reader.errorCount == before)
    }

    private mutating func lane(_ members: [String: YAMLNode], of kind: SinkKind) -> LaneSettings {
        var lane = LaneSettings()
        lane.rate = kind.rate.map { RateSettings(count: $0.count, period: $0.period) }
        if let node = members["retry"] { lane.retry = retry(node) }
        if let node = members["concurrency"] {
            lane.concurrency = reader.integer(node, what: "`concurrency`", in: 1...256) ?? lane.concurrency
        }
        if let node = members["rate"] { lane.rate = rate(node) }
        if let node = members["order"] {
            let choices = DeliveryOrder.allCases.map(\.rawValue)
            let order = reader.choice(node, what: "`order`", among: choices).flatMap(DeliveryOrder.init(rawValue:))
            lane.order = order ?? .alert
        }
        if let node = members["deadline"] { lane.deadline = positive(node, what: "`deadline`") }
        if let node = members["fallback"] { lane.fallback = reader.text(node, what: "`fallback`") }
        if let node = members["fallback_after"] {
            lane.fallbackAfter = reader.duration(node, what: "`fallback_after`") ?? lane.fallbackAfter
            if members["fallback"] == nil {
                reader.error(at: node, "`fallback_after` says when the `fallback` is used, and there is none")
            }
        }
        if let node = members["overflow"] {
            lane.overflow = reader.integer(node, what: "`overflow`", in: 2...1_000_000)
        }
        if let node = members["refresh"] { lane.refresh = reader.boolean(node, what: "`refresh`") ?? false }
        return lane
    }

    private mutating func positive(_ node: YAMLNode, what: String) -> Duration? {
        guard let duration = reader.duration(node, what: what) else { return nil }
        guard duration > .zero else {
            reader.error(at: node, "\(what) must be longer than nothing", hint: "such as 24h")
            return nil
        }
        return duration
    }

    /// Every fallback is a sink, and none leads back to where it began: that would say the same for ever.
    private mutating func checkFallbacks(of sinks: [SinkSettings]) {
        let fallbacks = Dictionary(
            sinks.map { ($0.configuration.name, $0.lane.fallback) }, uniquingKeysWith: { first, _ in first })
        for sink in sinks {
            let name = sink.configuration.name
            guard let fallback = sink.lane.fallback, let place = sink.fallbackNode else { continue }
            guard mentionedSinks.contains(fallback) else {
                reader.error(
                    at: place, "there is no sink '\(fallback)'",
                    hint: Suggestion.nearest(to: fallback, among: mentionedSinks).map { "did you mean '\($0)'?" }
                        ?? "the sinks are: \(mentionedSinks.joined(separator: ", "))")
                continue
            }
            var chain = [name]
            var next: String? = fallback
            while let link = next, !chain.contains(link) {
                chain.append(link)
                next = fallbacks[link] ?? nil
            }
            guard next == name else { continue }
            let circle = (chain + [name]).joined(separator: " → ")
            reader.error(
                at: place, "the fallbacks lead in a circle: \(circle)", hint: "let one of them have no `fallback`")
        }
    }

    private mutating func retry(_ node: YAMLNode) -> RetrySchedule {
        let items = reader.items(of: node, what: "`retry`")
        if items.count > SettingsReader.retryLimit {
            reader.error(at: node, "`retry` may have at most \(SettingsReader.retryLimit) delays")
        }
        return RetrySchedule(delays: items.compactMap { reader.duration($0, what: "each delay of `retry`") })
    }

    private mutating func rate(_ node: YAMLNode) -> RateSettings? {
        reader.rate(node, what: "`rate`").map { RateSettings(count: $0.count, period: $0.period) }
    }

    private mutating func value(_ node: YAMLNode, _ declaration: SettingDeclaration) -> SettingValue? {
        let what = "`\(declaration.name)`"
        switch declaration.type {
        case .text: return text(node, declaration, what: what)
        case .textList:
            if declaration.isSecret { return .secretList(secrets(node, what: what)) }
            let texts = reader.texts(node, what: what)
            if declaration.name == "redact" { for (item, path) in texts { checkRedacted(path, at: item) } }
            return .stringList(texts.map(\.text))
        case .path:
            return reader.text(node, what: what).map { .string(FileAccess.resolve($0, in: folder)) }
        case .textMap:
            let entries = reader.entries(of: node, what: what)
            return .stringMap(entries.compactMap { entry in namedText(entry.name, entry.value) })
        case .integer: return reader.integer(node, what: what, in: 0...Int(Int32.max)).map(SettingValue.integer)
        case .boolean: return reader.boolean(node, what: what).map(SettingValue.boolean)
        case .duration: return reader.duration(node, what: what).map(SettingValue.duration)
        case .tree: return .tree(SettingTree(node: node, file: reader.file))
        case .values: return .named(reader.entries(of: node, what: what).compactMap { namedValue($0.name, $0.value) })
        }
    }

    /// A setting under a name of the user's: plain, a secret, or declared as in a preset with a `value` beside it.
    private mutating func namedValue(_ name: String, _ node: YAMLNode) -> NamedValue? {
        if node.isNull { return NamedValue(name: name, value: nil) }
        if case .mapping(let entries) = node.value, !entries.contains(where: { isSecret($0.key) }) {
            return declaredValue(name, node)
        }
        let value: SettingValue? =
            switch node.value {
            case .scalar("true", .plain): .boolean(true)
            case .scalar("false", .plain): .boolean(false)
            case .scalar(let text, .plain): Int(text).map(SettingValue.integer) ?? .string(text)
            case .scalar(let text, _): .string(text)
            case .sequence: .stringList(reader.texts(node, what: "`\(name)`").map(\.text))
            case .mapping: secret(node, what: "`\(name)`").map(SettingValue.secret)
            }
        return value.map { NamedValue(name: name, value: $0) }
    }

    private func isSecret(_ key: YAMLNode) -> Bool { ["env", "file"].contains(key.scalarText) }

    private mutating func declaredValue(_ name: String, _ node: YAMLNode) -> NamedValue? {
        let known = SettingDeclaration.keys + ["env", "file"]
        guard let members = reader.members(of: node, known: known, what: "`\(name)`") else { return nil }
        let type = members["type"].flatMap {
            reader.choice($0, what: "`type`", among: SettingType.writtenNames)
        }
        let declaration = SettingDeclaration(
            name, type.flatMap { SettingType(written: $0) } ?? .text,
            isRequired: members["required"].flatMap { reader.boolean($0, what: "`required`") } ?? false,
            isSecret: members["secret"].flatMap { reader.boolean($0, what: "`secret`") } ?? false,
            allowedValues: members["allowed"].map { reader.texts($0, what: "`allowed`").map(\.text) },
            "of the configuration")
        if let written = members["value"] ?? members["default"] {
            return NamedValue(declaration, value: value(written, declaration))
        }
        if declaration.isRequired {
            reader.error(at: node, "the setting '\(name)' has no `value`", hint: "such as \(name): { value: … }")
        }
        return NamedValue(declaration, value: nil)
    }

    private mutating func text(_ node: YAMLNode, _ declaration: SettingDeclaration, what: String) -> SettingValue? {
        if let allowed = declaration.allowedValues {
            return reader.choice(node, what: what, among: allowed).map(SettingValue.string)
        }
        if case .scalar = node.value, !declaration.isSecret {
            return reader.text(node, what: what).map(SettingValue.string)
        }
        return secret(node, what: what).map(SettingValue.secret)
    }

    /// A misspelt field would silently send what should be left out.
    private mutating func checkRedacted(_ path: String, at node: YAMLNode) {
        let parts = path.split(separator: ".")
        guard parts.count > 1, parts[0] == "self" else { return }
        let field = String(parts[1].prefix { $0 != "[" })
        let known = ResourceKind.allCases.map(ResourceSchema.of).flatMap { $0.fields.map(\.name) }
        guard !known.contains(field) else { return }
        if let near = Suggestion.nearest(to: field, among: known) {
            reader.error(at: node, "no resource has a field '\(field)'", hint: "did you mean 'self.\(near)'?")
        } else {
            reader.warning(at: node, "no resource has a documented field '\(field)'")
        }
    }

    private mutating func namedText(_ name: String, _ node: YAMLNode) -> NamedText? {
        if case .scalar = node.value {
            return reader.text(node, what: "`\(name)`").map { NamedText(name: name, value: .plain($0)) }
        }
        return secret(node, what: "`\(name)`").map { NamedText(name: name, value: .secret($0)) }
    }
}
