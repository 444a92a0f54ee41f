import CEL
import Core
import Store
import TestSupport

/// A store on a file of its own.
struct TestStore {
    let folder: TemporaryDirectory
    let store: SQLiteStore

    var path: String { folder.path("auspex.db") }

    init() throws { try self.init(in: TemporaryDirectory()) }

    init(in folder: TemporaryDirectory) throws {
        self.folder = folder
        store = try SQLiteStore(path: folder.path("auspex.db"), access: .watching)
    }

    /// Commits one notification about an alert to sinks.
    func say(
        _ alert: AlertRecord, as reason: NotificationReason = .fired, sequence: Int = 1, to sinks: [String] = ["team"],
        at seconds: Int = 0
    ) async throws {
        var decision = Decision()
        let notification = Sample.notification(alert, sequence: sequence, reason: reason, at: seconds)
        decision.notifications = [Sample.decided(notification, sinks: sinks, sequence: sequence)]
        try await commit(decision)
    }

    func commit(
        _ decision: Decision, progress: [ResourceKind: ListingProgress] = [:], source: String = "studio"
    ) async throws {
        try await store.commit(ObservationCommit(decision: decision, progress: progress, source: source))
    }

    /// What is due, as `img_1#2` for the second notification about the alert of a resource.
    func due(_ sink: String = "team", at seconds: Int = 0, limit: Int = 100) async throws -> [String] {
        try await dueDeliveries(sink, at: seconds, limit: limit).map { due in
            "\(due.notification.alerts[0].resource.id)#\(due.record.sequence)"
        }
    }

    func dueDeliveries(
        _ sink: String = "team", at seconds: Int = 0, limit: Int = 100
    ) async throws -> [DueDelivery] {
        try await store.dueDeliveries(sink: sink, at: Sample.at(seconds), limit: limit, excluding: [])
    }

    /// Ends the attempt of the first that is due.
    @discardableResult
    func end(
        _ outcome: AttemptOutcome, sink: String = "team", at seconds: Int = 0,
        schedule: RetrySchedule = RetrySchedule(delays: [.seconds(10)]), kept: [String: String] = [:]
    ) async throws -> DeliveryRecord? {
        guard var record = try await dueDeliveries(sink, at: seconds).first?.record else { return nil }
        record.attemptEnded(
            AttemptResult(outcome, kept: kept), schedule: schedule, at: Sample.at(seconds), unit: 0)
        try await store.record([record])
        return record
    }

    /// All deliveries of a sink, oldest first: `img_1#2 dead`.
    func phases(_ sink: String = "team") async throws -> [String] {
        let lines = try await store.deliveries(sink: sink, deadOnly: false, limit: 100)
        return lines.map(\.record).sorted { ($0.createdAt, $0.sequence) < ($1.createdAt, $1.sequence) }
            .map { "#\($0.sequence) \($0.phase.rawValue)" }
    }
}
