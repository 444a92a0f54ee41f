import AurousAPI
import CEL
import Core
import Logging
import Sinks

/// Fetches again what a notification is about.
protocol ResourceRefresher: Sendable {
    /// The notification with its resources as the API has them now. What cannot be fetched stays as it is known.
    func refreshed(_ notification: AlertNotification, at now: Timestamp) async -> AlertNotification
}

/// Asks each resource's own source, within its budget.
struct SourceRefresher: ResourceRefresher {
    /// Of a source that is still configured and watches the kind; nil for any other.
    let requests: @Sendable (_ source: String, _ kind: ResourceKind) -> SourceRequests?
    let dependencies: Dependencies

    /// Younger resources go out as they are: signed addresses live for hours.
    static let oldAge = Duration.seconds(600)
    /// How many resources of a digest are asked for, and how long that may take; the rest goes out as it is.
    static let mostResources = 20
    static let longestWait = Duration.seconds(20)

    func refreshed(_ notification: AlertNotification, at now: Timestamp) async -> AlertNotification {
        guard now.duration(since: notification.timestamp) > SourceRefresher.oldAge else { return notification }
        var wanted: [ResourceKey] = []
        for alert in notification.alerts where !alert.isGroup && !wanted.contains(alert.resource) {
            wanted.append(alert.resource)
        }
        let fetched = await fetch(Array(wanted.prefix(SourceRefresher.mostResources)))
        var result = notification
        for index in result.alerts.indices {
            if let value = fetched[result.alerts[index].resource] { result.alerts[index].current = value }
        }
        return result
    }

    private enum Step: Sendable {
        case answered(ResourceKey, CELValue?)
        case timeIsUp
    }

    private func fetch(_ keys: [ResourceKey]) async -> [ResourceKey: CELValue] {
        await withTaskGroup(of: Step.self) { group in
            for key in keys { group.addTask { .answered(key, await fetch(key)) } }
            group.addTask {
                try? await dependencies.clock.sleep(for: SourceRefresher.longestWait)
                return .timeIsUp
            }
            var fetched: [ResourceKey: CELValue] = [:]
            var left = keys.count
            // What has come by the end of the time is used.
            while left > 0, case .answered(let key, let value)? = await group.next() {
                left -= 1
                fetched[key] = value
            }
            group.cancelAll()
            return fetched
        }
    }

    private func fetch(_ key: ResourceKey) async -> CELValue? {
        guard let requests = requests(key.source, key.kind) else { return nil }
        do {
            // A resource that is gone is told as it was known.
            guard let permit = try await requests.permit(.id).permit,
                let row = try await requests.single(key.id, permit)?.rows.first
            else { return nil }
            return try? JSON.parse(Array(row.body))
        } catch {
            dependencies.logger.warning(
                "a resource could not be fetched again; the delivery goes out with what is known",
                metadata: [
                    "source": "\(key.source)", "kind": "\(key.kind.rawValue)", "resource.id": "\(key.id)",
                    "reason": "\(error)",
                ])
            return nil
        }
    }
}

/// A sink with `refresh: true`: each attempt sends its resources as they are now, where what is known has grown old.
struct RefreshingSink: Sink {
    let sink: any Sink
    let refresher: any ResourceRefresher

    var name: String { sink.name }
    var kind: String { sink.kind }

    func preview(_ delivery: OutgoingDelivery, at now: Timestamp) -> String { sink.preview(delivery, at: now) }

    func attempt(_ delivery: OutgoingDelivery, at now: Timestamp) async -> AttemptResult {
        var fresh = delivery
        if !delivery.isTest { fresh.notification = await refresher.refreshed(delivery.notification, at: now) }
        return await sink.attempt(fresh, at: now)
    }
}
