import CEL
import Core
import TestSupport
import Testing

private func time(_ text: String) -> Timestamp { Timestamp(rfc3339: text) ?? Sample.noon }
private func end(_ mute: MuteTime..., at text: String) -> String? { MuteTime.end(of: mute, at: time(text))?.rfc3339 }

@Suite struct `A mute time` {
    private let berlin = "Europe/Berlin"

    @Test func `covers its days and hours by the wall clock of its zone`() {
        let night = MuteTime(days: [6, 0], from: 22 * 60, to: 7 * 60, zone: berlin)
        // Saturday 2026-05-02, 22:00 in Berlin is 20:00 UTC.
        #expect(end(night, at: "2026-05-02T19:59:59Z") == nil)
        #expect(end(night, at: "2026-05-02T20:00:00Z") == "2026-05-03T05:00:00Z")
        #expect(end(night, at: "2026-05-03T04:59:59Z") == "2026-05-03T05:00:00Z")
        #expect(end(night, at: "2026-05-03T05:00:00Z") == nil)
        // Sunday's night reaches into Monday, Friday's is none.
        #expect(end(night, at: "2026-05-04T03:00:00Z") == "2026-05-04T05:00:00Z")
        #expect(end(night, at: "2026-05-02T03:00:00Z") == nil)
    }

    @Test func `of whole days follows on the next, and they end together`() {
        let weekend = MuteTime(days: [6, 0], zone: berlin)
        #expect(end(weekend, at: "2026-05-02T12:00:00Z") == "2026-05-03T22:00:00Z")
        #expect(end(weekend, at: "2026-05-01T21:59:59Z") == nil)
        #expect(end(weekend, at: "2026-05-01T22:00:00Z") == "2026-05-03T22:00:00Z")
    }

    @Test func `that overlaps another ends with the later`() {
        let early = MuteTime(from: 8 * 60, to: 10 * 60)
        let late = MuteTime(from: 9 * 60 + 30, to: 12 * 60)
        #expect(end(early, late, at: "2026-05-04T08:15:00Z") == "2026-05-04T12:00:00Z")
        #expect(end(late, early, at: "2026-05-04T08:15:00Z") == "2026-05-04T12:00:00Z")
    }

    /// 2026-03-29: at 02:00 the clock in Berlin is put to 03:00, 01:00 UTC.
    @Test func `whose end is in the hour that is never shown ends when that is passed over`() {
        let mute = MuteTime(from: 60, to: 150, zone: berlin)
        #expect(end(mute, at: "2026-03-29T00:30:00Z") == "2026-03-29T01:00:00Z")
        #expect(end(mute, at: "2026-03-29T01:00:00Z") == nil)
        // The day before and after it is as long as ever.
        #expect(end(mute, at: "2026-03-28T00:30:00Z") == "2026-03-28T01:30:00Z")
        #expect(end(mute, at: "2026-03-29T23:30:00Z") == "2026-03-30T00:30:00Z")
    }

    @Test func `that begins in the hour that is never shown begins when it is passed over`() {
        let mute = MuteTime(from: 150, to: 300, zone: berlin)
        #expect(end(mute, at: "2026-03-29T00:59:59Z") == nil)
        #expect(end(mute, at: "2026-03-29T01:00:00Z") == "2026-03-29T03:00:00Z")
    }

    /// 2026-10-25: at 03:00 the clock in Berlin is put to 02:00, 01:00 UTC; 02:30 is shown twice.
    @Test func `in the hour that is shown twice is there twice`() {
        let mute = MuteTime(from: 120, to: 150, zone: berlin)
        #expect(end(mute, at: "2026-10-25T00:00:00Z") == "2026-10-25T00:30:00Z")
        #expect(end(mute, at: "2026-10-25T00:45:00Z") == nil)
        #expect(end(mute, at: "2026-10-25T01:00:00Z") == "2026-10-25T01:30:00Z")
        // One over the change lasts an hour longer by any other clock.
        let night = MuteTime(from: 22 * 60, to: 7 * 60, zone: berlin)
        #expect(end(night, at: "2026-10-24T20:00:00Z") == "2026-10-25T06:00:00Z")
    }

    /// Whatever is asked: it is muted until just before the end, and not at it.
    @Test(arguments: ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC", "+05:30"])
    func `ends where it says, through a whole year`(zone: String) {
        var random = SeededRandom(seed: 7)
        for _ in 0..<400 {
            let from = Int.random(in: 0..<1440, using: &random)
            let to = (from + Int.random(in: 1..<1440, using: &random)) % 1440
            let days = Set((0..<7).filter { _ in Bool.random(using: &random) })
            let mute = MuteTime(days: days, from: from, to: to, zone: zone)
            let now = Sample.at(Int.random(in: 0..<(366 * 86_400), using: &random))
            guard let end = MuteTime.end(of: [mute], at: now) else {
                #expect(!mute.covers(now))
                continue
            }
            #expect(mute.covers(now) && !mute.covers(end), "\(mute) at \(now.rfc3339) until \(end.rfc3339)")
            #expect(mute.covers(end.advanced(by: .milliseconds(-1))), "\(mute) at \(now.rfc3339) until \(end.rfc3339)")
        }
    }

    @Test func `that never ends is looked at again within some weeks`() {
        let always = MuteTime()
        let end = MuteTime.end(of: [always], at: Sample.noon)
        #expect(end.map { $0.duration(since: Sample.noon) > .seconds(86_400) } == true)
    }

    @Test func `knows zones by name`() {
        #expect(MuteTime.isKnown(zone: "Europe/Berlin") && MuteTime.isKnown(zone: "+02:00"))
        #expect(!MuteTime.isKnown(zone: "Europe/Berlim") && !MuteTime.isKnown(zone: ""))
    }
}
