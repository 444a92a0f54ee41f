import CEL
package import Core

/// What is known of a team's bucket of requests.
package struct SourceLimits: Sendable, Equatable {
    /// The bucket's size and what was left in it, as the API last said.
    package var limit: Int?
    package var remaining: Int?
    /// How full our own share of it is, from 0 to 1.
    package var level: Double?

    package init() {}

}

/// How a source fares, put together from its listings. Pure: what it knows of before comes in as an argument.
package struct SourceState: Sendable, Equatable {
    /// One kind of resource of the source.
    package struct Listing: Sendable, Equatable {
        var health: SourceHealth.State
        var isSynced: Bool

        package init(health: SourceHealth.State, isSynced: Bool) {
            self.health = health
            self.isSynced = isSynced
        }

        /// Nil before its first poll.
        var isReachable: Bool? { health.isPolled ? health.consecutiveFailures == 0 : nil }
    }

    /// What outlasts a restart.
    package struct Memory: Sendable, Equatable {
        /// When polls began to fail, if they fail.
        var unreachableSince: Timestamp?
        var lastSuccessAt: Timestamp?

        package init(unreachableSince: Timestamp? = nil, lastSuccessAt: Timestamp? = nil) {
            self.unreachableSince = unreachableSince
            self.lastSuccessAt = lastSuccessAt
        }
    }

    /// A change of one of these is worth a row in the store.
    static let essential = ["reachable", "key_refused", "last_error_kind", "synced"]

    let name: String
    let listings: [ResourceKind: Listing]
    let isReachable: Bool
    package let memory: Memory
    let limits: SourceLimits

    /// Nil while nobody can tell: as long as none of its listings fails, all must have been polled.
    package init?(
        name: String, listings: [ResourceKind: Listing], before: Memory, limits: SourceLimits = SourceLimits()
    ) {
        let verdicts = listings.values.map(\.isReachable)
        if verdicts.contains(false) {
            isReachable = false
        } else if !verdicts.isEmpty, verdicts.allSatisfy({ $0 == true }) {
            isReachable = true
        } else {
            return nil
        }
        let began = listings.values.compactMap(\.health.failingSince).min()
        let successes = listings.values.compactMap(\.health.lastSuccessAt) + [before.lastSuccessAt].compactMap { $0 }
        memory = Memory(
            unreachableSince: isReachable ? nil : before.unreachableSince ?? began, lastSuccessAt: successes.max())
        self.name = name
        self.listings = listings
        self.limits = limits
    }

    /// The listing that fails most; what it says is what the source says.
    private var worst: SourceHealth.State? {
        listings.sorted { $0.key < $1.key }.map(\.value.health).filter { $0.consecutiveFailures > 0 }
            .max { $0.consecutiveFailures < $1.consecutiveFailures }
    }

    /// A refused key is nothing that passes, so it is said even where another listing fails more often.
    private var isKeyRefused: Bool { listings.values.contains { $0.health.failure == .authentication } }

    /// In the form in which rules look at it.
    package var sight: Sight {
        let worst = worst
        let ordered = listings.sorted { $0.key < $1.key }
        return Sight(
            status: isReachable ? "reachable" : "unreachable",
            members: [
                ("name", .string(name)),
                ("reachable", .bool(isReachable)),
                ("unreachable_since", memory.unreachableSince.json),
                ("consecutive_failures", .int(Int64(worst?.consecutiveFailures ?? 0))),
                ("last_success_at", memory.lastSuccessAt.json),
                ("last_error", (worst?.lastError).json),
                ("last_error_kind", (worst?.failure?.rawValue).json),
                ("key_refused", .bool(isKeyRefused)),
                ("rate_limit", limits.limit.json),
                ("rate_remaining", limits.remaining.json),
                ("budget_level", limits.level.map(CELValue.double) ?? .null),
                ("requests_last_hour", .int(Int64(listings.values.reduce(0) { $0 + $1.health.requestsLastHour }))),
                ("synced", .bool(listings.values.allSatisfy(\.isSynced))),
                ("listings", .map(CELMap(ordered.map { ($0.key.rawValue, $0.value.json) }))),
            ],
            essential: SourceState.essential)
    }
}

extension SourceState.Listing {
    fileprivate var json: CELValue {
        .map(
            CELMap([
                ("reachable", isReachable.map(CELValue.bool) ?? .null),
                ("consecutive_failures", .int(Int64(health.consecutiveFailures))),
                ("last_success_at", health.lastSuccessAt.json),
                ("last_error", health.lastError.json),
                ("last_error_kind", (health.failure?.rawValue).json),
                ("synced", .bool(isSynced)),
            ]))
    }
}

extension SourceState.Memory {
    /// What the stored resource remembers; nothing where it is gone.
    package init(_ snapshot: Snapshot?) {
        self.init()
        guard let snapshot, !snapshot.isGone, case .map(let members)? = try? JSON.parse(snapshot.body) else { return }
        if case .string(let text)? = members["unreachable_since"] { unreachableSince = Timestamp(rfc3339: text) }
        if case .string(let text)? = members["last_success_at"] { lastSuccessAt = Timestamp(rfc3339: text) }
    }
}
