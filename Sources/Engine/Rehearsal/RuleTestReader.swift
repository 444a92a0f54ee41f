import CEL
import ConfigurationFiles
import Core
import Sinks

/// Reads a `*.test.yaml`. Everything wrong is reported at its place.
struct RuleTestReader {
    var reader: YAMLReader
    let folder: String
    /// What is wrong in the files that it names.
    var others: [FileDiagnostic] = []
    /// The sinks that there are, or nil where any name is one.
    var sinkNames: [String]?
    /// The sinks that are named although none is declared.
    var mentionedSinks: [String] = []
    var notify = RuleTestFile.defaultNotify
    /// The sources of the configuration; none where it is not used.
    var sources: [SourceSettings] = []
    var start = RuleTestFile.defaultStart
    /// The names of all rules that are read, also of those that a reload brings.
    private var ruleNames: [String] = []

    static let testCount = 10_000

    init(file: FileText, folder: String) {
        reader = YAMLReader(file: file)
        self.folder = folder
    }

    mutating func readFile() -> RuleTestFile? {
        let keys = ["rules", "config", "sinks", "notify", "start", "tests"]
        guard let root = reader.root(), let members = reader.members(of: root, known: keys, what: "a file of tests")
        else { return nil }
        guard let tests = members["tests"] else {
            reader.error(at: root, "a file of tests needs `tests:`, a list of tests")
            return nil
        }
        if members["rules"] == nil, members["config"] == nil {
            reader.error(at: root, "it is not said which rules are tested", hint: "such as rules: [generations.yaml]")
            return nil
        }
        if let node = members["start"] { start = startTime(node) }
        var sinks: [SinkSettings] = []
        var ruleFiles: [String] = []
        if let node = members["config"] { (sinks, ruleFiles) = configuration(node) }
        if let node = members["sinks"] { sinks = declared(node) }
        if let node = members["notify"] { notify = reader.texts(node, what: "`notify`").map(\.text) }
        if let node = members["rules"] { ruleFiles = files(node) }
        if members["sinks"] != nil { sinkNames = sinks.map(\.configuration.name) }
        let rules = readRules(ruleFiles)
        var read: [RuleTest] = []
        for node in reader.items(of: tests, what: "`tests`").prefix(RuleTestReader.testCount) {
            guard let test = test(node) else { continue }
            if read.contains(where: { $0.name == test.name }) {
                reader.error(at: node, "there are two tests named '\(test.name)'", hint: "give each its own name")
            }
            read.append(test)
        }
        if sinkNames == nil { sinks = mentionedSinks.map(ImpliedSink.settings) }
        return RuleTestFile(path: reader.file.name, rules: rules, tests: read, sources: sources, sinks: sinks)
    }

    mutating func startTime(_ node: YAMLNode) -> Timestamp {
        guard let text = reader.text(node, what: "`start`") else { return start }
        if let time = Timestamp(rfc3339: text) { return time }
        reader.error(at: node, "`start` must be a time, not '\(text)'", hint: "such as \(start.rfc3339)")
        return start
    }

    // What surrounds the rules

    private mutating func configuration(_ node: YAMLNode) -> (sinks: [SinkSettings], rules: [String]) {
        guard let text = reader.text(node, what: "`config`") else { return ([], []) }
        let path = FileAccess.resolve(text, in: folder)
        do {
            let read = try SettingsReader.read(path: path, environment: [:], needsSecrets: false)
            others += read.diagnostics.filter(\.isError)
            guard let settings = read.settings else { return ([], []) }
            sources = settings.sources
            if !settings.notify.isEmpty { notify = settings.notify }
            sinkNames = settings.sinks.filter(\.kind.takesNotifications).map(\.configuration.name)
            return (settings.sinks.filter(\.kind.takesNotifications), settings.ruleFiles)
        } catch {
            reader.error(at: node, error.message)
            return ([], [])
        }
    }

    private mutating func declared(_ node: YAMLNode) -> [SinkSettings] {
        var settings = SettingsReader(
            reader: YAMLReader(file: reader.file), folder: folder, environment: [:], needsSecrets: false)
        let sinks = settings.sinkList(node)
        // Nothing is sent, so what stands there as a secret is none.
        for diagnostic in settings.reader.diagnostics where diagnostic.isError { reader.add(diagnostic) }
        return sinks.filter(\.kind.takesNotifications)
    }

    mutating func files(_ node: YAMLNode) -> [String] {
        var files: [String] = []
        for (item, path) in reader.texts(node, what: "each rule file") {
            let resolved = FileAccess.resolve(path, in: folder)
            if let found = RuleFileFinder.files(at: resolved) {
                files += found.filter { !files.contains($0) }
            } else {
                reader.error(at: item, "there is no rule file or folder '\(path)'", hint: "seen from \(folder)")
            }
        }
        return files
    }

