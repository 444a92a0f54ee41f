import CEL
package import ConfigurationFiles
import Core
import Sinks
import Transport

/// Reads `auspex.yaml`. Everything wrong is reported at its place; nothing wrong becomes a silent default.
package struct SettingsReader {
    var reader: YAMLReader
    let folder: String
    let environment: [String: String]
    /// Where secrets that cannot be had are errors; `check` and `run` want that, `status` does not need them.
    let needsSecrets: Bool

    /// What reading a configuration gives: settings when there is no error.
    package struct Result: Sendable {
        package var settings: Settings?
        /// What could be read although there are errors, to check what depends on it.
        var partial: Settings?
        package var diagnostics: [FileDiagnostic]
        /// Secrets that stand in the file itself, to be masked wherever its lines are shown.
        package var plainSecrets: [String] = []
        /// The files whose secrets were read with the configuration, and are as old as it is.
        package var secretFiles: [String] = []
        /// The folders whose files are rules, whether or not there are any.
        package var ruleFolders: [String] = []
    }

    /// Reads the file at `path`; its own folder is where its relative paths begin.
    package static func read(
        path: String, environment: [String: String], needsSecrets: Bool = true
    ) throws(SecretProblem) -> Result {
        let text = try FileAccess.text(of: path)
        return read(
            FileText(name: path, text: text), folder: FileAccess.folder(of: path), environment: environment,
            needsSecrets: needsSecrets)
    }

    package static func read(
        _ file: FileText, folder: String, environment: [String: String], needsSecrets: Bool = true
    ) -> Result {
        var reader = SettingsReader(
            reader: YAMLReader(file: file), folder: folder, environment: environment, needsSecrets: needsSecrets)
        let settings = reader.settings()
        let diagnostics = reader.reader.diagnostics.sorted { $0.position < $1.position }
            .map { reader.isUnreadable ? $0.withoutValue : $0.masking(reader.plainSecrets) }
        let isSound = !diagnostics.contains(where: \.isError)
        return Result(
            settings: isSound ? settings : nil, partial: settings, diagnostics: diagnostics,
            plainSecrets: reader.plainSecrets, secretFiles: reader.secretFiles,
            ruleFolders: reader.ruleFolders)
    }

    private static let keys = ["sources", "store", "rules", "sinks", "notify", "retention", "server"]

    private mutating func settings() -> Settings? {
        let whole = reader.root()
        if let whole { plainSecrets += SecretFinder(root: whole).texts } else { isUnreadable = true }
        guard let root = whole,
            let members = reader.members(of: root, known: SettingsReader.keys, what: "the configuration")
        else { return nil }
        for required in ["sources", "rules", "sinks"] where members[required] == nil {
            reader.error(
                at: root, "the configuration has no `\(required)`", hint: "`auspex init` writes a full example")
        }
        let sinks = members["sinks"].map { sinkList($0) } ?? []
        let server = members["server"].flatMap { serverSettings($0) }
        return Settings(
            sources: members["sources"].map { sources($0) } ?? [],
            storePath: storePath(members["store"]),
            ruleFiles: members["rules"].map { ruleFiles($0) } ?? [],
            sinks: sinks, sinkNames: mentionedSinks, heartbeatNames: heartbeats,
            notify: members["notify"].map { sinkNames($0, among: sinks, what: "`notify`") } ?? [],
            retention: members["retention"].map { retention($0) } ?? RetentionSettings(),
            server: server)
    }

    private mutating func storePath(_ node: YAMLNode?) -> String {
        let fallback = FileAccess.resolve("auspex.db", in: folder)
        guard let node, let text = reader.text(node, what: "`store`") else { return fallback }
        notePassword(in: text)
        if text.hasPrefix("postgresql:") || text.hasPrefix("postgres:") {
            reader.error(at: node, "this build stores in SQLite only", hint: "write sqlite:auspex.db")
            return fallback
        }
        guard text.hasPrefix("sqlite:"), text.count > "sqlite:".count else {
            reader.error(at: node, "`store` must be sqlite:FILE, not '\(text)'", hint: "such as sqlite:auspex.db")
            return fallback
        }
        return FileAccess.resolve(String(text.dropFirst("sqlite:".count)), in: folder)
    }

    private mutating func ruleFiles(_ node: YAMLNode) -> [String] {
        var files: [String] = []
        for (item, path) in reader.texts(node, what: "`rules`") {
            let resolved = FileAccess.resolve(path, in: folder)
            if FileAccess.isFolder(resolved) { ruleFolders.append(resolved) }
            if let found = RuleFileFinder.files(at: resolved) {
                for file in found where !files.contains(file) { files.append(file) }
            } else {
                reader.error(at: item, "there is no rule file or folder '\(path)'", hint: "seen from \(folder)")
            }
        }
        return files
    }

    mutating func sinkNames(_ node: YAMLNode, among sinks: [SinkSettings], what: String) -> [String] {
        var names: [String] = []
        let known = sinks.filter(\.kind.takesNotifications).map(\.configuration.name)
        for (item, name) in reader.texts(node, what: what) where !names.contains(name) {
            if heartbeats.contains(name) {
                reader.error(
                    at: item, "the sink '\(name)' is a heartbeat and takes no notifications",
                    hint: "it pings by itself")
            } else if known.contains(name) || mentionedSinks.contains(name) {
                names.append(name)
            } else {
                reader.error(
                    at: item, "there is no sink '\(name)'",
                    hint: Suggestion.nearest(to: name, among: known).map { "did you mean '\($0)'?" }
                        ?? "the sinks are: \(known.isEmpty ? "none" : known.joined(separator: ", "))")
            }
        }
        return names
    }

    /// The file is no YAML, so that nobody knows what in it is secret.
    var isUnreadable = false

    /// Secrets that are written in the file itself: no diagnostic may show them.
    var plainSecrets: [String] = []
    var secretFiles: [String] = []
    var ruleFolders: [String] = []

    /// Names under `sinks:`, also of those whose own settings are wrong, so that one mistake is reported once.
    var mentionedSinks: [String] = []

    /// Those of them that take no notifications.
    var heartbeats: [String] = []

    private mutating func retention(_ node: YAMLNode) -> RetentionSettings {
        var result = RetentionSettings()
        guard let members = reader.members(of: node, known: ["detail", "history"], what: "`retention`") else {
            return result
        }
        if let detail = members["detail"].flatMap({ reader.duration($0, what: "`detail`") }) { result.detail = detail }
        if let history = members["history"].flatMap({ reader.duration($0, what: "`history`") }) {
            result.history = history
        }
        return result
    }

    private mutating func serverSettings(_ node: YAMLNode) -> ServerSettings? {
        guard let members = reader.members(of: node, known: ["listen", "token"], what: "`server`") else { return nil }
        guard let listen = members["listen"] else {
            reader.error(at: node, "`server` has no `listen`", hint: "such as 127.0.0.1:8787")
            return nil
        }
        guard let text = reader.text(listen, what: "`listen`") else { return nil }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else {
            reader.error(at: listen, "`listen` must be HOST:PORT, not '\(text)'", hint: "such as 127.0.0.1:8787")
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        let token = members["token"].flatMap { secret($0, what: "`token`") }
        let isLoopback = host == "localhost" || host == "::1" || host.hasPrefix("127.")
        if members["token"] == nil, !isLoopback {
            reader.error(
                at: listen, "without a `token` the server listens on loopback only, not on '\(host)'",
                hint: "add token: { env: AUSPEX_TOKEN }, or listen on 127.0.0.1:\(port)")
        }
        return ServerSettings(host: host, port: port, token: token)
    }
}
