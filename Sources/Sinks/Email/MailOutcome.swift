import Core
import Transport

/// What a failed mail transaction means.
///
/// | answer | outcome |
/// |---|---|
/// | 4xx | failed: the retry schedule decides; SMTP has no way to ask for a certain delay |
/// | 535 and other refusals of the login | refused, for all recipients |
/// | 5xx | refused, for this recipient |
/// | none, the message was handed over | unknown |
struct MailOutcome {
    var outcome: AttemptOutcome
    /// Whether the next recipient would meet the same.
    var concernsServer: Bool
    /// Whether every message would meet the same until the settings are mended: the login is refused.
    var isMisconfiguration = false

    init(_ error: TransportError, mask: SecretMask) {
        let reason = mask.masked(error.description)
        outcome = .failed(reason: reason, after: nil)
        concernsServer = true
        switch error.kind {
        case .mailRefused(let code, _):
            // 421: the server closes the channel, whoever the recipient is.
            concernsServer = code == 421
            if (500..<600).contains(code) { outcome = .refused(reason: reason) }
        case .loginDenied(let code, _):
            // 454 and the like are for now (RFC 4954); without a code the server offered no login we know.
            if code.map({ (500..<600).contains($0) }) ?? true {
                outcome = .refused(reason: "\(reason); check username and password")
                isMisconfiguration = true
            }
        case .refusedByPolicy:
            outcome = .refused(reason: reason)
            isMisconfiguration = true
        case .invalidRequest: outcome = .refused(reason: reason)
        default: break
        }
        if error.mayHaveBeenReceived { outcome = .unknown(reason: reason) }
    }
}

/// The outcomes of all recipients of one attempt, as one.
struct MailSummary {
    private var outcomes: [(recipient: String, outcome: AttemptOutcome)] = []
    private var answers: [String] = []

    var answer: String { answers.joined(separator: "\n") }

    mutating func add(_ outcome: AttemptOutcome, of recipient: MailAddress, answer: String) {
        outcomes.append((recipient.address, outcome))
        answers.append("\(recipient.address): \(TextNormaliser.oneLine(answer))")
    }

    /// As long as one recipient can still be reached the delivery is tried again; only then is it refused, if only
    /// for one: that somebody was never told must not go unseen.
    ///
    /// - Parameter refused: who refused for good, now or at an earlier attempt.
    func outcome(recipientCount: Int, refused: Set<String>) -> AttemptOutcome {
        let bad = outcomes.filter { $0.outcome != .delivered }
        guard let first = bad.first else {
            guard !refused.isEmpty else { return .delivered }
            return .refused(reason: "refused for good before: \(refused.sorted().joined(separator: ", "))")
        }
        let reason =
            recipientCount == 1
            ? first.outcome.reason ?? ""
            : TextCut.graphemes(
                bad.map { "\($0.recipient): \($0.outcome.reason ?? "")" }.joined(separator: "; "),
                limit: SinkLimits.reasonCharacters * 2)
        var isPending = false
        var floor: Duration?
        for (_, outcome) in bad {
            switch outcome {
            case .delivered: break
            case .refused: break
            case .throttled(let after, _): (isPending, floor) = (true, max(floor ?? .zero, after))
            case .failed(_, let after):
                isPending = true
                if let after { floor = max(floor ?? .zero, after) }
            case .unknown: return .unknown(reason: reason)
            }
        }
        return isPending ? .failed(reason: reason, after: floor) : .refused(reason: reason)
    }
}
