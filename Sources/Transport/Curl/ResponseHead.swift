/// The head of a response as it comes in, line by line: that of the last response only, past any 1xx.
struct ResponseHead {
    private var bytes: [UInt8] = []
    private var bytesSeen = 0
    private var isOpen = false
    /// Whether the empty line behind a final (not 1xx) status was seen.
    private(set) var isComplete = false
    private(set) var isTooLarge = false
    /// Whether a head began with no status line. libcurl takes `HTTP/-1.1 410 Gone` for a 200.
    private(set) var isMalformed = false

    /// Takes a line with its end; false when it is none of a response, or all heads together have become too large.
    mutating func receive(_ line: UnsafeRawBufferPointer) -> Bool {
        bytesSeen += line.count
        guard bytesSeen <= TransportLimits.responseHeaderBytes else {
            isTooLarge = true
            return false
        }
        if isComplete { return true }  // A trailer.
        if !isOpen {
            isMalformed = !ResponseHead.isStatusLine(line)
            if isMalformed { return false }
            bytes.removeAll(keepingCapacity: true)
            isOpen = true
        }
        bytes.append(contentsOf: line)
        if line.allSatisfy({ $0 == 0x0D || $0 == 0x0A }) {
            isOpen = false
            isComplete = !isInterim
        }
        return true
    }

    /// `HTTP/1.1 200 OK`, `HTTP/2 200`: RFC 9112, section 4, and what libcurl writes for RFC 9113.
    private static func isStatusLine(_ line: UnsafeRawBufferPointer) -> Bool {
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        guard line.starts(with: "HTTP/".utf8), let blank = line.firstIndex(of: 0x20) else { return false }
        let version = line[5..<blank]
        let isVersion = version.count == 1 || version.count == 3 && version[6] == UInt8(ascii: ".")
        guard isVersion, let first = version.first, let last = version.last, isDigit(first), isDigit(last) else {
            return false
        }
        let status = line[(blank + 1)...].prefix { $0 > 0x20 }
        return status.count == 3 && status.allSatisfy(isDigit)
    }

    /// Whether the status is 1xx: the digit behind the first blank.
    private var isInterim: Bool {
        guard let blank = bytes.firstIndex(of: 0x20), blank + 1 < bytes.count else { return false }
        return bytes[blank + 1] == UInt8(ascii: "1")
    }

    /// The fields in order; lines without a colon are dropped, folded lines joined (RFC 9112, section 5.2).
    var fields: [HeaderField] {
        var fields: [HeaderField] = []
        for line in bytes.split(separator: 0x0A).dropFirst() {
            let text = line.trimmed
            if let first = line.first, first == 0x20 || first == 0x09, let last = fields.indices.last {
                fields[last].value += " " + String(decoding: text, as: UTF8.self)
            } else if let colon = text.firstIndex(of: UInt8(ascii: ":")) {
                fields.append(
                    HeaderField(
                        String(decoding: text[..<colon].trimmed, as: UTF8.self),
                        String(decoding: text[(colon + 1)...].trimmed, as: UTF8.self)))
            }
        }
        return fields
    }
}

extension ArraySlice<UInt8> {
    /// Without blanks, tabs and CR at either end.
    fileprivate var trimmed: ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
            return []
        }
        return self[first...last]
    }
}
