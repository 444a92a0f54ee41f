import CEL
import ConfigurationFiles

extension FormReader {
    private static let bodyKeys = ["json", "form", "text", "body"]
    private static let requestKeys = ["method", "url", "query", "headers", "basic"] + signingKeys + bodyKeys
    private static let methods = ["POST", "PUT", "PATCH", "DELETE", "GET"]

    mutating func members(ofRequest node: YAMLNode) -> [String: YAMLNode]? {
        reader.members(of: node, known: FormReader.requestKeys, what: "`request`")
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
        if let node = members["json"] { return tree(node, environment).map(FormBody.json) }
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
        case .mapping(let entries):
            var members: [(name: String, value: FormTree)] = []
            for (key, value) in entries {
                guard let name = key.scalarText else {
                    reader.error(at: key, "a name must be a text")
                    continue
                }
                if let value = tree(value, environment) { members.append((name, value)) }
            }
            return .mapping(members)
        case .sequence(let items): return .list(items.compactMap { tree($0, environment) })
        case .scalar(let text, .plain):
            if let constant = FormReader.constant(text) { return .constant(constant) }
            return leaf(node, environment, what: "this value").map(FormTree.leaf)
        case .scalar: return leaf(node, environment, what: "this value").map(FormTree.leaf)
        }
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

    /// `resolved:` or `reminder:`. Its request has what it does not say from the ordinary one.
    mutating func followUp(
        _ node: YAMLNode, _ name: String, base: [String: YAMLNode], kept: [String], _ environment: Environment
    ) -> FormFollowUp? {
        guard let members = reader.members(of: node, known: ["says", "needs", "request"], what: "`\(name)`") else {
            return nil
        }
        guard let says = members["says"] else {
            reader.error(at: node, "`\(name)` has no `says`", hint: "update, thread, close or message")
            return nil
        }
        let manner = choice(says, what: "`says`", FormFollowUp.Manner.self)
        var needs: [String] = []
        if let node = members["needs"] {
            for (item, name) in reader.texts(node, what: "`needs`") {
                if kept.contains(name) {
                    needs.append(name)
                } else {
                    let near = Suggestion.nearest(to: name, among: kept).map { "did you mean '\($0)'?" }
                    reader.error(at: item, "nothing is kept under the name '\(name)'", hint: near ?? "see `keep`")
                }
            }
        }
        var merged = base
        if let own = members["request"].flatMap({ self.members(ofRequest: $0) }) {
            if FormReader.bodyKeys.contains(where: { own[$0] != nil }) {
                for key in FormReader.bodyKeys { merged[key] = nil }
            }
            merged.merge(own) { _, new in new }
        }
        return request(merged, at: members["request"] ?? node, environment).map {
            FormFollowUp(says: manner ?? .message, needs: needs, request: $0)
        }
    }
}
