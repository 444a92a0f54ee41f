/// The delays between the attempts of a delivery; when they are used up, it is dead.
///
/// The default: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, so ten attempts over 75 hours and a half, as
/// Standard Webhooks recommends.
package struct RetrySchedule: Sendable, Equatable {
    package var delays: [Duration]

    package init(delays: [Duration]) { self.delays = delays }

    package static let standard = RetrySchedule(
        delays: [
            .seconds(5), .seconds(300), .seconds(1800), .seconds(7200), .seconds(18000), .seconds(36000),
            .seconds(50400), .seconds(72000), .seconds(86400),
        ])

    /// How much longer than scheduled a delay may become, so that retries spread. Never shorter.
    package static let jitterShare = 0.1
    /// More patience than this is not a delay but an end, whatever the sink asks.
    package static let longestFloor = Duration.seconds(366 * 86400)

    /// The wait after the `attempt`-th attempt (from 1) failed, or nil when it was the last. `unit` is a random number
    /// from 0 up to 1; `floor` is what the sink asked for.
    package func delay(afterAttempt attempt: Int, floor: Duration?, unit: Double) -> Duration? {
        guard attempt >= 1, attempt <= delays.count else { return nil }
        let scheduled = max(delays[attempt - 1], min(floor ?? .zero, RetrySchedule.longestFloor))
        return scheduled + scheduled * (unit * RetrySchedule.jitterShare)
    }
}
