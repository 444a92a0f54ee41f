import CEL
import ConfigurationFiles
import Core

/// Reads the two lists of a test: what is given, and what is expected.
struct TimelineReader {
    let start: Timestamp
    /// The resources mentioned so far, with their kinds, so that `gone: ID` knows which is meant.
    private var known: [String: ResourceKey] = [:]

    init(start: Timestamp) { self.start = start }

    static let countLimit = 10_000

    /// So long after the start, or at a time of the calendar.
    func time(_ node: YAMLNode, what: String, _ test: inout RuleTestReader) -> Duration? {
        if let text = node.scalarText, let time = Timestamp(rfc3339: text), time >= start {
            return time.offset(from: start)
        }
        return test.reader.duration(node, what: what)
    }

    // What is given

    private static let actions = [
        "generation", "character", "balance", "gone", "api", "sink", "budget_level", "restart", "reload",
        "silence",
    ]
    private static let givenKeys =
        ["at", "for"] + actions + ["source", "baseline", "count", "every", "answers"]

    mutating func given(_ node: YAMLNode, _ test: inout RuleTestReader) -> [Given] {
        let what = "what is given"
        guard let members = test.reader.members(of: node, known: TimelineReader.givenKeys, what: what) else {
            return []
        }
        let actions = TimelineReader.actions.filter { members[$0] != nil }
        guard let action = actions.first, actions.count == 1, let value = members[action] else {
            let all = Suggestion.list(TimelineReader.actions)
            test.reader.error(
                at: node, actions.isEmpty ? "it is not said what happens" : "two things happen in one line",
                hint: actions.isEmpty ? "it may be \(all)" : "give \(Suggestion.list(actions)) a line each")
            return []
        }
        guard let atNode = members["at"], let at = time(atNode, what: "`at`", &test) else {
            if members["at"] == nil { test.reader.error(at: node, "it is not said when", hint: "such as at: 20s") }
            return []
        }
        checkKeys(members, action, &test)
        if ["generation", "character", "balance"].contains(action) {
            return resources(action, value, members, at: at, &test)
        }
        guard let happens = self.action(action, value, members, at: node, &test) else { return [] }
        var end: Duration?
        if let length = members["for"] { end = test.reader.duration(length, what: "`for`").map { at + $0 } }
        if action == "silence", members["for"] == nil {
            test.reader.error(at: node, "it is not said how long the silence lasts", hint: "such as for: 2h")
        }
        return [Given(at: at, end: end, action: happens)]
    }

    /// A key that means nothing here would be a silent mistake.
    private func checkKeys(_ members: [String: YAMLNode], _ action: String, _ test: inout RuleTestReader) {
        let isResource = ["generation", "character", "balance"].contains(action)
        var fitting: Set<String> = ["at", action]
        if isResource { fitting.formUnion(["source", "baseline", "count", "every"]) }
        if ["gone", "api", "budget_level"].contains(action) { fitting.insert("source") }
        if ["api", "sink", "budget_level", "restart", "silence"].contains(action) { fitting.insert("for") }
        if action == "sink" { fitting.insert("answers") }
        for (key, node) in members.sorted(by: { $0.key < $1.key }) where !fitting.contains(key) {
            test.reader.error(at: node, "`\(key)` says nothing beside `\(action)`", hint: "leave it out")
        }
    }

    private mutating func resources(
        _ action: String, _ value: YAMLNode, _ members: [String: YAMLNode], at: Duration, _ test: inout RuleTestReader
    ) -> [Given] {
        guard let kind = ResourceKind(rawValue: action), let source = source(members["source"], kind, &test) else {
            return []
        }
        let fields = ResourceFields(start: start).members(
            of: value, schema: .of(kind), what: "a \(action)", &test.reader)
        let isBaseline = members["baseline"].flatMap { test.reader.boolean($0, what: "`baseline`") } ?? false
        guard let ids = ids(kind, fields, at: value, count: count(members["count"], &test), &test) else { return [] }
        let every = members["every"].flatMap { test.reader.duration($0, what: "`every`") } ?? .zero
        return ids.enumerated().map { place, id in
            let key = ResourceKey(source: source, kind: kind, id: id)
            if known[id] == nil, kind != .balance, !fields.contains(where: { $0.0 == "status" }) {
                test.reader.error(at: value, "\(id) is new and has no `status`")
            }
            known[id] = key
            return Given(
                at: at + every * place, end: nil,
                action: .resource(GivenResource(key: key, members: fields, isBaseline: isBaseline)))
        }
    }

