/// What a macro goes over: a list with its indices, or a map with its keys.
private enum Iteration {
    case list([CELValue])
    case map([CELMap.Entry])

    init(_ value: CELValue, range: Range<Int>) throws(EvaluationError) {
        switch value {
        case .list(let list): self = .list(list)
        case .map(let map): self = .map(map.entries)
        case .record(let record): self = .map(record.map.entries)
        default: throw EvaluationError.noOverload("a macro", value).found(at: range)
        }
    }

    var count: Int {
        switch self {
        case .list(let list): list.count
        case .map(let entries): entries.count
        }
    }

    /// The element or key; with two variables the index or key, and the element or value.
    @inline(__always)
    func bind(_ index: Int, to slots: [Int], in frame: inout Frame) {
        switch self {
        case .list(let list):
            frame.locals[slots[slots.count - 1]] = list[index]
            if slots.count == 2 { frame.locals[slots[0]] = .int(Int64(index)) }
        case .map(let entries):
            frame.locals[slots[0]] = entries[index].key
            if slots.count == 2 { frame.locals[slots[1]] = entries[index].value }
        }
    }
}

/// What all macros over a range have in common.
struct ComprehensionParts: Sendable {
    let range: any Node
    let slots: [Int]
    let filter: (any Node)?
    let body: any Node
    /// What one iteration costs.
    let cost: Int
    let location: Range<Int>
}

/// `all` and `exists`: like `&&` and `||` over the elements.
final class QuantifierNode: BoolNode {
    private let parts: ComprehensionParts
    /// The outcome of the body that decides: true for `exists`, false for `all`.
    private let decisive: Bool

    init(_ parts: ComprehensionParts, decisive: Bool) {
        self.parts = parts
        self.decisive = decisive
    }

    func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
        let iteration = try Iteration(try parts.range.value(&frame), range: parts.location)
        var failure: EvaluationError?
        for index in 0..<iteration.count {
            try frame.meter.charge(parts.cost)
            iteration.bind(index, to: parts.slots, in: &frame)
            do throws(EvaluationError) {
                if try parts.body.bool(&frame) == decisive { return decisive }
            } catch {
                try error.absorb(into: &failure)
            }
        }
        if let failure { throw failure }
        return !decisive
    }
}

/// `exists_one`: unlike `exists` it needs every element to have an answer.
final class ExistsOneNode: BoolNode {
    private let parts: ComprehensionParts

    init(_ parts: ComprehensionParts) { self.parts = parts }

    func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
        let iteration = try Iteration(try parts.range.value(&frame), range: parts.location)
        var count = 0
        for index in 0..<iteration.count {
            try frame.meter.charge(parts.cost)
            iteration.bind(index, to: parts.slots, in: &frame)
            if try parts.body.bool(&frame) { count += 1 }
        }
        return count == 1
    }
}

/// `map`, `filter` and `transformList`: a list of what the body gives, or of the elements that it accepts.
final class ListComprehensionNode: Node {
    private let parts: ComprehensionParts
    private let keepsElements: Bool

    init(_ parts: ComprehensionParts, keepsElements: Bool) {
        self.parts = parts
        self.keepsElements = keepsElements
    }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        let iteration = try Iteration(try parts.range.value(&frame), range: parts.location)
        var result: [CELValue] = []
        for index in 0..<iteration.count {
            try frame.meter.charge(parts.cost)
            iteration.bind(index, to: parts.slots, in: &frame)
            if keepsElements {
                if try parts.body.bool(&frame), let element = frame.locals[parts.slots[0]] { result.append(element) }
            } else if try parts.filter?.bool(&frame) ?? true {
                result.append(try parts.body.value(&frame))
            }
        }
        return .list(result)
    }
}

/// `transformMap`, where the body gives the values, and `transformMapEntry`, where it gives maps to be joined.
final class MapComprehensionNode: Node {
    private let parts: ComprehensionParts
    private let givesEntries: Bool

    init(_ parts: ComprehensionParts, givesEntries: Bool) {
        self.parts = parts
        self.givesEntries = givesEntries
    }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        let iteration = try Iteration(try parts.range.value(&frame), range: parts.location)
        var result: [CELMap.Entry] = []
        for index in 0..<iteration.count {
            try frame.meter.charge(parts.cost)
            iteration.bind(index, to: parts.slots, in: &frame)
            guard try parts.filter?.bool(&frame) ?? true else { continue }
            let key = frame.locals[parts.slots[0]] ?? .null
            let value = try parts.body.value(&frame)
            if !givesEntries {
                result.append((key, value))
            } else if case .map(let map) = value {
                try frame.meter.charge(map.count)
                result += map.entries
            } else {
                throw EvaluationError.noOverload("transformMapEntry", value).found(at: parts.location)
            }
        }
        return .map(try CELMap(checking: result, range: parts.location))
    }
}

/// `list.sortBy(e, key)`
final class SortByNode: Node {
    private let parts: ComprehensionParts

    init(_ parts: ComprehensionParts) { self.parts = parts }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        let range = try parts.range.value(&frame)
        guard case .list(let list) = range else {
            throw EvaluationError.noOverload("sortBy", range).found(at: parts.location)
        }
        var keys: [CELValue] = []
        for element in list {
            try frame.meter.charge(parts.cost)
            frame.locals[parts.slots[0]] = element
            keys.append(try parts.body.value(&frame))
        }
        do throws(EvaluationError) {
            return .list(try StandardLibrary.sort(list, by: keys, &frame.meter))
        } catch {
            throw error.found(at: parts.location)
        }
    }
}
