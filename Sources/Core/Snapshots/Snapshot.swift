import CEL

/// A resource as it was last seen.
package struct Snapshot: Sendable {
    package var key: ResourceKey
    /// The JSON object as the API sent it, in UTF-8; of one that is not whole, what is left of it.
    package var body: [UInt8]
    /// Equal fingerprints mean an equal resource, signed URLs' tokens aside; the page scan computes it.
    package var fingerprint: UInt64
    /// The `status` field; empty for kinds that have none.
    package var status: String
    package var createdAt: Timestamp?
    /// When the current status began, as far as the resource's own times tell.
    package var statusSince: Timestamp
    package var firstSeen: Timestamp
    /// When this state of it was first seen.
    package var observedAt: Timestamp
    /// Absent from a complete listing and 404 by id.
    package var isGone: Bool
    /// Whether the body is all that the API sent. A generation that settled long ago is kept as id, status and
    /// `created_at`, and its fingerprint.
    package var isWhole: Bool

    package init(
        key: ResourceKey, body: [UInt8], fingerprint: UInt64, status: String, createdAt: Timestamp?,
        statusSince: Timestamp, firstSeen: Timestamp, observedAt: Timestamp, isGone: Bool, isWhole: Bool = true
    ) {
        self.key = key
        self.body = body
        self.fingerprint = fingerprint
        self.status = status
        self.createdAt = createdAt
        self.statusSince = statusSince
        self.firstSeen = firstSeen
        self.observedAt = observedAt
        self.isGone = isGone
        self.isWhole = isWhole
    }

    /// The members that a body which is not whole still has.
    package static let keptMembers: Set<String> = ["id", "status", "created_at"]

    /// The body of a snapshot that is kept without its details.
    package static func reducedBody(id: String, status: String, createdAt: Timestamp?) -> [UInt8] {
        var members: [(String, CELValue)] = [("id", .string(id)), ("status", .string(status))]
        if let createdAt { members.append(("created_at", .string(createdAt.rfc3339))) }
        return JSON.serializedBytes(.map(CELMap(members)))
    }

    /// Whether nothing more is expected of it soon: a generation in a final state, a character that waits for
    /// nobody, or anything that is gone.
    package var isSettled: Bool { isGone || Snapshot.isSettled(status: status, kind: key.kind) }

    package static func isSettled(status: String, kind: ResourceKind) -> Bool {
        switch kind {
        case .generation: ResourceSchema.settledStatuses.contains(status)
        case .character: status == "ready" || status == "failed"
        case .balance: true
        // What Auspex knows of itself costs no request, so the clock may ask for it often.
        case .source, .sink: false
        }
    }
}

/// A resource as a poll has just seen it, before it is compared with anything.
package struct Observation: Sendable {
    package var key: ResourceKey
    package var body: [UInt8]
    package var fingerprint: UInt64
    package var status: String
    /// The request by which it was seen was sent at this time.
    package var observedAt: Timestamp

    package init(key: ResourceKey, body: [UInt8], fingerprint: UInt64, status: String, observedAt: Timestamp) {
        self.key = key
        self.body = body
        self.fingerprint = fingerprint
        self.status = status
        self.observedAt = observedAt
    }
}