    private func ids(
        _ kind: ResourceKind, _ fields: [(String, CELValue)], at node: YAMLNode, count: Int?,
        _ test: inout RuleTestReader
    ) -> [String]? {
        if kind == .balance { return ["balance"] }
        guard case .string(let id)? = fields.first(where: { $0.0 == "id" })?.1, !id.isEmpty else {
            test.reader.error(at: node, "a \(kind.rawValue) has no `id`")
            return nil
        }
        return numbered(id, count: count, at: node, &test)
    }

    /// `img_#` with a count is `img_1`, `img_2` and so on.
    private func numbered(
        _ id: String, count: Int?, at node: YAMLNode, _ test: inout RuleTestReader
    ) -> [String]? {
        guard let count else { return [id] }
        let parts = id.split(separator: "#", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            test.reader.error(at: node, "with a `count` an id has one #, where the number goes", hint: "such as img_#")
            return nil
        }
        return (1...max(1, count)).map { "\(parts[0])\($0)\(parts[1])" }
    }

    private func count(_ node: YAMLNode?, _ test: inout RuleTestReader) -> Int? {
        node.flatMap { test.reader.integer($0, what: "`count`", in: 1...TimelineReader.countLimit) }
    }

    private func source(_ node: YAMLNode?, _ kind: ResourceKind?, _ test: inout RuleTestReader) -> String? {
        guard let node else { return test.sources.first?.name ?? RuleTestFile.defaultSource }
        guard let name = test.reader.text(node, what: "`source`") else { return nil }
        guard let first = test.sources.first else { return name }
        guard let source = test.sources.first(where: { $0.name == name }) else {
            let names = test.sources.map(\.name)
            test.reader.error(
                at: node, "there is no source '\(name)'",
                hint: Suggestion.nearest(to: name, among: names).map { "did you mean '\($0)'?" }
                    ?? "such as \(first.name)")
            return nil
        }
        if let kind, !source.watch.contains(kind) {
            test.reader.error(at: node, "the source '\(name)' watches no \(kind.rawValue)")
            return nil
        }
        return name
    }

    private mutating func action(
        _ action: String, _ value: YAMLNode, _ members: [String: YAMLNode], at node: YAMLNode,
        _ test: inout RuleTestReader
    ) -> Given.Action? {
        let source = members["source"] == nil ? nil : source(members["source"], nil, &test)
        switch action {
        case "gone":
            guard let id = test.reader.text(value, what: "`gone`") else { return nil }
            if let key = known[id] {
                return .gone(source.map { ResourceKey(source: $0, kind: key.kind, id: id) } ?? key)
            }
            test.reader.error(
                at: value, "nothing named '\(id)' was there before",
                hint: Suggestion.nearest(to: id, among: known.keys.sorted()).map { "did you mean '\($0)'?" })
            return nil
        case "api":
            let choices = APIFault.allCases.map(\.rawValue) + ["up"]
            guard let text = test.reader.choice(value, what: "`api`", among: choices) else { return nil }
            return .api(source: source, APIFault(rawValue: text))
        case "sink": return sink(value, members["answers"], at: node, &test)
        case "budget_level":
            if let level = value.scalarText.flatMap({ Double($0) }), (0...1).contains(level) {
                return .budget(source: source, level)
            }
            test.reader.error(at: value, "`budget_level` must be a share from 0 to 1", hint: "such as 0.02")
            return nil
        case "restart":
            guard test.reader.boolean(value, what: "`restart`") == true else { return nil }
            return .restart
        case "silence": return silence(value, &test)
        default: return .reload(test.readRules(test.files(value)))
        }
    }

    private func silence(_ node: YAMLNode, _ test: inout RuleTestReader) -> Given.Action? {
        guard let expression = test.reader.text(node, what: "`silence`") else { return nil }
        let compilation = Silence.compile(expression)
        guard compilation.program == nil else { return .silence(expression) }
        for problem in compilation.diagnostics {
            test.reader.error(at: node, "`silence`: \(problem.message)", hint: problem.hint)
        }
        return nil
    }

