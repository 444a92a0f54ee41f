import Core
import Transport

/// What a failed publication means.
///
/// | answer | outcome |
/// |---|---|
/// | no login, not allowed to write to the topic | refused |
/// | reasons that trying again does not mend: protocol, topic, size, retain, quality, another server for good | refused |
/// | all other reasons: busy, shutting down, over a quota, … | failed |
/// | none, the message was sent | unknown |
enum MQTTOutcome {
    /// Return codes of MQTT 3.1.1 and reason codes of MQTT 5 that stay.
    private static let lasting: Set<Int> = [
        1, 2, 129, 130, 132, 133, 135, 138, 140, 144, 149, 153, 154, 155, 157,
    ]

    static func of(_ error: TransportError, mask: SecretMask) -> AttemptOutcome {
        let reason = mask.masked(error.description)
        if error.mayHaveBeenReceived { return .unknown(reason: reason) }
        switch error.kind {
        case .loginDenied: return .refused(reason: "\(reason); check username and password")
        case .brokerRefused(let code, _) where lasting.contains(code):
            return .refused(reason: [1, 132].contains(code) ? "\(reason); say version: \"3.1.1\"" : reason)
        case .invalidRequest, .refusedByPolicy: return .refused(reason: reason)
        default: return .failed(reason: reason, after: nil)
        }
    }
}
