/// Returns a line for a POSIX shell that sends the same request with `curl`, for people to read and to try.
///
/// Method, URL, header fields and body are the same bytes; limits of the response, the destination policy and
/// authorities given as bytes have no counterpart. A body that is long or not printable UTF-8 is piped
/// in through `printf`.
///
/// - Parameter secrets: texts that are shown as `***` wherever they occur, also inside a URL, a file name or a body.
package func curlCommandLine(for request: HTTPRequest, masking secrets: [String]) -> String {
    let mask = Mask(secrets)
    var words = ["curl"]
    func add(_ option: String, _ value: String) {
        words += [option, mask.applied(to: value.utf8).shellQuoted]
    }

    if request.url.utf8.contains(where: { "[]{}".utf8.contains($0) }) { words.append("--globoff") }
    if request.method == "HEAD" { words.append("--head") } else { add("--request", request.method) }
    add("--url", request.url)
    for line in request.curlCommandHeaderLines { add("--header", line) }
    if let signing = request.signing {
        add("--aws-sigv4", signing.curlScope)
        add("--user", "\(signing.accessKey):\(signing.secretKey)")
    }
    add("--connect-timeout", request.timeouts.connect.decimalSeconds)
    add("--max-time", request.timeouts.exchange.decimalSeconds)
    words += ["--tlsv1.2"]
    if let file = request.trust.caFile { add("--cacert", file) }
    if let file = request.trust.clientCertificateFile { add("--cert", file.escapingColons) }
    if let file = request.trust.clientKeyFile { add("--key", file) }
    if let proxy = request.trust.proxy { add("--proxy", proxy) } else { add("--noproxy", "*") }

    guard let body = request.bodyOnTheWire else { return words.joined(separator: " ") }
    let shown = mask.applied(to: body)
    guard shown.count <= TransportLimits.shellArgumentBytes, shown.isShellText else {
        words += ["--data-binary", "@-"]
        return "printf '%b' \(shown.printfEscaped) | " + words.joined(separator: " ")
    }
    // `--data-binary @name` would read a file.
    words += [shown.first == UInt8(ascii: "@") ? "--data-raw" : "--data-binary", shown.shellQuoted]
    return words.joined(separator: " ")
}

/// The `curl` line that would send the same mail in a POSIX shell, with the message as a here-document.
///
/// Parameter `secrets` as for requests; the password is masked whether it is among them or not.
package func curlCommandLine(for mail: MailTransaction, masking secrets: [String]) -> String {
    let mask = Mask(secrets)
    var words = ["curl"]
    func add(_ option: String, _ value: String) {
        words += [option, mask.applied(to: value.utf8).shellQuoted]
    }

    add("--url", mail.server + "/" + mail.heloName)
    if mail.security == .required { words.append("--ssl-reqd") }
    if let username = mail.username { words += ["--user", Array("\(username):***".utf8).shellQuoted] }
    add("--mail-from", mail.sender)
    add("--mail-rcpt", mail.recipient)
    add("--connect-timeout", mail.timeouts.connect.decimalSeconds)
    add("--max-time", mail.timeouts.exchange.decimalSeconds)
    if let file = mail.trust.caFile { add("--cacert", file) }
    if let file = mail.trust.clientCertificateFile { add("--cert", file.escapingColons) }
    if let file = mail.trust.clientKeyFile { add("--key", file) }
    let message = String(decoding: mask.applied(to: mail.message.filter { $0 != UInt8(ascii: "\r") }), as: UTF8.self)
    var end = "END_OF_MAIL"
    while message.contains(end) { end += "_" }
    // The message has line feeds here, and carriage returns again on the wire.
    return words.joined(separator: " ") + " --crlf --upload-file - <<'\(end)'\n"
        + message + (message.hasSuffix("\n") ? "" : "\n") + end
}

extension HTTPRequest {
    fileprivate var bodyOnTheWire: [UInt8]? { method == "POST" ? body ?? [] : body }

    /// Switches off what the program adds of its own and the library does not.
    fileprivate var curlCommandHeaderLines: [String] {
        curlHeaderLines
            + (signing != nil || headerFields.contains { $0.isNamed("User-Agent") } ? [] : ["User-Agent:"])
    }
}

/// Replaces secrets byte by byte: a combining mark behind one would hide it from a comparison of characters.
private struct Mask {
    private let secrets: [[UInt8]]

    /// Longer ones go first, as one may contain another.
    init(_ secrets: [String]) {
        self.secrets = secrets.map { Array($0.utf8) }.filter { !$0.isEmpty }.sorted { $0.count > $1.count }
    }

    func applied(to bytes: some Sequence<UInt8>) -> [UInt8] {
        let bytes = Array(bytes)
        guard !secrets.isEmpty else { return bytes }
        var shown: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if let secret = secrets.first(where: { bytes[index...].starts(with: $0) }) {
                shown += "***".utf8
                index += secret.count
            } else {
                shown.append(bytes[index])
                index += 1
            }
        }
        return shown
    }
}

extension [UInt8] {
    /// In single quotes, inside which a POSIX shell changes nothing; bare where no quotes are needed.
    package var shellQuoted: String {
        let text = String(decoding: self, as: UTF8.self)
        let isPlain = allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "-_./:=,@+".utf8.contains(byte)
            }
        }
        if isPlain, !isEmpty { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }

    /// Whether a shell argument can hold the bytes and a terminal can show them.
    fileprivate var isShellText: Bool {
        String(validating: self, as: UTF8.self)?.unicodeScalars.allSatisfy { scalar in
            scalar.properties.generalCategory != .control || scalar == "\n" || scalar == "\t"
        } ?? false
    }

    /// Each byte for `printf '%b'`, the unprintable ones in octal.
    fileprivate var printfEscaped: String {
        var text = "'"
        for byte in self {
            switch byte {
            case 0x20...0x7E where byte != UInt8(ascii: "'") && byte != UInt8(ascii: "\\"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 8)
                text += "\\0" + String(repeating: "0", count: 3 - digits.count) + digits
            }
        }
        return text + "'"
    }
}

extension String {
    /// `--cert` takes a colon for the beginning of a password.
    fileprivate var escapingColons: String {
        var escaped = ""
        for character in self {
            if character == ":" || character == "\\" { escaped.append("\\") }
            escaped.append(character)
        }
        return escaped
    }
}

extension Duration {
    /// Seconds with as many as three decimals, as `curl` takes them.
    fileprivate var decimalSeconds: String {
        let (seconds, attoseconds) = components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        guard milliseconds > 0 else { return String(seconds) }
        var decimals = String(1000 + milliseconds).dropFirst()
        while decimals.last == "0" { decimals.removeLast() }
        return "\(seconds).\(decimals)"
    }
}
