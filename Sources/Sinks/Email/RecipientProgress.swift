import Core

/// Which recipients of one delivery have the mail, so that a further attempt sends it to nobody twice.
///
/// Kept under keys with the delivery's id in them: what an earlier delivery of the same alert kept is not this one's.
struct RecipientProgress {
    private(set) var accepted: Set<String>
    /// Refused for good. Asked again only when nobody else is left: then a person has asked for it, by a replay.
    private(set) var refused: Set<String>
    private let id: String

    init(_ delivery: OutgoingDelivery) {
        id = delivery.id.rawValue
        accepted = RecipientProgress.set(delivery.earlier["accepted.\(delivery.id.rawValue)"])
        refused = RecipientProgress.set(delivery.earlier["refused.\(delivery.id.rawValue)"])
    }

    /// Those to send to now, in the order of the configuration.
    mutating func pending(of recipients: [MailAddress]) -> [MailAddress] {
        let missing = recipients.filter { !accepted.contains($0.address) }
        let pending = missing.filter { !refused.contains($0.address) }
        guard pending.isEmpty else { return pending }
        refused = []
        return missing
    }

    mutating func recipientAccepted(_ recipient: MailAddress) { accepted.insert(recipient.address) }

    mutating func recipientRefused(_ recipient: MailAddress) { refused.insert(recipient.address) }

    /// For ``AttemptResult/kept``. Addresses have no blanks in them. Nothing once all have it: a replay is for all.
    func kept(isComplete: Bool) -> [String: String] {
        [
            "accepted.\(id)": isComplete ? "" : accepted.sorted().joined(separator: " "),
            "refused.\(id)": isComplete ? "" : refused.sorted().joined(separator: " "),
        ]
    }

    private static func set(_ text: String?) -> Set<String> {
        Set((text ?? "").split(separator: " ").map(String.init))
    }
}
