/// The parameters of a request's query, decoded; the last of two with one name counts.
struct Query: Sendable {
    private var values: [String: String] = [:]

    init(_ text: Substring) {
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            values[Self.decode(parts[0])] = parts.count == 2 ? Self.decode(parts[1]) : ""
        }
    }

    subscript(name: String) -> String? { values[name] }

    /// `limit`, 1 to 100 and 20 where it is missing.
    func limit() throws(APIError) -> Int {
        guard let text = values["limit"] else { return 20 }
        guard let limit = Int(text), (1...100).contains(limit) else {
            throw .invalid("limit", "limit must be a number between 1 and 100")
        }
        return limit
    }

    /// A percent sign that begins no escape stands for itself.
    static func decode(_ text: Substring) -> String {
        let bytes = Array(text.utf8)
        var decoded: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let byte = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
            {
                decoded.append(byte)
                index += 3
            } else {
                decoded.append(bytes[index] == UInt8(ascii: "+") ? 0x20 : bytes[index])
                index += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }
}
