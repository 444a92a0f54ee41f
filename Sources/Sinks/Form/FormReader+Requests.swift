import CEL
import ConfigurationFiles

extension FormReader {
    static let bodyKeys = ["json", "form", "text", "body"]
    private static let requestKeys = ["method", "url", "query", "headers", "basic"] + signingKeys + bodyKeys
    private static let methods = ["POST", "PUT", "PATCH", "DELETE", "GET"]
    /// In a mapping of `json`: the condition under which it is there, and that it is there for each alert.
    private static let conditionKey = "$when"
    private static let repetitionKey = "$each"

    mutating func members(ofRequest node: YAMLNode, adding more: [String] = []) -> [String: YAMLNode]? {
        reader.members(of: node, known: FormReader.requestKeys + more, what: "`request`")
    }

    mutating func request(
        _ members: [String: YAMLNode], at node: YAMLNode, _ environment: Environment
    ) -> FormRequest? {
        guard let urlNode = members["url"] else {
            // A misspelt key was told already.
            if reader.errorCount == 0 {
                reader.error(at: node, "a request has no `url`", hint: "such as url: \"${settings.url}\"")
            }
            return nil
        }
        let bodies = FormReader.bodyKeys.filter { members[$0] != nil }
        if bodies.count > 1 {
            reader.error(at: node, "a request has one body, and here are \(bodies.joined(separator: " and "))")
        }
        let method = members["method"].flatMap {
            reader.choice($0, what: "`method`", among: FormReader.methods)
        }
        let body = self.body(members, environment)
        guard let url = leaf(urlNode, environment, what: "the address") else { return nil }
        checkAddress(url, at: urlNode)
        return FormRequest(
            method: method ?? "POST", url: url,
            query: members["query"].map { leaves($0, environment, what: "`query`") } ?? [],
            headers: members["headers"].map { headers($0, environment) } ?? [],
            basic: members["basic"].flatMap { basic($0, environment) },
            signing: signing(members, at: node, environment), body: body ?? .none)
    }

    /// Only the form and its settings choose where a request goes.
    private mutating func checkAddress(_ url: FormLeaf, at node: YAMLNode) {
        let problem = FormAddress.problem(url.parts)
        if let problem { reader.error(at: node, problem.message, hint: problem.hint) }
    }

    private mutating func body(_ members: [String: YAMLNode], _ environment: Environment) -> FormBody? {
        if let node = members["json"] {
            // Of a follow-up: not the body of the ordinary request either.
            if node.isNull { return FormBody.none }
            let tree = tree(node, environment)
            if case .conditional? = tree {
                reader.error(at: node, "the whole body cannot depend on a condition", hint: "a part of it can")
            }
            return tree.map(FormBody.json)
        }
        if let node = members["form"] { return .form(leaves(node, environment, what: "`form`")) }
        if let node = members["text"] { return leaf(node, environment, what: "the body").map(FormBody.text) }
        guard let node = members["body"] else { return FormBody.none }
        guard node.scalarText?.contains("${") == true else {
            return choice(node, what: "`body`", FormDocument.self).map(FormBody.document)
        }
        guard let leaf = leaf(node, environment, what: "the body") else { return nil }
        if leaf.isOwn { return .chosen(leaf) }
        reader.error(at: node, "only the author and the settings choose the body", hint: "or write it under `text`")
        return nil
    }

    private mutating func leaves(
        _ node: YAMLNode, _ environment: Environment, what: String
    ) -> [(name: String, value: FormLeaf)] {
        reader.entries(of: node, what: what).compactMap { entry in
            leaf(entry.value, environment, what: "`\(entry.name)`").map { (entry.name, $0) }
        }
    }

    private mutating func headers(
        _ node: YAMLNode, _ environment: Environment
    ) -> [(name: String, value: FormLeaf)] {
        for entry in reader.entries(of: node, what: "`headers`") {
            if let problem = HeaderRules.problem(ofName: entry.name) { reader.error(at: entry.key, problem) }
        }
        return leaves(node, environment, what: "`headers`")
    }

    private mutating func basic(
        _ node: YAMLNode, _ environment: Environment
    ) -> (user: FormLeaf, password: FormLeaf)? {
        guard let members = reader.members(of: node, known: ["username", "password"], what: "`basic`") else {
            return nil
        }
        guard let user = members["username"], let password = members["password"] else {
            reader.error(at: node, "`basic` wants a `username` and a `password`")
            return nil
        }
        guard let first = leaf(user, environment, what: "the user name"),
            let second = leaf(password, environment, what: "the password")
        else { return nil }
        return (first, second)
    }

    private mutating func tree(_ node: YAMLNode, _ environment: Environment) -> FormTree? {
        switch node.value {
        case .mapping(let entries): return mapping(entries, environment)
        case .sequence(let items): return .list(items.compactMap { item($0, environment) })
        case .scalar(let text, .plain):
            if let constant = FormReader.constant(text) { return .constant(constant) }
            return leaf(node, environment, what: "this value").map(FormTree.leaf)
        case .scalar: return leaf(node, environment, what: "this value").map(FormTree.leaf)
        }
    }

    private mutating func mapping(
        _ entries: [(key: YAMLNode, value: YAMLNode)], _ environment: Environment
    ) -> FormTree {
        var members: [(name: String, value: FormTree)] = []
        var condition: Program?
        for (key, value) in entries {
            switch key.scalarText {
            case FormReader.conditionKey?:
                condition = self.condition(value, environment, what: "`\(FormReader.conditionKey)`")
            case FormReader.repetitionKey?:
                reader.error(at: key, "only the items of a list can be there for each alert")
            case let name?:
                if let value = tree(value, environment) { members.append((name, value)) }
            case nil: reader.error(at: key, "a name must be a text")
            }
        }
        return condition.map { .conditional($0, .mapping(members)) } ?? .mapping(members)
    }

    /// An item of a list, which may be there for each alert.
    private mutating func item(_ node: YAMLNode, _ environment: Environment) -> FormTree? {
        guard case .mapping(let entries) = node.value,
            let each = entries.first(where: { $0.key.scalarText == FormReader.repetitionKey })
        else { return tree(node, environment) }
        _ = reader.choice(each.value, what: "`\(FormReader.repetitionKey)`", among: ["alert"])
        return .eachAlert(mapping(entries.filter { $0.key.scalarText != FormReader.repetitionKey }, environment))
    }

    /// What a plain scalar of YAML's core schema is in JSON, if it is no text.
    private static func constant(_ text: String) -> CELValue? {
        switch text {
        case "", "~", "null": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        default:
            if let number = Int64(text) { return .int(number) }
            let isNumber = text.utf8.allSatisfy { "0123456789.-+eE".utf8.contains($0) }
            return isNumber ? Double(text).flatMap { $0.isFinite ? .double($0) : nil } : nil
        }
    }
}
