import CEL
import Core
import TestSupport
import Testing

@Suite struct `The record that rules read` {
    private func record(
        _ json: String, _ kind: ResourceKind = .generation, isGone: Bool = false
    ) throws -> (record: CELRecord, misfits: [String]) {
        RecordBuilder.record(of: try JSON.parse(json), schema: .of(kind), isGone: isGone)
    }

    @Test func `has null for what the API left out or sent as null`() throws {
        let (record, misfits) = try record(#"{"id":"img_1","prompt":null}"#)
        #expect(record["prompt"] == .null)
        #expect(record["seed"] == .null)
        #expect(misfits == [])
    }

    @Test(arguments: ["14820", "14820.0", "1.482e4", #""14820""#, #""14820.0""#])
    func `has a whole number however it is spelt`(spelling: String) throws {
        #expect(try record(#"{"duration_ms":\#(spelling)}"#).record["duration_ms"] == .int(14_820))
    }

    @Test(arguments: ["2", "2.0", "2e0", #""2""#])
    func `has a decimal however it is spelt`(spelling: String) throws {
        #expect(try record(#"{"credits":\#(spelling)}"#, .balance).record["credits"] == .double(2))
    }

    @Test(arguments: ["1.5", #""tall""#, "true", "[]", "{}", "1e300", "18446744073709551615", #""""#])
    func `leaves out what is no whole number, and names it`(spelling: String) throws {
        let (record, misfits) = try record(#"{"width":\#(spelling)}"#)
        #expect(record["width"] == nil)
        #expect(misfits == ["width"])
    }

    @Test(arguments: [#""nan""#, #""inf""#, #""1e999""#, #""much""#, "false"])
    func `leaves out what is no decimal`(spelling: String) throws {
        #expect(try record(#"{"credits":\#(spelling)}"#, .balance).misfits == ["credits"])
    }

    @Test func `has times as timestamps, with or without fractions`() throws {
        for (text, nanoseconds) in [("2026-05-04T12:00:00Z", 0), ("2026-05-04T12:00:00.250Z", 250_000_000)] {
            let created = try record(#"{"created_at":"\#(text)"}"#).record["created_at"]
            let expected = Timestamp(clampedSeconds: Sample.noon.seconds, nanoseconds: Int64(nanoseconds))
            #expect(created == .timestamp(expected))
        }
        #expect(try record(#"{"created_at":"today"}"#).misfits == ["created_at"])
        #expect(try record(#"{"created_at":1777896000}"#).misfits == ["created_at"])
    }

    @Test func `keeps what has no documented type as it came`() throws {
        #expect(try record(#"{"video_camera_fixed":{}}"#).record["video_camera_fixed"] == .map(CELMap([])))
        #expect(try record(#"{"video_camera_fixed":true}"#).record["video_camera_fixed"] == .bool(true))
    }

    @Test func `reads what is inside objects, lists and maps by its own type`() throws {
        let json = #"{"cost":{"amount":4,"breakdown":{"base":3,"rush":"1"}},"loras":[{"id":"l","name":null}]}"#
        let (record, misfits) = try record(json)
        guard case .record(let cost)? = record["cost"] else { throw Unexpected() }
        #expect(cost["amount"] == .double(4))
        #expect(cost["breakdown"] == .map(CELMap([("base", .double(3)), ("rush", .double(1))])))
        #expect(misfits == [])
    }

    @Test func `leaves out only the part that does not fit`() throws {
        let (record, misfits) = try record(#"{"cost":{"amount":"free","currency":"credit"},"width":8}"#)
        guard case .record(let cost)? = record["cost"] else { throw Unexpected() }
        #expect(cost["amount"] == nil)
        #expect(cost["currency"] == .string("credit"))
        #expect(record["width"] == .int(8))
        #expect(misfits == ["cost.amount"])
    }

    @Test func `has not the fields that nobody documents`() throws {
        #expect(try record(#"{"surprise":1}"#).record["surprise"] == nil)
    }

    @Test func `says gone by itself, whatever the API says`() throws {
        #expect(try record(#"{"gone":"yes"}"#).record["gone"] == .bool(false))
        #expect(try record("{}", isGone: true).record["gone"] == .bool(true))
    }

    @Test func `of something that is no object has nothing, not even nulls`() throws {
        let (record, misfits) = try record("[1]")
        #expect(record["id"] == nil)
        #expect(record["completed_at"] == nil)
        #expect(misfits == ["(all)"])
    }
}

struct Unexpected: Error {}

@Suite struct `A listing that shows an older state` {
    private func observation(_ kind: ResourceKind, _ status: String, _ fields: [(String, String)] = []) -> Observation {
        Observation(
            key: Sample.key("x", kind: kind), body: Sample.json("x", status, fields), fingerprint: 0, status: status,
            observedAt: Sample.at(0))
    }

    private func snapshot(_ kind: ResourceKind, _ status: String, _ fields: [(String, String)] = []) -> Snapshot {
        var snapshot = Sample.snapshot("x", status, kind: kind)
        snapshot.body = Sample.json("x", status, fields)
        return snapshot
    }

    @Test(arguments: [
        ("succeeded", "processing", true), ("failed", "pending", true), ("processing", "pending", false),
        ("succeeded", "failed", false), ("pending", "succeeded", false), ("expired", "brand_new", true),
    ])
    func `of a generation is known by its final states`(known: String, seen: String, expected: Bool) {
        #expect(
            Staleness.isOlder(observation(.generation, seen), than: snapshot(.generation, known)) == expected)
    }

    @Test(arguments: [(-1, true), (0, false), (1, false)])
    func `of a character is known by updated_at`(moved: Int, expected: Bool) {
        let seen = observation(.character, "ready", [("updated_at", Sample.time(moved))])
        #expect(
            Staleness.isOlder(seen, than: snapshot(.character, "failed", [("updated_at", Sample.time(0))])) == expected)
    }

    @Test func `of a character without updated_at is not suspected`() {
        #expect(!Staleness.isOlder(observation(.character, "ready"), than: snapshot(.character, "failed")))
    }
}
