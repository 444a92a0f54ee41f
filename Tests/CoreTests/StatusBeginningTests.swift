import CEL
import Core
import TestSupport
import Testing

/// A row of the table in `StatusBeginning`.
private struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var kind: ResourceKind
    var before: String?
    var after: String
    var expected: Int
}

@Suite struct `When a status began` {
    private static let cases = [
        Case(
            testDescription: "character, first seen: updated_at", kind: .character, before: nil,
            after: #""created_at":\#(Sample.time(-90)),"updated_at":\#(Sample.time(-30))"#, expected: -30),
        Case(
            testDescription: "character, first seen without updated_at: created_at", kind: .character, before: nil,
            after: #""created_at":\#(Sample.time(-90))"#, expected: -90),
        Case(
            testDescription: "character, first seen without times: now", kind: .character, before: nil, after: "",
            expected: 0),
        Case(
            testDescription: "character, changed, updated_at moved", kind: .character,
            before: #""updated_at":\#(Sample.time(-90))"#, after: #""updated_at":\#(Sample.time(-7))"#, expected: -7),
        Case(
            testDescription: "character, changed, updated_at stood still: now", kind: .character,
            before: #""updated_at":\#(Sample.time(-90))"#, after: #""updated_at":\#(Sample.time(-90))"#, expected: 0),
        Case(
            testDescription: "final generation, first seen: completed_at", kind: .generation, before: nil,
            after: #""created_at":\#(Sample.time(-90)),"completed_at":\#(Sample.time(-20))"#, expected: -20),
        Case(
            testDescription: "final generation, first seen without completed_at: created_at", kind: .generation,
            before: nil, after: #""created_at":\#(Sample.time(-90))"#, expected: -90),
        Case(
            testDescription: "final generation, changed: completed_at", kind: .generation, before: "",
            after: #""created_at":\#(Sample.time(-90)),"completed_at":\#(Sample.time(-3))"#, expected: -3),
        Case(
            testDescription: "final generation, changed without completed_at: now", kind: .generation, before: "",
            after: #""created_at":\#(Sample.time(-90))"#, expected: 0),
        Case(
            testDescription: "a clock ahead of ours: now", kind: .generation, before: nil,
            after: #""completed_at":\#(Sample.time(3600))"#, expected: 0),
        Case(
            testDescription: "a time that is no time: now", kind: .character, before: nil,
            after: #""updated_at":"yesterday","created_at":17"#, expected: 0),
    ]

    @Test(arguments: cases)
    fileprivate func `follows the resource's own times`(_ row: Case) throws {
        let status = row.kind == .generation ? "failed" : "reviewing"
        let previous = try row.before.map { (try record($0, row.kind), Sample.at(-60)) }
        let began = StatusBeginning.time(
            of: try record(row.after, row.kind), kind: row.kind,
            isSettled: Snapshot.isSettled(status: status, kind: row.kind), previous: previous, now: Sample.at(0))
        #expect(began == Sample.at(row.expected))
    }

    @Test func `of a generation in flight is its creation at first sight and now after a change`() throws {
        let seen = try record(#""created_at":\#(Sample.time(-90))"#, .generation)
        let first = StatusBeginning.time(
            of: seen, kind: .generation, isSettled: false, previous: nil, now: Sample.at(0))
        #expect(first == Sample.at(-90))
        let changed = StatusBeginning.time(
            of: seen, kind: .generation, isSettled: false, previous: (seen, Sample.at(-90)), now: Sample.at(0))
        #expect(changed == Sample.at(0))
    }

    @Test func `is not before the status that it follows`() throws {
        let before = try record(#""updated_at":\#(Sample.time(-90))"#, .character)
        let after = try record(#""updated_at":\#(Sample.time(-80))"#, .character)
        let began = StatusBeginning.time(
            of: after, kind: .character, isSettled: false, previous: (before, Sample.at(-60)), now: Sample.at(0))
        #expect(began == Sample.at(0))
    }

    private func record(_ members: String, _ kind: ResourceKind) throws -> CELRecord {
        RecordBuilder.record(of: try JSON.parse("{\(members)}"), schema: .of(kind)).record
    }
}
