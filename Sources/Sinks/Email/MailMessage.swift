import CEL
import Core

/// One mail as its server gets it: RFC 5322 with MIME, CRLF only, no line over 78 bytes.
///
/// All of it follows from the delivery: a second attempt sends the same bytes, and a mailbox that has the first drops
/// the copy by its Message-ID.
struct MailMessage {
    private static let subjectLimit = 200
    private static let subjectBytes = 1000

    let sender: MailAddress
    let recipient: MailAddress
    let replyTo: MailAddress?
    let delivery: OutgoingDelivery
    /// What the mails of one alert have in common; nil for the first.
    let thread: MailThread?

    /// The same for every attempt and recipient.
    static func identifier(of delivery: OutgoingDelivery, sender: MailAddress) -> String {
        let domain = sender.domain.hasPrefix("[") ? "auspex.invalid" : sender.domain
        return "<\(delivery.id.rawValue)@\(domain)>"
    }

    static func subject(of notification: AlertNotification) -> String {
        TextCut.utf8(TextCut.graphemes(Headline.plain(of: notification), limit: subjectLimit), limit: subjectBytes)
    }

    var source: [UInt8] {
        let body = MailBody(delivery.notification, isTest: delivery.isTest)
        let boundary = "=_\(delivery.id.rawValue)"
        return Array(fields(boundary).utf8) + part("text/plain", body.plain, boundary)
            + part("text/html", body.html, boundary) + Array("--\(boundary)--\r\n".utf8)
    }

    private func fields(_ boundary: String) -> String {
        let notification = delivery.notification
        var fields = HeaderText.folded("Date", MailDate.words(of: notification.timestamp))
        fields += HeaderText.field("From", sender)
        fields += HeaderText.field("To", recipient)
        if let replyTo { fields += HeaderText.field("Reply-To", replyTo) }
        fields += HeaderText.field("Subject", subject)
        fields += HeaderText.folded("Message-ID", [MailMessage.identifier(of: delivery, sender: sender)])
        if let thread {
            fields += HeaderText.folded("In-Reply-To", [thread.identifier])
            fields += HeaderText.folded("References", [thread.identifier])
        }
        fields += HeaderText.folded("Auto-Submitted", ["auto-generated"])
        fields += HeaderText.folded("X-Auto-Response-Suppress", ["All"])
        fields += HeaderText.folded("List-Id", [listIdentifier])
        if notification.severity == .critical, notification.reason != .resolved {
            fields += HeaderText.folded("Importance", ["high"])
        }
        fields += HeaderText.folded("MIME-Version", ["1.0"])
        fields += HeaderText.folded("Content-Type", ["multipart/alternative;", "boundary=\"\(boundary)\""])
        return fields + "\r\n"
    }

    /// Mail programs split a conversation whose subject changes, so an answer has the first mail's with `Re:`.
    private var subject: String {
        if let thread { return "Re: \(thread.subject)" }
        let subject = MailMessage.subject(of: delivery.notification)
        switch delivery.notification.reason {
        case .fired: return subject
        case .resolved: return "Resolved: \(subject)"
        case .reminder: return "Still firing: \(subject)"
        }
    }

    private static let longestListName = 60

    /// RFC 2919: for filters, one list for each rule.
    private var listIdentifier: String {
        var name = ""
        for byte in delivery.notification.rule.lowercased().utf8.prefix(MailMessage.longestListName) {
            let isPlain =
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            name += isPlain ? String(UnicodeScalar(byte)) : name.hasSuffix("-") ? "" : "-"
        }
        let label = name.split(separator: "-").joined(separator: "-")
        let domain = sender.domain.hasPrefix("[") ? "invalid" : sender.domain
        return "<\(label.isEmpty ? "rule" : label).auspex.\(domain)>"
    }

    private func part(_ type: String, _ text: String, _ boundary: String) -> [UInt8] {
        let fields =
            "--\(boundary)\r\nContent-Type: \(type); charset=utf-8\r\n"
            + "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        return Array(fields.utf8) + QuotedPrintable.encode(text)
    }
}

/// The first mail about an alert, which later ones answer.
struct MailThread: Equatable {
    var identifier: String
    var subject: String

    private static let identifierKey = "message_id"
    private static let subjectKey = "subject"

    init(identifier: String, subject: String) {
        self.identifier = identifier
        self.subject = subject
    }

    /// What an earlier delivery kept; nil where there was none.
    init?(kept: [String: String]) {
        guard let identifier = kept[MailThread.identifierKey], let subject = kept[MailThread.subjectKey],
            identifier.hasPrefix("<"), identifier.hasSuffix(">"),
            identifier.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { return nil }
        self.init(identifier: identifier, subject: subject)
    }

    var kept: [String: String] { [MailThread.identifierKey: identifier, MailThread.subjectKey: subject] }
}

/// Dates as mail writes them, RFC 5322 section 3.3.
enum MailDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Mon, 04 May 2026 10:00:15 +0000`, as the words of a field.
    static func words(of time: Timestamp) -> [String] {
        let (quotient, remainder) = time.seconds.quotientAndRemainder(dividingBy: 86_400)
        let day = remainder < 0 ? quotient - 1 : quotient
        let second = remainder < 0 ? remainder + 86_400 : remainder
        let date = CivilDate(daysSinceEpoch: day)
        let weekday = days[Int((day % 7 + 7) % 7)]
        let clock = [second / 3600, second / 60 % 60, second % 60].map(twoDigits).joined(separator: ":")
        let year = String(repeating: "0", count: max(0, 4 - "\(date.year)".count)) + "\(date.year)"
        return ["\(weekday),", twoDigits(date.day), months[Int(date.month) - 1], year, clock, "+0000"]
    }

    private static func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
