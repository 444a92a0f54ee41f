package import CEL

/// Arithmetic of instants with Swift's `Duration`; results stay within years 1 to 9999.
extension CELTimestamp {
    package func advanced(by duration: Duration) -> Timestamp {
        let (whole, attoseconds) = duration.components
        let carried = Int64(nanoseconds) + attoseconds / 1_000_000_000
        let (sum, overflow) = seconds.addingReportingOverflow(whole)
        let bounded = overflow ? (whole < 0 ? Int64.min / 2 : Int64.max / 2) : sum
        return Timestamp(clampedSeconds: bounded, nanoseconds: carried)
    }

    /// How long after `earlier` this is; negative when it is before.
    package func duration(since earlier: Timestamp) -> Duration {
        .seconds(seconds - earlier.seconds) + .nanoseconds(Int64(nanoseconds) - Int64(earlier.nanoseconds))
    }

    /// Whole microseconds since 1970, rounded down; the form in which instants are stored.
    package var microseconds: Int64 {
        seconds * 1_000_000 + Int64(nanoseconds) / 1000
    }

    /// Any number of nanoseconds, carried; the result is held within years 1 to 9999.
    package init(clampedSeconds seconds: Int64, nanoseconds: Int64) {
        var whole = seconds + nanoseconds / 1_000_000_000
        var rest = nanoseconds % 1_000_000_000
        if rest < 0 {
            rest += 1_000_000_000
            whole -= 1
        }
        self =
            Timestamp(seconds: whole, nanoseconds: Int32(rest))
            ?? Timestamp(clampingMilliseconds: whole < 0 ? .min : .max)
    }

    package init(microseconds: Int64) {
        let whole = microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
        self.init(clampedSeconds: whole, nanoseconds: (microseconds - whole * 1_000_000) * 1000)
    }
}
