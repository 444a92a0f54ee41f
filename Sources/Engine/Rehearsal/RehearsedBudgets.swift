import Core
import Synchronization

/// What a test says of the rate limits; without a word everything is left.
final class RehearsedBudgets: Sendable {
    /// The bucket that the API's pages give a team.
    private static let bucket = 1200
    private let levels = Mutex<[String: Double]>([:])

    func set(_ level: Double?, of source: String) { levels.withLock { $0[source] = level } }

    func limits(of source: String) -> SourceLimits {
        let level = levels.withLock { $0[source] } ?? 1
        var limits = SourceLimits()
        limits.level = level
        limits.limit = RehearsedBudgets.bucket
        limits.remaining = Int(Double(RehearsedBudgets.bucket) * level)
        return limits
    }
}
