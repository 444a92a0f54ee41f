import CEL
import Core
import TestSupport
import Testing

/// What was said stays said, under ids that receivers remember, while the store forgets.
@Suite struct `A copy of the store that took its place` {
    private let failed = Sample.rule("failed", when: #"self.status == "failed""#)
    private let rejected = Sample.rule("rejected", watch: .character, when: #"self.status == "failed""#)

    private func updated(_ seconds: Int) -> [(String, String)] {
        [("updated_at", "\"\(Sample.at(seconds).rfc3339)\"")]
    }

    @Test func `repeats what is in doubt under the ids that it had`() {
        var line = Timeline(failed)
        #expect(line.at(0, sees: "img_1", "processing") == [])
        let copy = line
        let end = [("completed_at", "\"\(Sample.at(9).rfc3339)\"")]
        #expect(line.at(10, sees: "img_1", "failed", end) == ["fired failed img_1"])
        line.at(20, restores: copy)
        // Swallowed: receivers know the id.
        #expect(line.at(21, sees: "img_1", "failed", end) == [])
        #expect(line.last.notifications.count == 1)
    }

    @Test func `never gives something new the id of what was told meanwhile`() {
        var line = Timeline(rejected)
        #expect(line.at(0, sees: "char_1", "ready", updated(0), kind: .character) == [])
        let copy = line
        #expect(line.at(10, sees: "char_1", "failed", updated(10), kind: .character) == ["fired rejected char_1"])
        #expect(line.at(12, sees: "char_1", "ready", updated(12), kind: .character) == [])
        line.at(20, restores: copy)
        #expect(line.at(21, sees: "char_1", "ready", updated(12), kind: .character) == [])
        #expect(line.at(30, sees: "char_1", "failed", updated(30), kind: .character) == ["fired rejected char_1 #1001"])
        #expect(line.at(32, sees: "char_1", "ready", updated(32), kind: .character) == [])
        #expect(line.at(40, sees: "char_1", "failed", updated(40), kind: .character) == ["fired rejected char_1 #1002"])
    }

    @Test func `goes on with what is open in it under its number`() {
        let stuck = Sample.rule("stuck", watch: .character, when: #"self.status == "reviewing""#, for: .seconds(5))
        var line = Timeline(stuck)
        #expect(line.at(0, sees: "char_1", "reviewing", updated(0), kind: .character) == [])
        let copy = line
        #expect(line.at(6, looksAt: "char_1", kind: .character) == ["fired stuck char_1"])
        line.at(20, restores: copy)
        #expect(line.at(21, looksAt: "char_1", kind: .character) == [])
        #expect(line.last.notifications.count == 1)
        #expect(line.at(30, sees: "char_1", "ready", updated(30), kind: .character) == ["resolved stuck char_1"])
    }
}
