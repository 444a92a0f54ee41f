/// A map that keeps the order in which its entries were written.
///
/// Keys are `bool`, `int`, `uint` or `string`; numerically equal keys are one key. Up to eight entries are searched
/// one by one, which for text of usual length is faster than hashing it; beyond that an index is kept.
package struct CELMap: Sendable {
    package typealias Entry = (key: CELValue, value: CELValue)

    private let storage: Storage

    /// A JSON-like object. Where a key comes twice the last value wins, in the first one's place.
    package init(_ entries: [(String, CELValue)]) {
        self.init(lastWins: entries.map { (.string($0.0), $0.1) })
    }

    /// Where a key comes twice the last value wins, in the first one's place. Keys are `bool`, `int`, `uint` or `string`.
    init(lastWins entries: [Entry]) {
        let storage = Storage(entries)
        self.storage = storage.hasDuplicates ? Storage(Self.withoutDuplicates(entries)) : storage
    }

    /// - Returns: nil where a key is no `bool`, `int`, `uint` or `string`, or comes twice.
    package init?(unique entries: [Entry]) {
        guard entries.allSatisfy({ MapKey($0.key) != nil && !$0.key.isDouble }) else { return nil }
        let storage = Storage(entries)
        guard !storage.hasDuplicates else { return nil }
        self.storage = storage
    }

    private init(_ storage: Storage) { self.storage = storage }

    package static let empty = CELMap([])

    /// In the order in which they were written.
    package var entries: [Entry] { storage.entries }
    package var count: Int { storage.entries.count }

    package subscript(key: String) -> CELValue? {
        storage.position(of: key).map { storage.entries[$0].value }
    }

    /// Looks up by value: `1`, `1u` and `1.0` are the same key.
    package subscript(key: CELValue) -> CELValue? {
        if case .string(let text) = key { return self[text] }
        guard let wanted = MapKey(key) else { return nil }
        if let index = storage.index { return index[wanted].map { storage.entries[$0].value } }
        return storage.entries.first { MapKey($0.key) == wanted }?.value
    }

    /// The object with other values for the names in `changes`, each in its place: null takes a member away, and those
    /// that were not there come last.
    package func replacing(_ changes: CELMap) -> CELMap {
        var entries = storage.entries
        entries.reserveCapacity(entries.count + changes.count)
        var removed: [Int] = []
        for change in changes.entries {
            guard case .string(let name) = change.key else { continue }
            if let position = storage.position(of: name) {
                entries[position].value = change.value
                if change.value.isNull { removed.append(position) }
            } else if !change.value.isNull {
                entries.append(change)
            }
        }
        if removed.isEmpty, entries.count == storage.entries.count {
            return CELMap(Storage(entries, at: storage.index))
        }
        for position in removed.sorted(by: >) { entries.remove(at: position) }
        return CELMap(Storage(entries))
    }

    private static func withoutDuplicates(_ entries: [Entry]) -> [Entry] {
        var positions: [MapKey: Int] = [:]
        var result: [Entry] = []
        for entry in entries {
            guard let key = MapKey(entry.key) else { continue }
            if let position = positions[key] {
                result[position].value = entry.value
            } else {
                positions[key] = result.count
                result.append(entry)
            }
        }
        return result
    }

    private final class Storage: Sendable {
        let entries: [Entry]
        let index: [MapKey: Int]?
        let hasDuplicates: Bool

        init(_ entries: [Entry]) {
            self.entries = entries
            if entries.count <= 8 {
                index = nil
                hasDuplicates = Self.repeatsKey(entries)
                return
            }
            var index: [MapKey: Int] = [:]
            index.reserveCapacity(entries.count)
            for (position, entry) in entries.enumerated() {
                if let key = MapKey(entry.key) { index[key] = position }
            }
            hasDuplicates = index.count < entries.count
            self.index = index
        }

        /// Other values for the keys of another storage.
        init(_ entries: [Entry], at index: [MapKey: Int]?) {
            self.entries = entries
            self.index = index
            hasDuplicates = false
        }

        func position(of key: String) -> Int? {
            if let index { return index[.string(UTF8Key(key))] }
            for position in entries.indices {
                if case .string(let candidate) = entries[position].key, candidate.hasSameBytes(as: key) {
                    return position
                }
            }
            return nil
        }

        private static func repeatsKey(_ entries: [Entry]) -> Bool {
            for position in entries.indices.dropFirst() {
                for earlier in entries[..<position] where sameKey(earlier.key, entries[position].key) { return true }
            }
            return false
        }

        private static func sameKey(_ left: CELValue, _ right: CELValue) -> Bool {
            if case .string(let a) = left, case .string(let b) = right { return a.hasSameBytes(as: b) }
            return MapKey(left) == MapKey(right)
        }
    }
}

extension CELMap: Equatable {
    /// Same keys and values by kind, in any order.
    package static func == (left: CELMap, right: CELMap) -> Bool {
        left.count == right.count
            && left.entries.allSatisfy { entry in
                right[entry.key] == entry.value && right.entries.contains { $0.key == entry.key }
            }
    }
}

extension CELValue {
    fileprivate var isDouble: Bool {
        if case .double = self { true } else { false }
    }
}

/// A key as it is compared: numbers of all kinds on one line, text by its bytes.
private enum MapKey: Hashable, Sendable {
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case string(UTF8Key)

    init?(_ value: CELValue) {
        switch value {
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(value)
        case .uint(let value): self = Int64(exactly: value).map(MapKey.int) ?? .uint(value)
        case .double(let value):
            if let int = Int64(exactly: value) {
                self = .int(int)
            } else if let uint = UInt64(exactly: value) {
                self = .uint(uint)
            } else {
                return nil
            }
        case .string(let value): self = .string(UTF8Key(value))
        default: return nil
        }
    }
}

/// Text that is hashed and compared by its bytes: `é` and `e` with an accent are two keys.
struct UTF8Key: Hashable, Sendable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: UTF8Key, right: UTF8Key) -> Bool { left.text.hasSameBytes(as: right.text) }

    func hash(into hasher: inout Hasher) {
        text.withBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
