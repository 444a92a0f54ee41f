import CEL
import ConfigurationFiles
import Core

/// Reads a form out of YAML, and says at its place what is wrong in it.
struct FormReader {
    var reader: YAMLReader
    /// The names of the declared texts that an expression may use where it stands.
    var textNames: Set<String> = []
    /// Whether every setting may be missing, as far as expressions know: a copied preset asks for those it has as for
    /// those it has not.
    private var settingsMayBeNull = false
    /// Whether an expression named one of ``FormSituation/recordNames``.
    var namesRecords = false

    static let keys = [
        "name", "summary", "documentation", "tried", "settings", "grammar", "count", "texts", "request", "limits",
        "resolved", "reminder", "keep", "forget", "outcome", "rate", "checks",
    ]

    private init(file: FileText) { reader = YAMLReader(file: file) }

    /// Reads a preset's file. The form is nil where something is wrong.
    static func preset(_ file: FileText) -> (form: Form?, diagnostics: [FileDiagnostic]) {
        var reader = FormReader(file: file)
        guard let root = reader.reader.root(),
            let members = reader.reader.members(of: root, known: keys, what: "a preset")
        else { return (nil, reader.reader.diagnostics) }
        for required in ["name", "summary", "request"] where members[required] == nil {
            reader.reader.error(at: root, "a preset has no `\(required)`")
        }
        let heading = reader.heading(members)
        return reader.form(heading, members)
    }

    /// Reads only what a preset says about itself: much less work than the whole.
    static func heading(_ file: FileText) -> (heading: FormHeading?, diagnostics: [FileDiagnostic]) {
        var reader = FormReader(file: file)
        guard let root = reader.reader.root(),
            let members = reader.reader.members(of: root, known: keys, what: "a preset")
        else { return (nil, reader.reader.diagnostics) }
        return (reader.heading(members), reader.reader.diagnostics)
    }

    /// Reads the members of a sink of the kind `http`.
    static func sink(
        _ members: [String: YAMLNode], settings: [SettingDeclaration], in file: FileText
    ) -> (form: Form?, diagnostics: [FileDiagnostic]) {
        var reader = FormReader(file: file)
        let heading = FormHeading(name: "http", summary: "", settings: settings)
        reader.settingsMayBeNull = true
        return reader.form(heading, members)
    }

    private mutating func heading(_ members: [String: YAMLNode]) -> FormHeading {
        FormHeading(
            name: members["name"].flatMap { reader.text($0, what: "`name`") } ?? "",
            summary: members["summary"].flatMap { reader.text($0, what: "`summary`") } ?? "",
            documentation: members["documentation"].flatMap { reader.text($0, what: "`documentation`") },
            tried: members["tried"].flatMap { $0.scalarText == "false" ? nil : reader.text($0, what: "`tried`") },
            settings: members["settings"].map { settings($0) } ?? [],
            rate: members["rate"].flatMap { reader.rate($0, what: "`rate`") }.map {
                SinkRate(count: $0.count, period: $0.period)
            })
    }

