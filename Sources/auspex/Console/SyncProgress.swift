import Core
import Engine
import Glibc
import Logging
import Synchronization

/// Shows how the first reading of the listings comes along: on a terminal a line that moves, otherwise a log line now
/// and then.
///
/// The API does not say how many resources there are, so what is shown is how many were read, how fast, for how long,
/// and, of a listing that an earlier run had begun, where this one went on.
final class SyncProgress: Sendable {
    struct Listing: Sendable {
        var name: String
        var began: Double
        var first: Int
        var read: Int
        var loggedAt: Double
    }

    private let listings = Mutex<[String: Listing]>([:])
    private let logger: Logger
    private let isTerminal: Bool
    /// Seconds of a clock that does not jump.
    private let now: @Sendable () -> Double
    /// Seconds between two log lines about one listing.
    private static let rhythm = 10.0
    /// Seconds between two drawings.
    private static let frame = 0.1
    private let drawnAt = Mutex(0.0)

    init(logger: Logger, isTerminal: Bool, now: @escaping @Sendable () -> Double) {
        self.logger = logger
        self.isTerminal = isTerminal
        self.now = now
    }

    /// Takes in what the engine reports; returns whether it was about this and needs no other log line.
    func note(_ event: EngineEvent) -> Bool {
        switch event {
        case .baselining(let source, let kind, let resources):
            move("\(source) \(kind.rawValue)", to: resources)
            return true
        case .baselined(let source, let kind, _):
            listings.withLock { $0["\(source) \(kind.rawValue)"] = nil }
            draw(isLast: true)
            return false
        default: return false
        }
    }

    private func move(_ name: String, to resources: Int) {
        let now = now()
        let due = listings.withLock { listings -> Listing? in
            var listing =
                listings[name] ?? Listing(name: name, began: now, first: resources, read: resources, loggedAt: now)
            listing.read = resources
            defer { listings[name] = listing }
            guard !isTerminal, now - listing.loggedAt >= SyncProgress.rhythm else { return nil }
            listing.loggedAt = now
            return listing
        }
        if let due {
            logger.info(
                "reading what is there already",
                metadata: [
                    "listing": "\(due.name)", "resources": "\(due.read)",
                    "per_second": "\(SyncProgress.rate(due, at: now))",
                ])
        }
        draw(isLast: false)
    }

    private func draw(isLast: Bool) {
        guard isTerminal else { return }
        let now = now()
        let isDue = drawnAt.withLock { last in
            guard isLast || now - last >= SyncProgress.frame else { return false }
            last = now
            return true
        }
        guard isDue else { return }
        let current = listings.withLock { Array($0.values) }
        Console.setFooter(SyncProgress.line(current, at: now))
    }

    /// One line for all listings that are being read; nil when there are none.
    static func line(_ listings: [Listing], at now: Double) -> String? {
        guard let first = listings.min(by: { ($0.began, $0.name) < ($1.began, $1.name) }) else { return nil }
        let others = listings.count > 1 ? ", and \(Counted.text(listings.count - 1, "other listing"))" : ""
        let read = listings.reduce(0) { $0 + $1.read }
        let rate = listings.reduce(0) { $0 + SyncProgress.rate($1, at: now) }
        let seconds = Int(now - first.began)
        let spinner = ["⠋", "⠙", "⠸", "⠴", "⠦", "⠇"][Int(now / frame) % 6]
        let wentOn = listings.count == 1 && first.first > 100 ? ", went on at \(first.first)" : ""
        return "\(spinner) reading \(Table.harmless(first.name))\(others): \(read) resources, \(rate)/s, "
            + "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)\(wentOn)"
    }

    private static func rate(_ listing: Listing, at now: Double) -> Int {
        let seconds = now - listing.began
        return seconds > 0.5 ? Int(Double(listing.read - listing.first) / seconds) : 0
    }
}
