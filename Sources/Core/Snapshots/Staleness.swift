import CEL

/// Tells an older state of a resource from a newer one: while rows shift, a listing can show both.
package enum Staleness {
    /// Whether what was seen is certainly older than the snapshot: a generation's final states never change again, and
    /// a character's `updated_at` never goes back.
    package static func isOlder(_ observation: Observation, than snapshot: Snapshot) -> Bool {
        isOlder(
            status: observation.status, body: observation.body, than: snapshot.status, body: snapshot.body,
            kind: snapshot.key.kind)
    }

    /// The same of two states, by their statuses and JSON.
    package static func isOlder(
        status: String, body: [UInt8], than otherStatus: String, body otherBody: [UInt8], kind: ResourceKind
    ) -> Bool {
        switch kind {
        case .generation:
            return Snapshot.isSettled(status: otherStatus, kind: .generation)
                && !Snapshot.isSettled(status: status, kind: .generation)
        case .character:
            guard let before = updatedAt(otherBody), let after = updatedAt(body) else { return false }
            return after < before
        case .balance, .source, .sink: return false
        }
    }

    private static func updatedAt(_ body: [UInt8]) -> Timestamp? {
        guard case .map(let members)? = try? JSON.parse(body), case .string(let text)? = members["updated_at"] else {
            return nil
        }
        return Timestamp(rfc3339: text)
    }
}