    private mutating func form(
        _ heading: FormHeading, _ members: [String: YAMLNode]
    ) -> (form: Form?, diagnostics: [FileDiagnostic]) {
        let grammar = members["grammar"].flatMap { choice($0, what: "`grammar`", Grammar.self) } ?? .plain
        let unit = members["count"].flatMap { choice($0, what: "`count`", TextUnit.self) } ?? .utf16
        let keptEntries = members["keep"].map { reader.entries(of: $0, what: "`keep`") } ?? []
        let textEntries = members["texts"].map { reader.entries(of: $0, what: "`texts`") } ?? []
        let names = textEntries.filter { isFree($0.name, at: $0.key) }.map(\.name)
        let scope = FormScope(
            settings: heading.settings, mayBeNull: settingsMayBeNull, kept: keptEntries.map(\.name), texts: names)

        textNames = ["title", "text"]
        var texts: [FormText] = []
        for entry in textEntries where names.contains(entry.name) {
            let later = names.drop { $0 != entry.name }
            if let text = text(entry.name, entry.value, grammar, scope.request, later: Array(later)) {
                texts.append(text)
            }
            textNames.insert(entry.name)
        }
        var requestMembers: [String: YAMLNode] = [:]
        let request = members["request"].flatMap { node -> FormRequest? in
            requestMembers = self.members(ofRequest: node) ?? [:]
            return self.request(requestMembers, at: node, scope.request)
        }
        let followUps = ["resolved", "reminder"].map { name in
            members[name].map {
                self.followUps($0, name, base: requestMembers, kept: keptEntries.map(\.name), scope.request)
            } ?? []
        }
        let checks = members["checks"].map { self.checks($0, heading.settings, scope.checks) } ?? []
        let answer = self.answer(members, keptEntries, scope.answer)
        let limit = members["limits"].flatMap { bodyLimit($0) }
        guard let request, !reader.diagnostics.contains(where: \.isError) else { return (nil, diagnostics) }
        let form = Form(
            heading: heading, grammar: grammar, unit: unit, texts: texts, request: request, resolved: followUps[0],
            reminder: followUps[1], checks: checks, keep: answer.keep, forget: answer.forget, outcomes: answer.outcomes,
            bodyLimit: limit, scope: scope, needsRecords: namesRecords)
        return (form, diagnostics)
    }

    /// What a follow-up inherits is read twice, and wrong once.
    private var diagnostics: [FileDiagnostic] {
        reader.diagnostics.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private mutating func isFree(_ name: String, at node: YAMLNode) -> Bool {
        guard FormScope.reservedNames.contains(name) else {
            if let first = name.first, first.isLetter || first == "_",
                name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
            {
                return true
            }
            reader.error(at: node, "'\(name)' cannot name a text", hint: "use letters, digits and _")
            return false
        }
        reader.error(at: node, "'\(name)' is the name of something else", hint: "choose another, such as my_\(name)")
        return false
    }

    mutating func choice<Value: RawRepresentable & CaseIterable>(
        _ node: YAMLNode, what: String, _ type: Value.Type
    ) -> Value? where Value.RawValue == String {
        reader.choice(node, what: what, among: Value.allCases.map(\.rawValue)).flatMap { Value(rawValue: $0) }
    }

    private mutating func text(
        _ name: String, _ node: YAMLNode, _ grammar: Grammar, _ environment: Environment, later: [String]
    ) -> FormText? {
        let known = ["text", "grammar", "limit", "one_line"]
        guard let members = reader.members(of: node, known: known, what: "the text `\(name)`") else { return nil }
        guard let template = members["text"] else {
            reader.error(at: node, "the text `\(name)` has no `text`", hint: "such as text: \"${title}\"")
            return nil
        }
        let own = members["grammar"].flatMap { choice($0, what: "`grammar`", Grammar.self) } ?? grammar
        let limit = members["limit"].flatMap { reader.integer($0, what: "`limit`", in: 1...10_000_000) }
        let isOneLine = members["one_line"].flatMap { reader.boolean($0, what: "`one_line`") } ?? false
        guard let parts = parts(template, environment, forbidding: later) else { return nil }
        return FormText(name: name, parts: parts, grammar: own, limit: limit, isOneLine: isOneLine)
    }

    private static let sizeUnits: [(suffix: String, bytes: Int)] = [("KiB", 1024), ("KB", 1000), ("MB", 1_000_000)]

    private mutating func bodyLimit(_ node: YAMLNode) -> Int? {
        guard let members = reader.members(of: node, known: ["body"], what: "`limits`"), let body = members["body"],
            let written = reader.text(body, what: "`body`")
        else { return nil }
        for unit in FormReader.sizeUnits where written.hasSuffix(unit.suffix) {
            let number = written.dropLast(unit.suffix.count).trimmingWhitespace
            if let count = Int(number), (1...100_000).contains(count) { return count * unit.bytes }
        }
        if let count = Int(written), count > 0 { return count }
        reader.error(at: body, "`body` must be a size, not '\(written)'", hint: "such as 28KB, 64KiB or 1MB")
        return nil
    }
}
