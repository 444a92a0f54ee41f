/// What of a mail must not reach libcurl: a CRLF in an address is sent as a new command, and dots are stuffed only
/// behind CRLF, so that a bare LF could smuggle a second message past the final dot.
extension MailTransaction {
    /// Returns the server's parts if everything in the transaction may be sent.
    func validated() throws(TransportError) -> URLParts {
        let parts = try URLParts.parse(server, schemes: ["smtp", "smtps"], allowsUser: false)
        if let reason = objection(to: parts) {
            throw .invalid(reason, endpoint: parts.origin)
        }
        try timeouts.validate(endpoint: parts.origin)
        try trust.validate(endpoint: parts.origin)
        try destination.validate(parts)
        return parts
    }

    private func objection(to parts: URLParts) -> String? {
        guard parts.path == "/" || parts.path.isEmpty, parts.query == nil else {
            return "the mail server's URL has more than scheme, host and port"
        }
        guard heloName.isHELOName else { return "the name for EHLO is neither a host name nor an address in brackets" }
        guard sender.isMailAddress else { return "the sender is not a mail address" }
        guard recipient.isMailAddress else { return "the recipient is not a mail address" }
        return loginObjection(to: parts) ?? messageObjection
    }

    private func loginObjection(to parts: URLParts) -> String? {
        guard (username == nil) == (password == nil) else { return "a login needs a user name and a password" }
        guard let username, let password else { return nil }
        for text in [username, password] where text.utf8.contains(0) || text.utf8.count > TransportLimits.loginBytes {
            return "the login has a NUL or is too long"
        }
        guard parts.scheme == "smtp", security != .required else { return nil }
        if security == .noneWithLoopbackLogin, parts.isLoopbackHost { return nil }
        return "no login over a connection that is not encrypted"
    }

    private var messageObjection: String? {
        guard !message.isEmpty else { return "the message is empty" }
        guard message.count <= TransportLimits.messageBytes else { return "the message is too large" }
        return message.withUnsafeBufferPointer { bytes in
            var lineStart = 0
            for (index, byte) in bytes.enumerated() {
                switch byte {
                case 0:
                    return "the message has a NUL"
                case 0x0D where index + 1 == bytes.count || bytes[index + 1] != 0x0A:
                    return "the message has a CR without LF"
                case 0x0A where index == 0 || bytes[index - 1] != 0x0D:
                    return "the message has an LF without CR"
                case 0x0A:
                    lineStart = index + 1
                case 0x0D:
                    break
                default:
                    guard index - lineStart < TransportLimits.messageLineBytes else {
                        return "the message has a line of more than \(TransportLimits.messageLineBytes) bytes"
                    }
                }
            }
            return nil
        }
    }
}

extension String {
    /// A host name, or an address literal (RFC 5321, section 4.1.3).
    fileprivate var isHELOName: Bool {
        guard !isEmpty, utf8.count <= TransportLimits.hostNameBytes else { return false }
        let isLiteral = hasPrefix("[") && hasSuffix("]") && utf8.count > 2
        return (isLiteral ? Substring(dropFirst().dropLast()) : Substring(self)).utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
                true
            default:
                isLiteral && byte == UInt8(ascii: ":")
            }
        }
    }

    /// Something on both sides of an `@`, and nothing that could end the address or the command.
    fileprivate var isMailAddress: Bool {
        guard utf8.count <= TransportLimits.mailAddressBytes, let at = lastIndex(of: "@"),
            at != startIndex, index(after: at) != endIndex
        else { return false }
        return unicodeScalars.allSatisfy { scalar in
            scalar != "<" && scalar != ">" && !scalar.properties.isWhitespace
                && scalar.properties.generalCategory != .control
        }
    }
}
