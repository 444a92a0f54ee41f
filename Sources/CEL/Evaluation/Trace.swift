/// What every part of an expression was when it was evaluated.
package struct Trace: Sendable {
    package typealias Outcome = Result<CELValue, EvaluationError>

    /// A part of the expression, and its values: one, none where it was not reached, several inside a macro.
    package struct Step: Sendable {
        package let expression: Expression
        /// The first few outcomes.
        package let outcomes: [Outcome]
        /// All of them.
        package let count: Int
        package let children: [Step]
    }

    package let root: Step

    init(_ expression: Expression, _ recorder: TraceRecorder) { root = Self.step(expression, recorder) }

    private static func step(_ expression: Expression, _ recorder: TraceRecorder) -> Step {
        let record = recorder.records[expression.range]
        return Step(
            expression: expression, outcomes: record?.outcomes ?? [], count: record?.count ?? 0,
            children: expression.tracedParts.map { step($0, recorder) })
    }

    /// A tree, one line for each part: its value, and the part as it is written.
    package var text: String {
        var lines: [String] = []
        Self.write(root, first: "", rest: "", to: &lines)
        return lines.joined(separator: "\n")
    }

    /// One line of ``text``, in the same order: how deep it stands, what is written there, and what it was; nil where it
    /// was not reached.
    package typealias Part = (depth: Int, text: String, value: String?)

    package var parts: [Part] {
        var parts: [Part] = []
        func visit(_ step: Step, depth: Int) {
            let value = step.outcomes.isEmpty ? nil : Self.values(of: step)
            parts.append((depth, step.expression.text.shortened(to: 100), value))
            for child in step.children { visit(child, depth: depth + 1) }
        }
        visit(root, depth: 0)
        return parts
    }

    private static func write(_ step: Step, first: String, rest: String, to lines: inout [String]) {
        lines.append(first + step.expression.text.shortened(to: 100) + "  →  " + values(of: step))
        for (index, child) in step.children.enumerated() {
            let isLast = index == step.children.count - 1
            write(
                child, first: rest + (isLast ? "└─ " : "├─ "), rest: rest + (isLast ? "   " : "│  "), to: &lines)
        }
    }

    private static func values(of step: Step) -> String {
        if step.outcomes.isEmpty { return "not evaluated" }
        let texts = step.outcomes.map { outcome in
            switch outcome {
            case .success(let value): value.shortLiteral()
            case .failure(let error): "error: \(error.message)"
            }
        }
        let rest = step.count - texts.count
        return texts.joined(separator: ", ") + (rest > 0 ? ", … \(rest) more" : "")
    }
}

/// Collects values while a program is evaluated.
final class TraceRecorder {
    static let outcomesKept = 3

    private(set) var records: [Range<Int>: (outcomes: [Trace.Outcome], count: Int)] = [:]

    func record(_ outcome: Trace.Outcome, at range: Range<Int>) {
        records[range, default: ([], 0)].count += 1
        if records[range, default: ([], 0)].outcomes.count < Self.outcomesKept {
            records[range, default: ([], 0)].outcomes.append(outcome)
        }
    }
}

/// Evaluates a node and tells the recorder.
final class TracingNode: Node {
    private let node: any Node
    private let range: Range<Int>

    init(_ node: any Node, _ expression: Expression) {
        self.node = node
        range = expression.range
    }

    var constant: CELValue? { node.constant }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        do throws(EvaluationError) {
            let value = try node.value(&frame)
            frame.recorder?.record(.success(value), at: range)
            return value
        } catch {
            frame.recorder?.record(.failure(error), at: range)
            throw error
        }
    }
}

extension Expression {
    /// A literal tells nothing that its text does not.
    var isWorthTracing: Bool {
        if case .literal = kind { false } else { true }
    }

    /// The parts that a reader wants to see: `self.cost.amount` is one thing, not three.
    fileprivate var tracedParts: [Expression] {
        if qualifiedName != nil { return [] }
        if case .presence(let selection) = kind, selection.operand.qualifiedName != nil { return [] }
        return children.filter { part in
            if case .list(let elements) = part.kind { return elements.contains { $0.value.isWorthTracing } }
            return part.isWorthTracing && !(part.isNamespace && isCall)
        }
    }

    private var isCall: Bool {
        if case .call = kind { true } else { false }
    }

    private var isNamespace: Bool {
        if case .identifier(let name, _) = kind {
            return ["math", "strings", "lists", "sets", "base64", "optional", "ip", "cel"].contains(name)
        }
        return false
    }
}

extension String {
    /// At most so many characters, the last an ellipsis where something is left out.
    func shortened(to limit: Int) -> String {
        guard utf8.count > limit, let end = index(startIndex, offsetBy: limit, limitedBy: endIndex), end < endIndex
        else {
            return self
        }
        return prefix(limit - 1) + "…"
    }
}