    private func sink(
        _ node: YAMLNode, _ answers: YAMLNode?, at item: YAMLNode, _ test: inout RuleTestReader
    ) -> Given.Action? {
        guard let text = test.reader.text(node, what: "`sink`"), let name = test.sinkName(node, text) else {
            return nil
        }
        guard let answers else {
            test.reader.error(
                at: item, "it is not said what the sink answers", hint: "such as answers: 503, down, timeout or ok")
            return nil
        }
        switch answers.scalarText {
        case "ok"?: return .sink(name, nil)
        case "down"?: return .sink(name, .down)
        case "timeout"?: return .sink(name, .timeout)
        case let text?:
            if let status = Int(text), (300...599).contains(status) { return .sink(name, .status(status)) }
            fallthrough
        case nil:
            test.reader.error(
                at: answers, "`answers` must be ok, down, timeout or a status from 300 to 599", hint: "such as 503")
            return nil
        }
    }

    // What is expected

    private static let expectedKeys =
        ["at", "rule"] + Happening.Verb.allCases.map(\.rawValue)
        + ["count", "source", "title", "text", "severity", "notify", "body", "delivered"]

    func expectations(_ node: YAMLNode, _ test: inout RuleTestReader) -> [Expectation] {
        guard
            let members = test.reader.members(of: node, known: TimelineReader.expectedKeys, what: "what is expected")
        else { return [] }
        let verbs = Happening.Verb.allCases.filter { members[$0.rawValue] != nil }
        guard let verb = verbs.first, verbs.count == 1, let value = members[verb.rawValue] else {
            test.reader.error(
                at: node, verbs.isEmpty ? "it is not said what happens" : "two things are expected in one line",
                hint: "such as fires: img_1; it may be \(Suggestion.list(Happening.Verb.allCases.map(\.rawValue)))")
            return []
        }
        guard let atNode = members["at"], let at = time(atNode, what: "`at`", &test) else {
            if members["at"] == nil { test.reader.error(at: node, "it is not said when", hint: "such as at: 20s") }
            return []
        }
        var expected = Expectation(at: at, position: node.position, verb: verb, resources: [])
        readDetails(members, into: &expected, &test)
        let count = count(members["count"], &test)
        let named = test.reader.texts(value, what: "`\(verb.rawValue)`").flatMap { item, id in
            id.contains("#") && count != nil ? numbered(id, count: count, at: item, &test) ?? [] : [id]
        }
        if verb == .tells {
            expected.resources = named
            return [expected]
        }
        return named.map { id in
            var one = expected
            one.resources = [id]
            return one
        }
    }

    private func readDetails(
        _ members: [String: YAMLNode], into expected: inout Expectation, _ test: inout RuleTestReader
    ) {
        expected.rule = members["rule"].flatMap { test.ruleName($0) }
        expected.source = members["source"].flatMap { test.reader.text($0, what: "`source`") }
        expected.title = members["title"].flatMap { test.reader.text($0, what: "`title`") }
        expected.text = members["text"].flatMap { test.reader.text($0, what: "`text`") }
        let severities = Severity.allCases.map(\.rawValue)
        expected.severity = members["severity"].flatMap {
            test.reader.choice($0, what: "`severity`", among: severities).flatMap(Severity.init(rawValue:))
        }
        if let node = members["notify"] {
            expected.notify = test.reader.texts(node, what: "`notify`").compactMap { test.sinkName($0.node, $0.text) }
        }
        for entry in entries("body", members, &test) {
            if let sink = test.sinkName(entry.key, entry.name) {
                expected.bodies.append((sink, PlainYAML.value(entry.value)))
            }
        }
        for entry in entries("delivered", members, &test) {
            guard let sink = test.sinkName(entry.key, entry.name) else { continue }
            if entry.value.scalarText == "never" {
                expected.deliveries.append((sink, nil))
            } else if let at = time(entry.value, what: "when it is delivered", &test) {
                expected.deliveries.append((sink, at))
            }
        }
    }

    private func entries(
        _ name: String, _ members: [String: YAMLNode], _ test: inout RuleTestReader
    ) -> [(key: YAMLNode, name: String, value: YAMLNode)] {
        guard let node = members[name] else { return [] }
        return test.reader.entries(of: node, what: "`\(name)`")
    }
}
