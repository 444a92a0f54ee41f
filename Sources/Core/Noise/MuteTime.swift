import CEL

/// A span of the week, by the clock on the wall of some place, in which a rule's alerts are not told.
///
/// Whether it is muted follows from what that clock shows and from nothing else: an hour that is shown twice when summer
/// time ends is muted twice, and one that is never shown when it begins is not waited for.
package struct MuteTime: Sendable, Equatable {
    /// Days on which it begins, Sunday 0; what goes on past midnight belongs to the day on which it began.
    package var days: Set<Int>
    /// Minutes after midnight. Where the end is not after the beginning it is on the next day.
    package var from: Int
    package var to: Int
    /// Such as `Europe/Berlin`; one for which ``isKnown(zone:)`` holds.
    package var zone: String

    package static let everyDay = Set(0..<7)
    package static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    package static let wholeDay = 24 * 60

    package init(days: Set<Int> = everyDay, from: Int = 0, to: Int = wholeDay, zone: String = "UTC") {
        self.days = days
        self.from = from
        self.to = to
        self.zone = zone
    }

    package static func isKnown(zone: String) -> Bool { TimeZones.secondsFromUTC(zone, at: .epoch) != nil }

    /// The names of zones, for suggestions.
    package static var zoneNames: [String] { TimeZones.names }

    private static let day: Int64 = 86_400

    package func covers(_ now: Timestamp) -> Bool {
        let (day, second) = wall(at: now)
        let weekday = Int((day + 4) % 7 + 7) % 7
        if from < to { return days.contains(weekday) && second >= from * 60 && second < to * 60 }
        return (days.contains(weekday) && second >= from * 60)
            || (days.contains((weekday + 6) % 7) && second < to * 60)
    }

    /// When the mute times that cover `now` are over; nil where none does. Of times that follow on each other the last
    /// one's end, as far as the week goes.
    package static func end(of mutes: [MuteTime], at now: Timestamp) -> Timestamp? {
        var instant = now
        for _ in 0..<(2 * everyDay.count * max(mutes.count, 1)) {
            guard let mute = mutes.first(where: { $0.covers(instant) }) else { break }
            instant = mute.end(after: instant)
        }
        return instant == now ? nil : instant
    }

    /// The day since 1970 and the second of it that the wall shows.
    private func wall(at instant: Timestamp) -> (day: Int64, second: Int64) {
        let local = instant.seconds + offset(instant.seconds)
        let day = local >= 0 ? local / MuteTime.day : (local - MuteTime.day + 1) / MuteTime.day
        return (day, local - day * MuteTime.day)
    }

    private func offset(_ seconds: Int64) -> Int64 {
        TimeZones.secondsFromUTC(zone, at: Timestamp(clampedSeconds: seconds, nanoseconds: 0)) ?? 0
    }

    /// When the wall next shows the end, or has passed over it.
    private func end(after now: Timestamp) -> Timestamp {
        let (day, second) = wall(at: now)
        let isToday = from < to || second < to * 60
        let shown = (isToday ? day : day + 1) * MuteTime.day + Int64(to) * 60
        let before = offset(now.seconds)
        var end = shown - before
        let after = offset(end)
        if after != before {
            let other = shown - after
            // The end may be in an hour that is never shown: then it is when that is passed over.
            end = offset(other) == after ? other : turn(from: min(end, other), to: max(end, other), before: before)
        }
        return Timestamp(clampedSeconds: max(end, now.seconds + 1), nanoseconds: 0)
    }

    /// The instant between two at which the clock is moved.
    private func turn(from: Int64, to: Int64, before: Int64) -> Int64 {
        var (low, high) = (from, to)
        while low < high {
            let middle = low + (high - low) / 2
            if offset(middle) == before { low = middle + 1 } else { high = middle }
        }
        return high
    }
}

extension Timestamp {
    fileprivate static let epoch = Timestamp(clampedSeconds: 0, nanoseconds: 0)
}
