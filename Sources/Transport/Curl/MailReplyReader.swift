/// Follows a mail server's replies (RFC 5321, section 4.2.1), of which only the latest counts.
struct MailReplyReader {
    private(set) var code: Int?
    private(set) var text = ""
    private(set) var isTooTalkative = false
    private var isContinued = false
    private var bytesSeen = 0

    /// Takes one line, with its end.
    mutating func receive(_ line: UnsafeRawBufferPointer) {
        bytesSeen += line.count
        isTooTalkative = bytesSeen > TransportLimits.mailTalkBytes
        guard line.count >= 3, line.prefix(3).allSatisfy({ (0x30...0x39).contains($0) }) else { return }
        let lineCode = line.prefix(3).reduce(0) { $0 * 10 + Int($1 - 0x30) }
        if !isContinued || code != lineCode { text = "" }
        code = lineCode
        isContinued = line.count > 3 && line[3] == UInt8(ascii: "-")
        append(String(decoding: line.dropFirst(4), as: UTF8.self))
    }

    /// Forgets the latest reply: something else has been asked since.
    mutating func beginNext() {
        code = nil
        text = ""
        isContinued = false
    }

    private mutating func append(_ more: String) {
        var line = more.singleLine(atMost: TransportLimits.mailReplyBytes)
        while line.last == " " { line.removeLast() }
        let room = TransportLimits.mailReplyBytes - text.utf8.count - 1
        guard !line.isEmpty, room > 0 else { return }
        text += (text.isEmpty ? "" : " ") + line.singleLine(atMost: room)
    }
}