    /// Rules as they are with the sinks that there are; those that name none tell whom everything is told.
    mutating func readRules(_ files: [String]) -> [Rule] {
        let surroundings = RuleFileReader.Surroundings(
            sinks: sinkNames ?? [], notify: sinkNames == nil ? nil : notify)
        let result = RuleFileReader.read(files: files, surroundings: surroundings)
        others += result.diagnostics.filter { $0.isError && !others.contains($0) }
        let rules = result.rules.map { $0.notify.isEmpty ? $0.with(notify: notify) : $0 }
        for rule in rules { for sink in rule.notify { mention(sink) } }
        ruleNames += rules.map(\.name)
        return rules
    }

    mutating func mention(_ sink: String) {
        if sinkNames == nil, !mentionedSinks.contains(sink) { mentionedSinks.append(sink) }
    }

    /// The name of a sink that there is.
    mutating func sinkName(_ node: YAMLNode, _ name: String) -> String? {
        guard let sinkNames else {
            mention(name)
            return name
        }
        if sinkNames.contains(name) { return name }
        let near = Suggestion.nearest(to: name, among: sinkNames).map { "did you mean '\($0)'?" }
        reader.error(
            at: node, "there is no sink '\(name)'", hint: near ?? "the sinks are: \(Suggestion.list(sinkNames))")
        return nil
    }

    /// The name of a rule that there is.
    mutating func ruleName(_ node: YAMLNode) -> String? {
        guard let name = reader.text(node, what: "`rule`") else { return nil }
        guard !ruleNames.contains(name), !ruleNames.isEmpty, !others.contains(where: \.isError) else { return name }
        let near = Suggestion.nearest(to: name, among: ruleNames).map { "did you mean '\($0)'?" }
        reader.error(
            at: node, "there is no rule '\(name)'", hint: near ?? "the rules are: \(Suggestion.list(ruleNames))")
        return nil
    }

    // Tests

    private mutating func test(_ node: YAMLNode) -> RuleTest? {
        let keys = ["name", "start", "until", "restarts", "given", "expect"]
        guard let members = reader.members(of: node, known: keys, what: "a test") else { return nil }
        for required in ["name", "given", "expect"] where members[required] == nil {
            let hint = required == "expect" ? "expect: [] says that nothing fires and nothing resolves" : nil
            reader.error(at: node, "a test has no `\(required)`", hint: hint)
        }
        guard let nameNode = members["name"], let name = reader.text(nameNode, what: "`name`"),
            let given = members["given"], let expected = members["expect"]
        else { return nil }
        var timeline = TimelineReader(start: members["start"].map { startTime($0) } ?? start)
        let happens = reader.items(of: given, what: "`given`").flatMap { timeline.given($0, &self) }
        let expectations = reader.items(of: expected, what: "`expect`").flatMap { timeline.expectations($0, &self) }
        let test = RuleTest(
            name: name, position: node.position, start: timeline.start,
            isRestartable: members["restarts"].flatMap { reader.boolean($0, what: "`restarts`") } ?? true,
            until: members["until"].flatMap { timeline.time($0, what: "`until`", &self) },
            given: happens.sorted { $0.at < $1.at }, expected: expectations)
        if let until = test.until, let node = members["until"], until < test.lastMentioned {
            reader.error(
                at: node, "the test is over at \(until.written), before the last that it mentions",
                hint: "that is at \(test.lastMentioned.written)")
        }
        return test
    }
}

/// A sink that a test names and nothing declares: a callback, for what its body would be.
enum ImpliedSink {
    static func settings(_ name: String) -> SinkSettings {
        let kind = SinkCatalog.kind(named: "webhook")
        guard let kind else { preconditionFailure("the kind webhook is among the presets") }
        return SinkSettings(
            configuration: SinkConfiguration(name: name, values: ["url": .string(address)]), kind: kind,
            lane: LaneSettings(), position: FilePosition(line: 1, column: 1), places: [:], fallbackNode: nil,
            isSound: true)
    }

    static let address = "https://sink.rehearsal.example/hook"
    /// 32 bytes of nothing, in base64.
    private static let key = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

    /// The settings with something of the right form in the place of secrets, which a test does not have.
    static func filledIn(_ settings: SinkSettings) -> SinkSettings {
        var filled = settings
        for (name, value) in settings.configuration.values {
            switch value {
            case .secret(let secret) where secret.isEmpty:
                filled.configuration.values[name] = .secret(standIn(name, settings.kind))
            case .secretList(let secrets):
                filled.configuration.values[name] = .secretList(
                    secrets.map { $0.isEmpty ? standIn(name, settings.kind) : $0 })
            case .stringMap(let entries):
                filled.configuration.values[name] = .stringMap(
                    entries.map { entry in
                        guard case .secret(let secret) = entry.value, secret.isEmpty else { return entry }
                        return NamedText(name: entry.name, value: .secret(Secret("secret")))
                    })
            default: continue
            }
        }
        return filled
    }

    private static func standIn(_ setting: String, _ kind: SinkKind) -> Secret {
        if setting.contains("url") || setting == "address" { return Secret(address) }
        if setting == "secret" { return Secret(key) }
        return Secret("stand-in")
    }
}
