package import Core

/// The service at a glance, as the page and the metrics show it.
package struct Overview: Sendable {
    /// One listing of one source.
    package struct Source: Sendable {
        package var name: String
        package var kind: ResourceKind
        /// How many resources are known, and how many of them can still change.
        package var resources: Int
        package var inFlight: Int
        package var lastSuccessAt: Timestamp?
        package var consecutiveFailures: Int
        package var lastError: String?
        /// Requests of the last hour, and the changes that they found.
        package var requestsLastHour = 0
        package var changesLastHour = 0

        package init(
            name: String, kind: ResourceKind, resources: Int = 0, inFlight: Int = 0, lastSuccessAt: Timestamp? = nil,
            consecutiveFailures: Int = 0, lastError: String? = nil
        ) {
            self.name = name
            self.kind = kind
            self.resources = resources
            self.inFlight = inFlight
            self.lastSuccessAt = lastSuccessAt
            self.consecutiveFailures = consecutiveFailures
            self.lastError = lastError
        }

        /// Follows from the other fields, so that it can never disagree with them.
        package var state: SourceState {
            if consecutiveFailures > 0 { return .failing }
            return lastSuccessAt == nil ? .notSeenYet : .ok
        }
    }

    package enum SourceState: Sendable, Hashable {
        case ok, failing, notSeenYet
    }

    package struct Delivery: Sendable {
        package var record: DeliveryRecord
        /// The notification's title.
        package var title: String

        package init(record: DeliveryRecord, title: String) {
            self.record = record
            self.title = title
        }
    }

    package struct Sink: Sendable {
        package var name: String
        package var kind: String
        package var pending: Int
        package var delivered: Int
        package var dead: Int
        package var oldestPendingAt: Timestamp?
        package var lane: LaneStatus

        package init(
            name: String, kind: String, pending: Int = 0, delivered: Int = 0, dead: Int = 0,
            oldestPendingAt: Timestamp? = nil, lane: LaneStatus = LaneStatus()
        ) {
            self.name = name
            self.kind = kind
            self.pending = pending
            self.delivered = delivered
            self.dead = dead
            self.oldestPendingAt = oldestPendingAt
            self.lane = lane
        }
    }

    /// What is kept from being told, and what is owed.
    package struct Noise: Sendable {
        /// Alerts that a sink is not told of, by reason: one for each alert and sink.
        package var held: [Hold.Reason: Int] = [:]
        /// Alerts that wait for the digest of their group, likewise.
        package var queued = 0
        /// How many ends each sink is owed, since it was told of the firing.
        package var owed: [String: Int] = [:]
        package var activeSilences = 0
        package var pendingSilences = 0
        /// Silences that last, the one that ends first in front; as many as fit.
        package var silences: [Silence] = []
        /// Why an alert that is shown is not told, in words.
        package var reasons: [AlertID: String] = [:]

        package init() {}
    }

    package var sources: [Source]
    /// Open ones, newest first; as many as fit (``AdminLimits/rows``).
    package var alerts: [AlertRecord]
    /// How many alerts are firing and pending, shown or not.
    package var firing: Int
    package var pending: Int
    /// What is held back, gathered, silenced and owed.
    package var noise: Noise
    /// Newest first; as many as fit.
    package var deliveries: [Delivery]
    package var sinks: [Sink]
    /// What else is wrong, in a sentence each, such as a rule whose condition cannot be evaluated.
    package var warnings: [String]

    package init(
        sources: [Source] = [], alerts: [AlertRecord] = [], firing: Int = 0, pending: Int = 0, noise: Noise = Noise(),
        deliveries: [Delivery] = [], sinks: [Sink] = [], warnings: [String] = []
    ) {
        self.sources = sources
        self.alerts = alerts
        self.firing = firing
        self.pending = pending
        self.noise = noise
        self.deliveries = deliveries
        self.sinks = sinks
        self.warnings = warnings
    }
}
