package import ConfigurationFiles
package import Core
import Sinks

/// A `*.test.yaml`, read and checked: rules, what surrounds them, and timelines.
package struct RuleTestFile: Sendable {
    package var path: String
    package var rules: [Rule]
    package var tests: [RuleTest]
    /// Without an own list of kinds where no configuration says what a source watches.
    var sources: [SourceSettings]
    var sinks: [SinkSettings]

    /// What reading gives: a file when there is no error.
    package struct Result: Sendable {
        package var file: RuleTestFile?
        package var diagnostics: [FileDiagnostic]
    }

    /// The name of the source where nothing names one.
    static let defaultSource = "studio"
    /// The sink of rules that name none, where nothing else says who is told.
    static let defaultNotify = ["team"]
    /// When a test begins if nothing says so: 2026-05-04T12:00:00Z, a Monday.
    static let defaultStart = Timestamp(clampedSeconds: 1_777_896_000, nanoseconds: 0)

    /// Reads the file at `path`; paths in it are relative to its folder.
    package static func read(path: String) -> Result {
        do {
            let file = FileText(name: path, text: try FileAccess.text(of: path))
            return read(file, folder: FileAccess.folder(of: path))
        } catch {
            let file = FileText(name: path, text: "")
            return Result(
                file: nil, diagnostics: [file.diagnostic(at: FilePosition(line: 1, column: 1), error.message)])
        }
    }

    package static func read(_ file: FileText, folder: String) -> Result {
        var reader = RuleTestReader(file: file, folder: folder)
        let read = reader.readFile()
        let diagnostics = reader.reader.diagnostics.sorted { $0.position < $1.position } + reader.others
        return Result(file: diagnostics.contains(where: \.isError) ? nil : read, diagnostics: diagnostics)
    }

    /// The settings that one test runs with.
    func settings(for test: RuleTest, rules: [Rule]) -> Settings {
        var named: [String] = []
        var kinds = Set(rules.map(\.watch).filter(\.isListed))
        for given in test.given {
            switch given.action {
            case .resource(let resource):
                kinds.insert(resource.key.kind)
                if !named.contains(resource.key.source) { named.append(resource.key.source) }
            case .api(let source?, _), .budget(let source?, _): if !named.contains(source) { named.append(source) }
            case .reload(let others): kinds.formUnion(others.map(\.watch).filter(\.isListed))
            default: continue
            }
        }
        if kinds.isEmpty { kinds = [.generation] }
        var sources = sources.map { source in
            var own = source
            own.api = RehearsedAPI.address(of: source.name)
            // Sources with one key are one team.
            own.key = .value(Secret("rehearsal-\(source.name)"))
            (own.budget, own.team) = (1, nil)
            return own
        }
        if sources.isEmpty {
            if named.isEmpty { named = [RuleTestFile.defaultSource] }
            sources = named.map { RuleTestFile.source($0, watch: kinds.sorted()) }
        }
        return Settings(
            sources: sources, storePath: "", ruleFiles: [], sinks: sinks,
            sinkNames: sinks.map(\.configuration.name), notify: [], retention: RetentionSettings(), server: nil)
    }

    private static func source(_ name: String, watch: [ResourceKind]) -> SourceSettings {
        SourceSettings(
            name: name, api: RehearsedAPI.address(of: name), key: .value(Secret("rehearsal-\(name)")),
            version: "2026-05-15", watch: watch, poll: PollSettings(), budget: 1, team: nil, webhookSecrets: [],
            caFile: nil, proxy: nil)
    }
}
