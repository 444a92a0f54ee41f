import ConfigurationFiles

/// Finds the texts in a configuration that may be secrets, so that no diagnostic shows them when it quotes a line.
///
/// What is known to be harmless is shown, everything else of a sink or a source is not: a misspelt key must not give away
/// what stands behind it.
struct SecretFinder {
    private static let harmlessSinkKeys: Set<String> = [
        "kind", "format", "timeout", "retry", "concurrency", "rate", "path", "from", "to", "reply_to", "redact",
        "channel", "allow", "deny", "interval", "method", "on_failure", "resolve", "insecure", "ca",
        "client_certificate", "client_key", "group_by", "group_wait", "group_interval", "refresh", "order", "deadline",
        "fallback", "fallback_after", "overflow", "grammar", "count", "texts", "limits", "resolved", "reminder",
        "keep", "forget", "outcome", "checks", "name", "summary", "documentation", "tried",
    ]
    /// Of a request that the configuration describes.
    private static let harmlessRequestKeys: Set<String> = ["method", "query", "json", "form", "text", "body", "basic"]
    private static let harmlessSourceKeys: Set<String> = ["name", "api", "version", "watch", "poll", "budget", "ca"]
    /// Shorter texts are words of the format rather than secrets.
    private static let shortest = 6

    private(set) var texts: [String] = []

    init(root: YAMLNode) {
        guard case .mapping(let entries) = root.value else { return }
        for (key, value) in entries {
            switch key.scalarText {
            case "store", "rules", "notify", "retention": continue
            case "sources":
                if case .sequence(let sources) = value.value {
                    for source in sources { visit(source, harmless: SecretFinder.harmlessSourceKeys) }
                } else {
                    collect(value)
                }
            case "sinks":
                guard case .mapping(let sinks) = value.value else {
                    collect(value)
                    continue
                }
                for sink in sinks { visit(sink.value, harmless: SecretFinder.harmlessSinkKeys) }
            case "server": visit(value, harmless: ["listen"])
            default: collect(value)
            }
        }
    }

    private mutating func visit(_ node: YAMLNode, harmless: Set<String>) {
        guard case .mapping(let entries) = node.value else { return collect(node) }
        for (key, value) in entries where !harmless.contains(key.scalarText ?? "") {
            if key.scalarText == "request", harmless.contains("kind") {
                visit(value, harmless: SecretFinder.harmlessRequestKeys)
            } else {
                collect(value)
            }
        }
    }

    /// Everything below, but for the names of variables and files. Of an address the host may be seen.
    private mutating func collect(_ node: YAMLNode) {
        switch node.value {
        case .scalar(let text, _): add(text)
        case .sequence(let items): for item in items { collect(item) }
        case .mapping(let entries):
            for (key, value) in entries where key.scalarText != "env" && key.scalarText != "file" { collect(value) }
        }
    }

    private mutating func add(_ text: String) {
        // A template is the author's words around names; the values are elsewhere.
        guard text.count >= SecretFinder.shortest, !text.contains("${") else { return }
        guard let scheme = text.firstRange(of: "://"), !text[scheme.upperBound...].contains("@") else {
            texts.append(text)
            return
        }
        let rest = text[scheme.upperBound...]
        guard let path = rest.firstIndex(of: "/"), rest[path...].count >= SecretFinder.shortest else { return }
        texts.append(String(rest[path...]))
    }
}
