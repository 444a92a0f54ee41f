/// What a scripted mail server says. Verbs without a reply of their own get a plain yes; an empty one gets silence.
struct MailScript: Sendable {
    var greeting = "220 mail.example.com ESMTP"
    var extensions = ["8BITMIME", "SIZE 10000000"]
    /// By verb; `.` is the final dot.
    var replies: [String: String] = [:]
    /// Takes over once STARTTLS has been agreed to.
    var startTLS: (@Sendable (ServerConnection) -> Void)?

    func run(on connection: ServerConnection) {
        converse(with: connection, report: connection.report)
    }

    /// Speaks with a client to the end; reports each command, and each line of a message behind a bar.
    func converse(with channel: some LineChannel, report: (String) -> Void) {
        if !greeting.isEmpty { channel.say(greeting + "\r\n") }
        var isInMessage = false
        while let line = channel.readLine() {
            if isInMessage, line != "." {
                report("|" + line)
                continue
            }
            isInMessage = false
            let verb = line.prefix { $0 != " " }.uppercased()
            guard verb == "." || MailScript.defaults[verb] != nil || replies[verb] != nil else { continue }
            report(line)
            let reply = replies[verb] ?? (verb == "EHLO" ? ehloReply : MailScript.defaults[verb] ?? "250 ok")
            if !reply.isEmpty { channel.say(reply + "\r\n") }
            isInMessage = verb == "DATA" && reply.hasPrefix("354")
            if verb == "STARTTLS", reply.hasPrefix("220"), let connection = channel as? ServerConnection {
                startTLS?(connection)
                return
            }
            if verb == "QUIT", !reply.isEmpty { return }
        }
    }

    private var ehloReply: String {
        let lines = ["mail.example.com"] + extensions
        return lines.enumerated().map { "250\($0 == lines.count - 1 ? " " : "-")\($1)" }.joined(separator: "\r\n")
    }

    private static let defaults = [
        "EHLO": "", "HELO": "250 mail.example.com", "STARTTLS": "220 go ahead", "AUTH": "235 welcome", "MAIL": "250 ok",
        "RCPT": "250 ok", "DATA": "354 go on", ".": "250 2.0.0 queued as 42", "QUIT": "221 bye", "RSET": "250 ok",
    ]
}

/// Something that speaks in lines: a connection, or a program's standard streams.
protocol LineChannel {
    func readLine() -> String?
    func say(_ text: String)
}

extension ServerConnection: LineChannel {
    func say(_ text: String) { send(text) }
}

extension RunningProgram: LineChannel {
    func say(_ text: String) { send(text) }
}
