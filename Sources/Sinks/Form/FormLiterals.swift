/// Secrets that an operator wrote right into a request, where no setting says that they are secret.
///
/// What stands under a name that sounds like a secret is one; elsewhere, what looks like a token by itself. A preset's
/// own words are no secrets.
enum FormLiterals {
    static func secrets(of form: Form) -> [String] {
        form.requests.flatMap { secrets(of: $0) }
    }

    private static func secrets(of request: FormRequest) -> [String] {
        var found = request.url.literals.flatMap { tokens(inAddress: $0) }
        for (name, leaf) in request.headers where !HeaderRules.isHarmless(name) { found += secrets(name, leaf) }
        for (name, leaf) in request.query { found += secrets(name, leaf) }
        if let basic = request.basic { found += basic.password.literals }
        if case .aws(let credentials)? = request.signing {
            for key in ["secret_key", "session_token"] { found += credentials.ways[key]?.literals ?? [] }
        }
        switch request.body {
        case .json(let tree): found += secrets("", tree)
        case .form(let leaves): for (name, leaf) in leaves { found += secrets(name, leaf) }
        case .none, .text, .document, .chosen: break
        }
        return found
    }

    private static func secrets(_ name: String, _ tree: FormTree) -> [String] {
        switch tree {
        case .constant: []
        case .leaf(let leaf): soundsSecret(name) ? secrets(name, leaf) : []
        case .list(let items): items.flatMap { secrets(name, $0) }
        case .conditional(_, let tree), .eachAlert(let tree): secrets(name, tree)
        case .mapping(let members): members.flatMap { secrets($0.name, $0.value) }
        }
    }

    /// Whole, and word by word: `Bearer TOKEN` is echoed as `TOKEN`.
    private static func secrets(_ name: String, _ leaf: FormLeaf) -> [String] {
        leaf.literals.flatMap { text in
            let words = text.split(separator: " ").map(String.init)
            guard soundsSecret(name) else { return words.filter(looksSecret) }
            let isScheme = words.count > 1 || leaf.parts.count > 1
            return (leaf.parts.count == 1 ? [text] : []) + (isScheme ? words.dropFirst() : words[...])
        }
    }

    private static let secretWords = [
        "auth", "token", "key", "secret", "password", "passwd", "cookie", "credential", "signature", "session",
    ]

    static func soundsSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return secretWords.contains { name.contains($0) }
    }

    private static let shortestToken = 9
    private static let longestWord = 24

    /// Letters and digits mixed, or longer than words are.
    private static func looksSecret(_ text: String) -> Bool {
        guard text.utf8.count >= shortestToken, !text.contains("/") else { return false }
        let isMixed = text.contains { $0.isNumber } && text.contains { $0.isLetter }
        return isMixed || text.utf8.count >= longestWord
    }

    private static func tokens(inAddress text: String) -> [String] {
        let parts = text.split(separator: "?", maxSplits: 1)
        let path = parts.first.map { $0.firstRange(of: "://").map { range in parts[0][range.upperBound...] } ?? $0 }
        let segments = path?.split(separator: "/").dropFirst(text.contains("://") ? 1 : 0) ?? []
        let query = parts.dropFirst().first?.split(separator: "&") ?? []
        return segments.map(String.init).filter(looksSecret)
            + query.flatMap { pair -> [String] in
                let words = pair.split(separator: "=", maxSplits: 1).map(String.init)
                guard words.count == 2 else { return words.filter(looksSecret) }
                return soundsSecret(words[0]) || looksSecret(words[1]) ? [words[1]] : []
            }
    }
}

extension FormLeaf {
    /// What its author wrote around and instead of expressions.
    fileprivate var literals: [String] {
        parts.compactMap { part in if case .markup(let text) = part { text } else { nil } }
    }
}
