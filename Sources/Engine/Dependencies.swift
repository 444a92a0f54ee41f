package import Core
package import Logging
package import Store

/// What the loops need from the outside; the composition root chooses the real ones.
package struct Dependencies: Sendable {
    /// To wait: it goes on while the wall clock jumps.
    package var clock: any Clock<Duration>
    /// To stamp: the wall clock.
    package var now: @Sendable () -> Timestamp
    /// A number from 0 up to 1, for jitter.
    package var random: @Sendable () -> Double
    package var logger: Logger
    /// Is told of everything that happens, as it happens; must return at once.
    package var report: @Sendable (EngineEvent) -> Void

    package init(
        clock: any Clock<Duration>, now: @escaping @Sendable () -> Timestamp, random: @escaping @Sendable () -> Double,
        logger: Logger, report: @escaping @Sendable (EngineEvent) -> Void
    ) {
        self.clock = clock
        self.now = now
        self.random = random
        self.logger = logger
        self.report = report
    }
}

/// Something that happened, for logs, metrics and the demo's screen.
package enum EngineEvent: Sendable {
    case change(ResourceChange)
    case decided(DecidedNotification)
    case unknown(UnknownVerdict)
    case misfits(key: ResourceKey, paths: [String])
    /// A row of a page that could not be understood.
    case unreadableRow(source: String, kind: ResourceKind, id: String?, problem: String)
    case attempt(DeliveryRecord, AttemptResult, title: String)
    /// One request was made; `outcome` is a word, `waited` is how long the budget held it back.
    case requested(source: String, kind: ResourceKind, purpose: RequestPurpose, outcome: String, waited: Duration)
    /// A listing cannot be read as it should be; said once, until it is in order again.
    case oddListing(source: String, kind: ResourceKind, problem: String)
    /// Two sources turned out to be one team, and share its budget from now on.
    case sameTeam(source: String, as: String)
    /// A sink's circuit opened, is probed, or closed; or the sink turned out to be set up wrongly.
    case lane(sink: String, LaneStatus)
    /// A delivery's deadline has passed before it arrived.
    case expired(DeliveryRecord)
    /// A sink's backlog was gathered into one digest.
    case gathered(sink: String, GatheredDigest)
    /// What was held back or gathered was told to a sink.
    case said(RoutePass.Said)
    /// A listing was read without trouble; `requests` were made for it.
    case polled(source: String, kind: ResourceKind, requests: Int, rows: Int, changed: Int)
    case pollFailed(source: String, kind: ResourceKind, reason: String, isLoud: Bool, retryIn: Duration)
    case recovered(source: String, kind: ResourceKind)
    case baselined(source: String, kind: ResourceKind, resources: Int)
    case baselining(source: String, kind: ResourceKind, resources: Int)
    /// A heartbeat was sent, or its failure was told.
    case beat(sink: String, AttemptResult, isHealthy: Bool)
    case storeFailed(reason: String)
    /// Writing to the store works again.
    case storeRecovered
}
