import CEL
import ConfigurationFiles
import Core

extension FormReader {
    /// `resolved:` or `reminder:`: one, or a list of which the first that fits is taken.
    mutating func followUps(
        _ node: YAMLNode, _ name: String, base: [String: YAMLNode], kept: [String], _ environment: Environment
    ) -> [FormFollowUp] {
        let nodes: [YAMLNode] = if case .sequence(let items) = node.value { items } else { [node] }
        return nodes.compactMap { followUp($0, name, base: base, kept: kept, environment) }
    }

    /// Its request has what it does not say from the ordinary one.
    private mutating func followUp(
        _ node: YAMLNode, _ name: String, base: [String: YAMLNode], kept: [String], _ environment: Environment
    ) -> FormFollowUp? {
        let known = ["says", "when", "needs", "request"]
        guard let members = reader.members(of: node, known: known, what: "`\(name)`") else { return nil }
        guard let says = members["says"] else {
            reader.error(at: node, "`\(name)` has no `says`", hint: "update, thread, close or message")
            return nil
        }
        let manner = choice(says, what: "`says`", FormFollowUp.Manner.self)
        let condition = members["when"].flatMap { self.condition($0, environment, what: "`when`") }
        let needs = members["needs"].map { self.needs($0, kept: kept) } ?? []
        let request = request(
            merged(members["request"], into: base), at: members["request"] ?? node, environment)
        return request.map {
            FormFollowUp(says: manner ?? .message, condition: condition, needs: needs, request: $0)
        }
    }

    private mutating func needs(_ node: YAMLNode, kept: [String]) -> [String] {
        reader.texts(node, what: "`needs`").compactMap { item, name in
            if kept.contains(name) { return name }
            let near = Suggestion.nearest(to: name, among: kept).map { "did you mean '\($0)'?" }
            reader.error(at: item, "nothing is kept under the name '\(name)'", hint: near ?? "see `keep`")
            return nil
        }
    }

    private mutating func merged(_ own: YAMLNode?, into base: [String: YAMLNode]) -> [String: YAMLNode] {
        guard let own, var members = members(ofRequest: own, adding: ["merge"]) else { return base }
        let patch = members.removeValue(forKey: "merge")
        var merged = base
        if FormReader.bodyKeys.contains(where: { members[$0] != nil }) {
            for key in FormReader.bodyKeys { merged[key] = nil }
        }
        merged.merge(members) { _, new in new }
        guard let patch else { return merged }
        if let key = ["json", "form"].first(where: { merged[$0] != nil }), let body = merged[key] {
            merged[key] = body.merging(patch)
        } else {
            reader.error(at: patch, "there is no `json` and no `form` into which `merge` could put something")
        }
        return merged
    }

    /// `checks:`.
    mutating func checks(
        _ node: YAMLNode, _ settings: [SettingDeclaration], _ environment: Environment
    ) -> [FormCheck] {
        let names = settings.map(\.name)
        return reader.items(of: node, what: "`checks`").compactMap { item in
            let known = ["refuse", "setting", "reason"]
            guard let members = reader.members(of: item, known: known, what: "a check") else { return nil }
            guard let refuse = members["refuse"], let setting = members["setting"], let reason = members["reason"]
            else {
                reader.error(at: item, "a check has a condition `refuse`, a `setting` and a `reason`")
                return nil
            }
            guard let name = reader.choice(setting, what: "`setting`", among: names),
                let condition = condition(refuse, environment, what: "`refuse`"),
                let text = reader.text(reason, what: "`reason`")
            else { return nil }
            return FormCheck(condition: condition, setting: name, reason: text)
        }
    }
}

extension YAMLNode {
    /// The node with a merge patch applied, RFC 7386: mappings are merged, null takes out, all else replaces.
    fileprivate func merging(_ patch: YAMLNode) -> YAMLNode {
        guard case .mapping(let changes) = patch.value else { return patch }
        var entries: [(key: YAMLNode, value: YAMLNode)] = []
        if case .mapping(let own) = value { entries = own }
        for (key, value) in changes {
            let index = entries.firstIndex { $0.key.scalarText == key.scalarText }
            if value.isNull {
                if let index { entries.remove(at: index) }
            } else if let index {
                entries[index].value = entries[index].value.merging(value)
            } else {
                let absent = YAMLNode(value: .mapping([]), position: value.position)
                entries.append((key, absent.merging(value)))
            }
        }
        return YAMLNode(value: .mapping(entries), position: position)
    }
}
