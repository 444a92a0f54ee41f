import ConfigurationFiles
import Core
import Transport

extension SettingsReader {
    private static let sourceKeys = [
        "name", "api", "key", "version", "watch", "poll", "budget", "team", "webhook_secret", "ca", "proxy",
    ]
    private static let watchable = ResourceKind.allCases.filter(\.isListed)
    /// Names become labels, file names and parts of ids: letters, digits, `.`, `_` and `-`, up to 64.
    static let nameLimit = 64

    mutating func sources(_ node: YAMLNode) -> [SourceSettings] {
        let items = reader.items(of: node, what: "`sources`")
        if items.isEmpty { reader.error(at: node, "`sources` must list at least one source") }
        var result: [SourceSettings] = []
        for item in items {
            guard let source = source(item) else { continue }
            if result.contains(where: { $0.name == source.name }) {
                reader.error(at: item, "there are two sources named '\(source.name)'", hint: "give each its own name")
            }
            result.append(source)
        }
        return result
    }

    private mutating func source(_ node: YAMLNode) -> SourceSettings? {
        guard let members = reader.members(of: node, known: SettingsReader.sourceKeys, what: "a source") else {
            return nil
        }
        for required in ["name", "key"] where members[required] == nil {
            reader.error(at: node, "a source has no `\(required)`")
        }
        guard let nameNode = members["name"], let name = name(nameNode, what: "a source"),
            let keyNode = members["key"], let key = secretReference(keyNode, what: "`key`")
        else { return nil }
        return SourceSettings(
            name: name,
            api: members["api"].flatMap { apiAddress($0) } ?? "https://api.aurous-labs.com",
            key: key,
            version: members["version"].flatMap { version($0) } ?? "2026-05-15",
            watch: members["watch"].map { watched($0) } ?? [.generation, .character],
            poll: members["poll"].map { poll($0) } ?? PollSettings(),
            budget: members["budget"].flatMap { budget($0) } ?? 0.5,
            team: members["team"].flatMap { self.name($0, what: "a team") },
            webhookSecrets: members["webhook_secret"].map { secrets($0, what: "`webhook_secret`") } ?? [],
            caFile: members["ca"].flatMap { existingFile($0, what: "`ca`") },
            proxy: members["proxy"].flatMap { proxyAddress($0) })
    }

    mutating func name(_ node: YAMLNode, what: String) -> String? {
        guard let text = reader.text(node, what: "the name of \(what)") else { return nil }
        let allowed = text.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII
                && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                    || "._-".unicodeScalars.contains(scalar))
        }
        guard allowed, text.count <= SettingsReader.nameLimit,
            text.first?.isLetter == true || text.first?.isNumber == true
        else {
            reader.error(
                at: node, "'\(text)' cannot name \(what)",
                hint: "letters, digits, dots, dashes and underscores, at most \(SettingsReader.nameLimit)")
            return nil
        }
        return text
    }

    private mutating func apiAddress(_ node: YAMLNode) -> String? {
        guard var text = reader.text(node, what: "`api`") else { return nil }
        notePassword(in: text)
        while text.hasSuffix("/") { text.removeLast() }
        do {
            let parts = try URLParts(text)
            guard parts.scheme == "https" || parts.scheme == "http" else {
                reader.error(at: node, "`api` must be an https:// address, not \(parts.scheme)://")
                return nil
            }
            if parts.scheme == "http", !parts.isLoopbackHost {
                reader.error(
                    at: node, "`api` must be an https:// address: over http:// the key could be read on the way",
                    hint: "http:// is for loopback only")
                return nil
            }
            return text
        } catch {
            reader.error(at: node, "`api` is not an address: \(error)", hint: "such as https://api.aurous-labs.com")
            return nil
        }
    }

    private mutating func proxyAddress(_ node: YAMLNode) -> String? {
        guard let text = reader.text(node, what: "`proxy`") else { return nil }
        if let parts = try? URLParts(text), ["http", "https"].contains(parts.scheme) { return text }
        reader.error(at: node, "`proxy` must be a whole address", hint: "such as http://proxy.example.com:3128")
        return nil
    }

    private mutating func version(_ node: YAMLNode) -> String? {
        guard let text = reader.text(node, what: "`version`") else { return nil }
        let shape = text.map { $0.isASCII && $0.isNumber ? "9" : String($0) }.joined()
        guard shape == "9999-99-99" else {
            reader.error(at: node, "`version` must be a date such as \"2026-05-15\", not '\(text)'")
            return nil
        }
        return text
    }

    private mutating func watched(_ node: YAMLNode) -> [ResourceKind] {
        let allowed = SettingsReader.watchable.map(\.rawValue)
        var kinds: [ResourceKind] = []
        if case .sequence(let items) = node.value, items.isEmpty {
            reader.error(at: node, "`watch` names nothing", hint: "such as [generation, character]")
        }
        for (item, _) in reader.texts(node, what: "`watch`") {
            guard let text = reader.choice(item, what: "`watch`", among: allowed),
                let kind = ResourceKind(rawValue: text),
                !kinds.contains(kind)
            else { continue }
            kinds.append(kind)
        }
        return kinds
    }

    private mutating func poll(_ node: YAMLNode) -> PollSettings {
        var poll = PollSettings()
        guard let members = reader.members(of: node, known: ["active", "idle", "sweep"], what: "`poll`") else {
            return poll
        }
        if let active = members["active"].flatMap({ interval($0, what: "`active`") }) { poll.active = active }
        if let idle = members["idle"].flatMap({ interval($0, what: "`idle`") }) { poll.idle = idle }
        if let sweep = members["sweep"].flatMap({ interval($0, what: "`sweep`") }) { poll.sweep = sweep }
        return poll
    }

    private mutating func interval(_ node: YAMLNode, what: String) -> Duration? {
        guard let duration = reader.duration(node, what: what) else { return nil }
        guard duration >= .milliseconds(50) else {
            reader.error(at: node, "\(what) must be at least 50ms", hint: "the API advises 2s and no tighter")
            return nil
        }
        return duration
    }

    private mutating func budget(_ node: YAMLNode) -> Double? {
        if let share = node.scalarText.flatMap(Double.init), share > 0, share <= 1 { return share }
        reader.error(at: node, "`budget` must be a share above 0 and up to 1", hint: "such as 0.5 for half")
        return nil
    }

    mutating func existingFile(_ node: YAMLNode, what: String) -> String? {
        guard let text = reader.text(node, what: what) else { return nil }
        let path = FileAccess.resolve(text, in: folder)
        do {
            _ = try FileAccess.text(of: path)
            return path
        } catch {
            reader.error(at: node, error.message)
            return nil
        }
    }
}
