package import CEL

/// What one change of one resource adds to one rule's window.
package struct WindowContribution: Sendable, Equatable {
    package var rule: String
    /// The resource.
    package var id: String
    /// Whether it takes the place of what the resource has contributed to the same measures before. A balance is one
    /// resource whose every change counts.
    package var replaces: Bool
    /// When it happened by the resource's own times, in microseconds since 1970.
    package var time: Int64
    package var group: WindowGroup
    /// The measures that it counts for, as bits in the order of the rule.
    package var measures: UInt32
    /// The values for those of them that take one, in that order.
    package var values: [CELValue]
}

extension Rule {
    /// What a change contributes to the rule's window, if anything, and why something could not be evaluated.
    ///
    /// Its time is when the resource's status began, for a balance that of the change, and when it was found missing for
    /// measures that ask for `self.gone`.
    func contribution(of context: ObservationContext) -> (contribution: WindowContribution?, problem: String?) {
        guard let window, !context.isOnlyRead else { return (nil, nil) }
        let isGone = context.occasion == .gone
        var measures: UInt32 = 0
        var values: [CELValue] = []
        var problem: String?
        // By index: a copy of a measure counts each of its parts.
        for index in window.measures.indices where !isGone || window.measures[index].asksForGone {
            do throws(EvaluationError) {
                guard try window.measures[index].condition?.evaluateBool(context.activation) ?? true else { continue }
                if let found = try window.measures[index].value?.evaluate(context.activation) {
                    guard let value = try window.measures[index].admitted(found) else { continue }
                    values.append(value)
                }
                measures |= 1 << UInt32(index)
            } catch {
                problem = problem ?? "\(window.measures[index].name): \(error.message)"
            }
        }
        guard measures != 0 else { return (nil, problem) }
        do throws(EvaluationError) {
            var keys: [CELValue] = []
            for key in window.keys { keys.append(try key.program.evaluate(context.activation)) }
            let snapshot = context.snapshot
            let time = isGone || snapshot.key.kind == .balance ? snapshot.observedAt : snapshot.statusSince
            return (
                WindowContribution(
                    rule: name, id: snapshot.key.id, replaces: snapshot.key.kind != .balance, time: time.microseconds,
                    group: WindowGroup(keys: window.keys, values: keys), measures: measures, values: values), problem
            )
        } catch {
            return (nil, "by: \(error.message)")
        }
    }
}
