import Core
import Transport

/// Mails a notification to each recipient in a transaction of its own, so that each has its own outcome.
struct EmailSink: Sink {
    let name: String
    let kind = "email"
    let mail: any MailTransport
    let settings: EmailSettings
    let hostName: String
    let mask: SecretMask

    func preview(_ delivery: OutgoingDelivery, at now: Timestamp) -> String {
        let delivery = redacted(delivery)
        let lines = settings.recipients.map { recipient in
            curlCommandLine(for: transaction(delivery, to: recipient), masking: [])
        }
        return mask.masked(lines.joined(separator: "\n"))
    }

    func attempt(_ delivery: OutgoingDelivery, at now: Timestamp) async -> AttemptResult {
        let delivery = redacted(delivery)
        var progress = RecipientProgress(delivery)
        var summary = MailSummary()
        var misconfiguration: Misconfiguration?
        for recipient in progress.pending(of: settings.recipients) {
            do throws(TransportError) {
                let reply = try await mail.send(transaction(delivery, to: recipient))
                progress.recipientAccepted(recipient)
                summary.add(.delivered, of: recipient, answer: "\(reply.code) \(reply.text)")
            } catch {
                let verdict = MailOutcome(error, mask: mask)
                summary.add(verdict.outcome, of: recipient, answer: error.description)
                if verdict.isMisconfiguration { misconfiguration = .certain }
                if verdict.concernsServer { break }
                if case .refused = verdict.outcome { progress.recipientRefused(recipient) }
            }
        }
        let outcome = summary.outcome(recipientCount: settings.recipients.count, refused: progress.refused)
        var kept = progress.kept(isComplete: outcome == .delivered)
        if delivery.notification.reason == .fired {
            let thread = MailThread(
                identifier: MailMessage.identifier(of: delivery, sender: settings.sender),
                subject: MailMessage.subject(of: delivery.notification))
            kept.merge(thread.kept) { _, new in new }
        }
        return AttemptResult(
            outcome, answer: Answer.excerpt(mask.masked(summary.answer)), kept: kept, misconfiguration: misconfiguration
        )
    }

    private func transaction(_ delivery: OutgoingDelivery, to recipient: MailAddress) -> MailTransaction {
        MailTransaction(
            server: settings.server, heloName: hostName, username: settings.username,
            password: settings.password?.reveal(), sender: settings.sender.address, recipient: recipient.address,
            message: message(delivery, to: recipient).source, security: settings.security,
            trust: settings.connection.trust, timeouts: settings.connection.timeouts,
            destination: settings.connection.destination)
    }

    private func redacted(_ delivery: OutgoingDelivery) -> OutgoingDelivery {
        var delivery = delivery
        delivery.notification = settings.redaction.apply(to: delivery.notification)
        return delivery
    }

    private func message(_ delivery: OutgoingDelivery, to recipient: MailAddress) -> MailMessage {
        let thread = delivery.notification.reason == .fired ? nil : MailThread(kept: delivery.earlier)
        return MailMessage(
            sender: settings.sender, recipient: recipient, replyTo: settings.replyTo, delivery: delivery,
            thread: thread)
    }
}

extension SinkKind {
    static let email = SinkKind(
        name: "email",
        summary: "mails each recipient over SMTP",
        settings: [
            SettingDeclaration(
                "server", .text, isRequired: true,
                "smtps://HOST, or smtp://HOST:587, which must offer STARTTLS unless it is this machine"),
            SettingDeclaration("username", .text, "the login, with password"),
            SettingDeclaration("password", .text, isSecret: true, "the login's password"),
            SettingDeclaration(
                "from", .text, isRequired: true, "the sender: auspex@example.com or Auspex <auspex@example.com>"),
            SettingDeclaration(
                "to", .textList, isRequired: true, "one or several recipients; each gets a mail of its own"),
            SettingDeclaration("reply_to", .text, "where answers go"),
        ] + ConnectionSettings.trustDeclarations,
        make: { (configuration, services) throws(SinkConfigurationError) in
            let settings = try EmailSettings(configuration)
            var secrets = settings.connection.secrets
            if let password = settings.password?.reveal() { secrets.append(password) }
            return EmailSink(
                name: configuration.name, mail: services.mail, settings: settings, hostName: services.hostName,
                mask: SecretMask(secrets))
        })
}
