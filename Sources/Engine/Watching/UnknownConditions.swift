import CEL
import Core

/// The conditions of one listing that could not be evaluated when they were last looked at, for people to see.
package struct UnknownConditions: Sendable, Equatable {
    /// Resources remembered for each rule; the rest is not counted.
    private static let limit = 100

    /// For each rule the reason by resource.
    package private(set) var byRule: [String: [String: String]] = [:]
    private(set) var isDirty = false

    package init() {}

    /// Takes in a look at these resources by these rules, or by all; what is not among `unknowns` could be evaluated.
    mutating func looked(at ids: [String], by rules: Set<String>? = nil, unknowns: [UnknownVerdict]) {
        guard !ids.isEmpty, !(byRule.isEmpty && unknowns.isEmpty) else { return }
        for (rule, reasons) in byRule where rules?.contains(rule) ?? true {
            let kept = reasons.filter { !ids.contains($0.key) }
            guard kept.count != reasons.count else { continue }
            byRule[rule] = kept.isEmpty ? nil : kept
            isDirty = true
        }
        for unknown in unknowns where (byRule[unknown.rule]?.count ?? 0) < UnknownConditions.limit {
            byRule[unknown.rule, default: [:]][unknown.resource.id] = unknown.reason
            isDirty = true
        }
    }

    /// Forgets rules that are not in force.
    mutating func keepOnly(_ rules: Set<String>) {
        for rule in byRule.keys where !rules.contains(rule) {
            byRule[rule] = nil
            isDirty = true
        }
    }

    /// The form in which they are stored. Afterwards there is nothing new to store.
    mutating func document() -> String {
        isDirty = false
        return JSON.serialize(
            .map(
                CELMap(
                    byRule.sorted { $0.key < $1.key }.map { rule, reasons in
                        (rule, .map(CELMap(reasons.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })))
                    })))
    }

    /// Reads what ``document()`` wrote.
    package init(document: String) {
        guard case .map(let rules)? = try? JSON.parse(document) else { return }
        for (rule, value) in rules.stringEntries {
            guard case .map(let reasons) = value else { continue }
            for (id, reason) in reasons.stringEntries {
                if case .string(let text) = reason { byRule[rule, default: [:]][id] = text }
            }
        }
    }
}
