import Core
import TestSupport
import Testing

@Suite struct `What listings of one source have missed` {
    private let noon = Sample.noon

    private func reading() -> CatchUp { CatchUp([.generation, .character], at: 0) }

    @Test func `is told by whoever has the earlier`() {
        var catchUp = reading()
        _ = catchUp.read(.generation, first: Sample.at(10), at: 1)
        _ = catchUp.read(.character, first: Sample.at(5), at: 1)
        #expect(catchUp.turn(of: .character, moment: Sample.at(5), at: 1) == .now(until: Sample.at(10)))
        guard case .wait = catchUp.turn(of: .generation, moment: Sample.at(10), at: 1) else {
            Issue.record("it does not wait")
            return
        }
        catchUp.told(.character, next: Sample.at(20))
        #expect(catchUp.turn(of: .generation, moment: Sample.at(10), at: 1) == .now(until: Sample.at(20)))
        catchUp.ended(.character)
        #expect(catchUp.turn(of: .generation, moment: Sample.at(99), at: 1) == .now(until: nil))
    }

    @Test(arguments: [nil, 7] as [Int?], [nil, 7] as [Int?])
    func `is told by exactly one of two with the same time, or with none`(first: Int?, second: Int?) {
        var catchUp = reading()
        let moments: [ResourceKind: Timestamp?] = [
            .generation: first.map(Sample.at), .character: second.map(Sample.at),
        ]
        for (kind, moment) in moments { _ = catchUp.read(kind, first: moment, at: 0) }
        let now = moments.filter { kind, moment in
            if case .now = catchUp.turn(of: kind, moment: moment, at: 0) { true } else { false }
        }
        #expect(now.count == 1)
    }

    @Test func `waits for one that reads, but not for ever`() {
        var catchUp = reading()
        _ = catchUp.read(.generation, first: noon, at: 3)
        #expect(catchUp.turn(of: .generation, moment: noon, at: 3) == .wait(CatchUp.patience - 3))
        #expect(catchUp.turn(of: .generation, moment: noon, at: CatchUp.patience) == .now(until: nil))
        // Who has begun does not begin again with each request.
        catchUp.began(.character, at: 9)
        #expect(catchUp.turn(of: .generation, moment: noon, at: CatchUp.patience) == .now(until: nil))
    }

    @Test func `does not wait for one that fails, and wakes it when it works itself`() {
        var catchUp = reading()
        catchUp.failed(.character)
        catchUp.failed(.generation)
        catchUp.began(.generation, at: 60)
        #expect(catchUp.read(.generation, first: noon, at: 61) == [.character])
        #expect(catchUp.turn(of: .generation, moment: noon, at: 61) == .wait(CatchUp.patience))
        catchUp.failed(.character)
        #expect(catchUp.turn(of: .generation, moment: noon, at: 61) == .now(until: nil))
    }
}
