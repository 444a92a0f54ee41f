import CEL
import ConfigurationFiles

extension FormReader {
    /// `keep`, `forget` and `outcome`.
    mutating func answer(
        _ members: [String: YAMLNode], _ kept: [(key: YAMLNode, name: String, value: YAMLNode)],
        _ environment: Environment
    ) -> (keep: [FormKept], forget: [FormForget], outcomes: [FormOutcome]) {
        let keep = kept.compactMap { entry in
            answerTemplate(entry.value, environment).map { FormKept(name: entry.name, template: $0) }
        }
        var forget: [FormForget] = []
        for entry in members["forget"].map({ reader.entries(of: $0, what: "`forget`") }) ?? [] {
            guard kept.contains(where: { $0.name == entry.name }) else {
                let near = Suggestion.nearest(to: entry.name, among: kept.map(\.name)).map { "did you mean '\($0)'?" }
                reader.error(at: entry.key, "nothing is kept under the name '\(entry.name)'", hint: near)
                continue
            }
            if let program = condition(entry.value, environment, what: "`\(entry.name)`") {
                forget.append(FormForget(name: entry.name, condition: program))
            }
        }
        return (keep, forget, members["outcome"].map { outcomes($0, environment) } ?? [])
    }

    private mutating func outcomes(_ node: YAMLNode, _ environment: Environment) -> [FormOutcome] {
        let known = FormOutcome.Meaning.allCases.map(\.rawValue)
        guard reader.members(of: node, known: known, what: "`outcome`") != nil else { return [] }
        var outcomes: [FormOutcome] = []
        for entry in reader.entries(of: node, what: "`outcome`") {
            guard let meaning = FormOutcome.Meaning(rawValue: entry.name) else { continue }
            let clauses: [YAMLNode] = if case .sequence(let items) = entry.value.value { items } else { [entry.value] }
            for clause in clauses {
                if let outcome = outcome(meaning, clause, environment) { outcomes.append(outcome) }
            }
        }
        return outcomes
    }

    private mutating func outcome(
        _ meaning: FormOutcome.Meaning, _ node: YAMLNode, _ environment: Environment
    ) -> FormOutcome? {
        if case .scalar = node.value {
            return condition(node, environment, what: "`\(meaning.rawValue)`").map {
                FormOutcome(meaning: meaning, condition: $0)
            }
        }
        let what = "`\(meaning.rawValue)`"
        guard let members = reader.members(of: node, known: ["when", "after", "reason", "pause"], what: what) else {
            return nil
        }
        guard let when = members["when"] else {
            reader.error(at: node, "\(what) has no `when`", hint: "a condition, such as when: status == 429")
            return nil
        }
        guard let condition = condition(when, environment, what: "`when`") else { return nil }
        return FormOutcome(
            meaning: meaning, condition: condition,
            after: members["after"].flatMap { answerTemplate($0, environment) },
            reason: members["reason"].flatMap { answerTemplate($0, environment) },
            pauses: members["pause"].flatMap { reader.boolean($0, what: "`pause`") })
    }
}
