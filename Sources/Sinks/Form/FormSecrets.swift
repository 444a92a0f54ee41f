import CEL

/// What of a form and its settings must not be shown.
enum FormSecrets {
    static func all(_ form: Form, _ values: [String: SettingValue], isWrittenByOperator: Bool) -> [String] {
        var secrets: [String] = []
        var names: Set<String> = []
        for (name, value) in values {
            let isSecret =
                form.heading.settings.first { $0.name == name }?.isSecret ?? false
                // Nobody declares the settings of a form in the configuration.
                || isWrittenByOperator && FormLiterals.soundsSecret(name)
            if isSecret || value.hasSecret { names.insert(name) }
            for text in value.texts {
                if case .secret = text {
                    secrets += hidden(text.reveal(), whole: true)
                } else {
                    secrets += hidden(text.reveal(), whole: isSecret)
                }
            }
        }
        if let basic = form.request.basic, let pair = pair(basic, values) { secrets.append(pair) }
        return secrets + derived(form, values, from: names)
    }

    /// Below it a part of a secret is as likely a part of everything else.
    private static let shortestDerivedBytes = 6

    /// What expressions make of secrets with nothing else but settings: their base64, a part, another case.
    private static func derived(
        _ form: Form, _ values: [String: SettingValue], from names: Set<String>
    ) -> [String] {
        guard !names.isEmpty else { return [] }
        let environment = form.scope.request
        let activation = environment.activation(["settings": form.scope.settings(values)])
        var found: Set<String> = []
        for program in form.requests.flatMap(\.programs) {
            visit(program.expression) { expression in
                guard expression.names(settings: names), !expression.isSetting,
                    let value = try? environment.compile(expression: expression).program?.evaluate(activation)
                else { return }
                for text in value.texts where text.utf8.count >= shortestDerivedBytes { found.insert(text) }
            }
        }
        return Array(found)
    }

    private static func visit(_ expression: Expression, _ body: (Expression) -> Void) {
        switch expression.kind {
        // What is chosen or put together is looked at by itself: a word that a secret decides on, or stands beside, is none.
        case .conditional, .binary(.add, _, _): break
        default: body(expression)
        }
        for child in expression.children { visit(child, body) }
    }

    private static func hidden(_ text: String, whole: Bool) -> [String] {
        let trimmed = text.trimmingWhitespace
        if trimmed.contains("://") { return whole ? URLSecrets.whole(of: trimmed) : URLSecrets.query(of: trimmed) }
        return whole ? [trimmed, PercentEncoding.encodeSegment(trimmed)] : []
    }

    /// `user:password`, whose base64 goes into a header field, where both are settings.
    private static func pair(
        _ basic: (user: FormLeaf, password: FormLeaf), _ values: [String: SettingValue]
    ) -> String? {
        guard let user = setting(basic.user, values), let password = setting(basic.password, values) else { return nil }
        return "\(user):\(password)"
    }

    private static func setting(_ leaf: FormLeaf, _ values: [String: SettingValue]) -> String? {
        guard case .value(_, .setting(let key))? = leaf.lone else {
            if leaf.parts.isEmpty { return "" }
            if leaf.parts.count == 1, case .markup(let text) = leaf.parts[0] { return text }
            return nil
        }
        return values[key]?.expressionValue?.inserted
    }
}

extension SettingValue {
    /// Whether anything in it is a secret.
    fileprivate var hasSecret: Bool { texts.contains { if case .secret = $0 { true } else { false } } }

    /// The texts in it.
    var texts: [SettingText] {
        switch self {
        case .string(let text): [.plain(text)]
        case .secret(let secret): [.secret(secret)]
        case .stringList(let texts): texts.map(SettingText.plain)
        case .secretList(let secrets): secrets.map(SettingText.secret)
        case .stringMap(let entries): entries.map(\.value)
        default: []
        }
    }
}

extension CELValue {
    /// The texts in a text or a list.
    fileprivate var texts: [String] {
        switch self {
        case .string(let text): [text]
        case .bytes(let bytes): [String(decoding: bytes, as: UTF8.self)]
        case .list(let items): items.flatMap(\.texts)
        default: []
        }
    }
}

extension Expression {
    /// Whether it is one setting as it stands.
    fileprivate var isSetting: Bool {
        guard case .select(let selection) = kind, case .identifier("settings", _) = selection.operand.kind else {
            return false
        }
        return true
    }

    /// Whether one of these settings is anywhere in it; nothing is known of one that is looked up by a value.
    fileprivate func names(settings: Set<String>) -> Bool {
        if case .select(let selection) = kind, case .identifier("settings", _) = selection.operand.kind {
            return settings.contains(selection.field)
        }
        return children.contains { $0.names(settings: settings) }
    }
}

extension FormRequest {
    /// Every expression in it whose value goes out.
    fileprivate var programs: [Program] {
        var leaves = [url] + (query + headers).map(\.value)
        if let basic { leaves += [basic.user, basic.password] }
        switch body {
        case .json(let tree): leaves += tree.leaves
        case .form(let fields): leaves += fields.map(\.value)
        case .text(let leaf): leaves.append(leaf)
        case .none, .document, .chosen: break
        }
        var programs: [Program] = []
        for case .insert(let insert) in leaves.flatMap(\.parts) { programs += insert.programs }
        return programs
    }
}

extension FormTree {
    fileprivate var leaves: [FormLeaf] {
        switch self {
        case .constant: []
        case .leaf(let leaf): [leaf]
        case .mapping(let members): members.flatMap(\.value.leaves)
        case .list(let items): items.flatMap(\.leaves)
        case .conditional(_, let tree), .eachAlert(let tree): tree.leaves
        }
    }
}

extension FormInsert {
    fileprivate var programs: [Program] {
        switch self {
        case .text: []
        case .conditional(_, let first, let second): first.programs + second.programs
        case .optional(let insert, _): insert.programs
        case .value(let program, _): [program]
        }
    }
}
