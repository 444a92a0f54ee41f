import CCurl

/// A mail transaction: the message goes out from here, the server's replies gather here.
// @unchecked Sendable: as `Exchange` says; this adds no other sharing.
final class MailExchange: Exchange, @unchecked Sendable {
    private let message: [UInt8]
    private var bytesTaken = 0
    /// From here on the final dot may be out, and with it the responsibility for the message.
    private var isHandedOver = false
    private var isQuitting = false
    private var reply = MailReplyReader()

    init(_ transaction: MailTransaction, server: URLParts, easy: EasyHandle) {
        message = transaction.message
        super.init(easy: easy, endpoint: server.origin, destination: transaction.destination)
        configure(
            url: server.origin + "/" + transaction.heloName.bracketsEncoded,  // libcurl greets with the path.
            protocols: "smtp,smtps", timeouts: transaction.timeouts, trust: transaction.trust)
        if transaction.security == .required { easy.set(.useTLS, to: Int(CURLUSESSL_ALL.rawValue)) }
        if let username = transaction.username, let password = transaction.password {
            easy.set(.username, to: username)
            easy.set(.password, to: password)
            easy.set(.loginOptions, to: "AUTH=PLAIN;AUTH=LOGIN;AUTH=CRAM-MD5")
        }
        easy.set(.mailFrom, to: "<\(transaction.sender)>")
        let recipients = CurlList()
        recipients.append("<\(transaction.recipient)>")
        easy.set(.mailRecipients, to: recipients)
        // Our own limit counts, not libcurl's two minutes for each reply.
        easy.set(.serverResponseTimeoutSeconds, to: Int(transaction.timeouts.exchange.components.seconds) + 1)
        easy.set(.upload, to: 1)
        easy.set(.uploadSize, to: Int64(message.count))
        // A kept connection would be ended by libcurl without us, which waits up to two minutes for a goodbye.
        forbidReuse()
        easy.installMailCallbacks(for: self)
    }

    override func receive(headerLine: UnsafeRawBufferPointer) -> Bool {
        guard !isQuitting else { return true }
        reply.receive(headerLine)
        return !reply.isTooTalkative
    }

    override func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, message.count - bytesTaken)
        message.withUnsafeBytes { bytes in
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[bytesTaken..<bytesTaken + count]))
        }
        bytesTaken += count
        if bytesTaken == message.count, !isHandedOver {
            isHandedOver = true
            reply.beginNext()
        }
        return count
    }

    override func willSend(command: UnsafeRawBufferPointer) {
        if command.elementsEqual("QUIT\r\n".utf8) {
            isQuitting = true
        } else if !isHandedOver {
            reply.beginNext()
        }
    }

    /// Also once we have said QUIT: nothing that follows matters, and libcurl would wait for it.
    override var shouldAbort: Bool { isQuitting || super.shouldAbort }

    override var mayHaveBeenReceived: Bool { isHandedOver && reply.code == nil }

    /// Reads the outcome, once the transfer is no longer libcurl's.
    func reply(after ending: ExchangeEnding) throws(TransportError) -> MailReply {
        // A yes to the final dot counts whatever happened to the connection afterwards.
        if isHandedOver, let code = reply.code, 200..<300 ~= code {
            return MailReply(
                code: code, text: reply.text, duration: .microseconds(easy.offset(CURLINFO_TOTAL_TIME_T)))
        }
        throw error(for: ending) { code in
            if code == CURLE_LOGIN_DENIED {
                let refusal = reply.code.flatMap { $0 >= 400 ? $0 : nil }
                return .loginDenied(code: refusal, text: refusal == nil ? "" : reply.text)
            }
            guard Self.mayFollowRefusal(code), let refusal = reply.code, refusal >= 400 else { return nil }
            return .mailRefused(code: refusal, text: reply.text)
        }
    }

    /// Whether libcurl ends like this when the server said no; anything else is a fault of its own.
    private static func mayFollowRefusal(_ code: CURLcode) -> Bool {
        switch code {
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_WEIRD_SERVER_REPLY, CURLE_REMOTE_ACCESS_DENIED,
            CURLE_GOT_NOTHING,
            CURLE_UPLOAD_FAILED, CURLE_COULDNT_CONNECT:
            true
        default:
            false
        }
    }
}

extension String {
    /// Percent-encodes the brackets and colons of an address literal for a URL's path.
    fileprivate var bracketsEncoded: String {
        var encoded = ""
        for character in self {
            switch character {
            case "[": encoded += "%5B"
            case "]": encoded += "%5D"
            case ":": encoded += "%3A"
            default: encoded.append(character)
            }
        }
        return encoded
    }
}
