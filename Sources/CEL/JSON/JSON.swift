internal import CSimdJSON

/// Bytes that are not JSON, or exceed a limit.
package struct JSONError: Error, Hashable, CustomStringConvertible {
    package let reason: String
    package var description: String { "not valid JSON: \(reason)" }
}

/// Reads and writes JSON as CEL values.
package enum JSON {
    /// Nesting that no real document has.
    package static let standardDepth = 128

    /// Parses strict JSON (RFC 8259) in UTF-8.
    ///
    /// Whole numbers are `int`, beyond its range `uint`, beyond that `double`; `2.0` and `2e0` are `double`. Where a
    /// key comes twice, the last value wins. A lone surrogate, escaped as `\ud800`, reads as U+FFFD.
    /// - Parameter maximumDepth: of arrays and objects; at most 1,000, as values are walked recursively.
    package static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int = standardDepth
    ) throws(JSONError) -> CELValue {
        var reason: UnsafePointer<CChar>?
        let depth = min(max(1, maximumDepth), 1_000)
        guard let document = cjson_parse(bytes.baseAddress, bytes.count, depth, &reason) else {
            throw JSONError(reason: reason.map { String(cString: $0) } ?? "unknown error")
        }
        defer { cjson_free(document) }
        var count = 0
        let nodes = UnsafeBufferPointer(start: cjson_nodes(document, &count), count: count)
        var position = 0
        return value(nodes, &position)
    }

    package static func parse(_ bytes: [UInt8], maximumDepth: Int = standardDepth) throws(JSONError) -> CELValue {
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<CELValue, JSONError> in
            do throws(JSONError) { return .success(try parse(buffer, maximumDepth: maximumDepth)) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    package static func parse(_ text: String, maximumDepth: Int = standardDepth) throws(JSONError) -> CELValue {
        var text = text
        let result = text.withUTF8 { buffer -> Result<CELValue, JSONError> in
            do throws(JSONError) { return .success(try parse(buffer, maximumDepth: maximumDepth)) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func value(_ nodes: UnsafeBufferPointer<cjson_node>, _ position: inout Int) -> CELValue {
        let node = nodes[position]
        position += 1
        switch node.kind {
        case CJSON_NULL: return .null
        case CJSON_FALSE: return .bool(false)
        case CJSON_TRUE: return .bool(true)
        case CJSON_INT: return .int(node.value.integer)
        case CJSON_UINT: return .uint(node.value.unsigned_integer)
        case CJSON_DOUBLE: return .double(node.value.number)
        case CJSON_STRING: return .string(text(node))
        case CJSON_ARRAY:
            var list: [CELValue] = []
            list.reserveCapacity(Int(node.count))
            for _ in 0..<node.count { list.append(value(nodes, &position)) }
            return .list(list)
        case CJSON_OBJECT:
            var entries: [CELMap.Entry] = []
            entries.reserveCapacity(Int(node.count))
            for _ in 0..<node.count {
                let key = text(nodes[position])
                position += 1
                entries.append((.string(key), value(nodes, &position)))
            }
            return .map(CELMap(lastWins: entries))
        default: return .null
        }
    }

    private static func text(_ node: cjson_node) -> String {
        guard node.count > 0 else { return "" }
        let bytes = UnsafeRawBufferPointer(start: node.value.text, count: Int(node.count))
        return String(decoding: bytes, as: UTF8.self)
    }
}
