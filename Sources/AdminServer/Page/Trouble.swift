import Core

/// One thing that is wrong, for the top of the page.
struct Trouble: Sendable, Equatable {
    enum Weight: Int, Sendable, Comparable {
        case notice, warning, serious

        static func < (left: Weight, right: Weight) -> Bool { left.rawValue < right.rawValue }
    }

    var weight: Weight
    var what: String
    /// Why, or the words of whoever refused; may come from outside.
    var why: String?
    /// A command that helps.
    var remedy: String?

    /// Deliveries that wait longer than this are told: the sink's circuit is open, or it is slow.
    static let longWait: Duration = .seconds(600)

    /// Everything that is wrong, the worst first.
    static func all(in overview: Overview, readiness: Readiness, now: Timestamp) -> [Trouble] {
        let found =
            overview.sources.compactMap(Trouble.init(failing:))
            + overview.sinks.compactMap { Trouble(sink: $0, now: now) }
            + alerts(overview) + overview.warnings.map { Trouble(weight: .warning, what: $0) }
        let reasons = readiness.reasons.map { Trouble(weight: .warning, what: "Not ready", why: $0) }
        // The order of equals is kept.
        return (found + reasons).enumerated().sorted {
            $0.element.weight != $1.element.weight ? $0.element.weight > $1.element.weight : $0.offset < $1.offset
        }.map(\.element)
    }

    private init(weight: Weight, what: String, why: String? = nil, remedy: String? = nil) {
        self.weight = weight
        self.what = what
        self.why = why
        self.remedy = remedy
    }

    private init?(failing source: Overview.Source) {
        guard source.state == .failing else { return nil }
        let polls = source.consecutiveFailures == 1 ? "The last poll" : "The last \(source.consecutiveFailures) polls"
        self.init(
            weight: .serious, what: "\(polls) of \(source.name)’s \(source.kind.rawValue)s failed",
            why: source.lastError)
    }

    private init?(sink: Overview.Sink, now: Timestamp) {
        if let reason = sink.lane.pausedReason {
            self.init(
                weight: .serious, what: "\(sink.name) is paused: it is set up wrongly", why: reason,
                remedy: sink.dead > 0 ? "auspex replay --dead --sink \(sink.name)" : nil)
        } else if sink.dead > 0 {
            let deliveries = sink.dead == 1 ? "1 delivery" : "\(sink.dead) deliveries"
            self.init(
                weight: .serious, what: "\(deliveries) to \(sink.name) failed for good",
                remedy: "auspex replay --dead --sink \(sink.name)")
        } else if sink.lane.circuit != .closed {
            self.init(
                weight: .warning, what: "\(sink.name) keeps failing; its deliveries wait", why: sink.lane.lastReason)
        } else if let oldest = sink.oldestPendingAt, now.duration(since: oldest) > Self.longWait {
            self.init(
                weight: .warning, what: "Deliveries to \(sink.name) do not get through",
                why: "The oldest was due \(Ages.text(now.duration(since: oldest))).")
        } else {
            return nil
        }
    }

    private static func alerts(_ overview: Overview) -> [Trouble] {
        let critical = overview.alerts.count { $0.phase == .firing && $0.severity == .critical }
        guard critical > 0 else { return [] }
        return [
            Trouble(
                weight: .serious,
                what: critical == 1 ? "1 critical alert is firing" : "\(critical) critical alerts are firing")
        ]
    }
}
