package import CEL

/// Names the field paths in which two states of a resource differ: `status`, `cost.amount`, `output_urls`.
///
/// Follows the fingerprint's rule, so that a resource whose fingerprint changed has at least one changed path: a null
/// member equals a missing one, numbers compare by value, and a text that is a whole URL compares without its query
/// and fragment (a signed URL carries a fresh token in every response), except in fields that people write.
package enum ResourceDiff {
    /// The paths, in the order of the newer state and then of what is only in the older. Lists differ as a whole.
    package static func changedPaths(from old: CELValue, to new: CELValue) -> [String] {
        var paths: [String] = []
        compare(old, new, path: "", field: "", depth: 0, into: &paths)
        return paths
    }

    /// Whether two JSON texts spell the same resource; texts that are not JSON are the same only byte by byte.
    package static func isSame(_ old: [UInt8], _ new: [UInt8]) -> Bool {
        guard let before = try? JSON.parse(old), let after = try? JSON.parse(new) else { return old == new }
        return changedPaths(from: before, to: after).isEmpty
    }

    /// The members of an object that are not as they were, as they were; null where there was none. With
    /// ``undo(_:in:)`` the older state is had again from the newer one. Nil where one of them is no object.
    package static func earlierMembers(of old: CELValue, before new: CELValue) -> CELMap? {
        guard case .map(let before) = old, case .map(let after) = new else { return nil }
        var earlier: [(String, CELValue)] = []
        var paths: [String] = []
        for (name, value) in after.stringEntries {
            let was = before[name] ?? .null
            compare(was, value, path: name, field: name, depth: 1, into: &paths)
            if !paths.isEmpty { earlier.append((name, was)) }
            paths.removeAll(keepingCapacity: true)
        }
        for (name, value) in before.stringEntries where after[name] == nil && !value.isNull {
            earlier.append((name, value))
        }
        return CELMap(earlier)
    }

    /// The state before a change, from the one after it and what ``earlierMembers(of:before:)`` said of the change.
    package static func undo(_ earlier: CELMap, in new: CELValue) -> CELValue {
        guard earlier.count > 0, case .map(let after) = new else { return new }
        return .map(after.replacing(earlier))
    }

    private static let deepestPath = 32

    private static func compare(
        _ old: CELValue, _ new: CELValue, path: String, field: String, depth: Int, into paths: inout [String]
    ) {
        guard case .map(let before) = old, case .map(let after) = new, depth < deepestPath else {
            if !equal(old, new, field: field) { paths.append(path) }
            return
        }
        for (name, value) in after.stringEntries {
            let below = path.isEmpty ? name : "\(path).\(name)"
            compare(before[name] ?? .null, value, path: below, field: name, depth: depth + 1, into: &paths)
        }
        for (name, value) in before.stringEntries where after[name] == nil {
            let below = path.isEmpty ? name : "\(path).\(name)"
            compare(value, .null, path: below, field: name, depth: depth + 1, into: &paths)
        }
    }

    private static func equal(_ old: CELValue, _ new: CELValue, field: String) -> Bool {
        switch (old, new) {
        case (.string(let before), .string(let after)):
            return comparable(before, field: field).elementsEqual(comparable(after, field: field))
        case (.list(let before), .list(let after)):
            return before.count == after.count && zip(before, after).allSatisfy { equal($0, $1, field: field) }
        case (.map(let before), .map(let after)):
            return members(of: before).allSatisfy { equal($0.1, after[$0.0] ?? .null, field: $0.0) }
                && members(of: after).allSatisfy { before[$0.0].map { !$0.isNull } ?? false }
        default: return old.celEquals(new)
        }
    }

    private static func members(of map: CELMap) -> [(String, CELValue)] {
        map.stringEntries.filter { if case .null = $0.1 { false } else { true } }
    }

    private static let writtenByPeople: Set<String> = ["prompt", "negative_prompt", "error_message", "name"]

    private static func comparable(_ text: String, field: String) -> Substring.UTF8View {
        let bytes = text.utf8
        let isWeb = bytes.starts(with: "https://".utf8) || bytes.starts(with: "http://".utf8)
        guard isWeb, !writtenByPeople.contains(field), !bytes.contains(where: { $0 <= 0x20 }) else {
            return Substring(text).utf8
        }
        let end = bytes.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? bytes.endIndex
        return text[..<end].utf8
    }
}
