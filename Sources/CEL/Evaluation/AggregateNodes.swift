/// `[a, ?b]`
final class ListNode: Node {
    private let elements: [(node: any Node, isOptional: Bool)]

    init(_ elements: [(node: any Node, isOptional: Bool)]) { self.elements = elements }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        var list: [CELValue] = []
        list.reserveCapacity(elements.count)
        for (node, isOptional) in elements {
            let value = try node.value(&frame)
            guard isOptional else {
                list.append(value)
                continue
            }
            guard case .optional(let content) = value else { throw EvaluationError.noOverload("[?_]", value) }
            if let content { list.append(content) }
        }
        return .list(list)
    }
}

/// `{a: b, ?c: d}`
final class MapNode: Node {
    typealias Entry = (key: any Node, value: any Node, isOptional: Bool)

    private let entries: [Entry]
    private let range: Range<Int>

    init(_ entries: [Entry], range: Range<Int>) {
        self.entries = entries
        self.range = range
    }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        var result: [CELMap.Entry] = []
        result.reserveCapacity(entries.count)
        for entry in entries {
            let key = try entry.key.value(&frame)
            let value = try entry.value.value(&frame)
            guard entry.isOptional else {
                result.append((key, value))
                continue
            }
            guard case .optional(let content) = value else { throw EvaluationError.noOverload("{?_: _}", value) }
            if let content { result.append((key, content)) }
        }
        return .map(try CELMap(checking: result, range: range))
    }
}

extension CELMap {
    /// - Throws: `invalidArgument` for a key that comes twice, or is of a kind that cannot be one.
    init(checking entries: [Entry], range: Range<Int>) throws(EvaluationError) {
        guard let map = CELMap(unique: entries) else {
            throw EvaluationError(
                .invalidArgument, "a map's keys are int, uint, bool or string, and none may come twice", range: range)
        }
        self = map
    }
}
