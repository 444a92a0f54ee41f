import Core
import Store
import TestSupport
import Testing

@Suite struct `The outbox` {
    private let alert = Sample.alert("img_1")

    @Test func `holds a delivery back while an earlier one of its alert is on its way`() async throws {
        let test = try TestStore()
        try await test.say(alert)
        try await test.say(alert, as: .resolved, sequence: 2)
        #expect(try await test.due() == ["img_1#1"])
        try await test.end(.failed(reason: "503", after: nil))
        #expect(try await test.due(at: 5) == [])
        #expect(try await test.due(at: 10) == ["img_1#1"])
        try await test.end(.delivered, at: 10)
        #expect(try await test.due(at: 10) == ["img_1#2"])
    }

    @Test func `holds back neither other alerts nor other sinks`() async throws {
        let test = try TestStore()
        try await test.say(alert, to: ["team", "ops"])
        try await test.say(alert, as: .resolved, sequence: 2, to: ["team", "ops"])
        try await test.say(Sample.alert("img_2"))
        try await test.end(.delivered, sink: "ops")
        #expect(Set(try await test.due()) == ["img_1#1", "img_2#1"])
        #expect(try await test.due("ops") == ["img_1#2"])
    }

    @Test func `gives what is due, earliest first, and not what is claimed`() async throws {
        let test = try TestStore()
        for (second, id) in ["c", "b", "a"].enumerated() { try await test.say(Sample.alert(id), at: second) }
        #expect(try await test.due(at: 1) == ["c#1", "b#1"])
        #expect(try await test.due(at: 9, limit: 2) == ["c#1", "b#1"])
        let claimed = Set(try await test.dueDeliveries(at: 1).map(\.record.id))
        let rest = try await test.store.dueDeliveries(
            sink: "team", at: Sample.at(9), limit: 1, excluding: claimed)
        #expect(rest.map { $0.notification.alerts[0].resource.id } == ["a"])
    }

    @Test func `knows when the next attempt is due`() async throws {
        let test = try TestStore()
        try await test.say(alert)
        try await test.end(.failed(reason: "503", after: nil))
        #expect(try await test.store.nextAttempt(sink: "team", after: Sample.at(0)) == Sample.at(10))
        #expect(try await test.store.nextAttempt(sink: "team", after: Sample.at(10)) == nil)
        #expect(try await test.store.nextAttempt(sink: "ops", after: Sample.at(0)) == nil)
        #expect(try await test.store.hasDueDeliveries(at: Sample.at(9)) == false)
        #expect(try await test.store.hasDueDeliveries(at: Sample.at(10)))
    }

    @Test func `gives a sink what it kept from earlier deliveries about the alert`() async throws {
        let test = try TestStore()
        try await test.say(alert)
        try await test.end(.failed(reason: "451", after: nil), kept: ["thread": "1", "try": "a"])
        try await test.end(.delivered, at: 10, kept: ["try": "b"])
        try await test.say(alert, as: .resolved, sequence: 2)
        try await test.say(Sample.alert("img_2"))
        let due = try await test.dueDeliveries(at: 10)
        #expect(due.first { $0.record.sequence == 2 }?.earlier == ["thread": "1", "try": "b"])
        #expect(due.first { $0.record.sequence == 1 }?.earlier == [:])
    }

    @Test func `counts by sink and phase`() async throws {
        let test = try TestStore()
        for (second, id) in ["a", "b", "c"].enumerated() { try await test.say(Sample.alert(id), at: second) }
        try await test.end(.delivered)
        try await test.end(.refused(reason: "410"), at: 1)
        let counts = try await test.store.deliveryCounts()["team"]
        #expect(counts?.pending == 1)
        #expect(counts?.delivered == 1)
        #expect(counts?.dead == 1)
        #expect(counts?.oldestPendingAt == Sample.at(2))
    }
}

@Suite struct `The end of what never arrived` {
    private let alert = Sample.alert("img_1")

    @Test func `is not told to a sink that refused the firing`() async throws {
        let test = try TestStore()
        try await test.say(alert)
        try await test.end(.refused(reason: "410"))
        try await test.say(alert, as: .resolved, sequence: 2)
        #expect(try await test.due(at: 99) == [])
        #expect(try await test.phases() == ["#1 dead", "#2 dead"])
    }

    @Test func `is not told when the firing dies after it was decided`() async throws {
        let test = try TestStore()
        try await test.say(alert)
        try await test.say(alert, as: .resolved, sequence: 2)
        try await test.end(.refused(reason: "410"))
        #expect(try await test.due(at: 99) == [])
        #expect(try await test.phases() == ["#1 dead", "#2 dead"])
    }

    @Test func `says why it was not sent`() async throws {
        let test = try TestStore()
        try await test.say(alert)
        try await test.end(.refused(reason: "410"))
        try await test.say(alert, as: .resolved, sequence: 2)
        let dead = try await test.store.deliveries(sink: "team", deadOnly: true, limit: 9)
        #expect(dead.contains { $0.record.lastReason?.contains("the alert's firing is in the dead letters") == true })
    }

    @Test func `is told where the firing may have arrived`() async throws {
        let test = try TestStore()
        try await test.say(alert)
        try await test.end(.unknown(reason: "no answer"), schedule: RetrySchedule(delays: []))
        try await test.say(alert, as: .resolved, sequence: 2)
        #expect(try await test.due() == ["img_1#2"])
    }

    @Test func `is told where an earlier attempt of the firing may have arrived`() async throws {
        let test = try TestStore()
        try await test.say(alert)
        try await test.end(.unknown(reason: "no answer"))
        try await test.end(.refused(reason: "400"), at: 10)
        try await test.say(alert, as: .resolved, sequence: 2, at: 20)
        #expect(try await test.due(at: 20) == ["img_1#2"])
    }

    @Test func `is told to the other sinks`() async throws {
        let test = try TestStore()
        try await test.say(alert, to: ["team", "ops"])
        try await test.end(.refused(reason: "410"))
        try await test.end(.delivered, sink: "ops")
        try await test.say(alert, as: .resolved, sequence: 2, to: ["team", "ops"])
        #expect(try await test.due() == [])
        #expect(try await test.due("ops") == ["img_1#2"])
    }

    @Test func `is told to a sink that first heard of the alert by a reminder`() async throws {
        let test = try TestStore()
        try await test.say(alert)
        try await test.end(.delivered)
        try await test.say(alert, as: .reminder, sequence: 2, to: ["team", "ops"])
        #expect(try await test.due("ops") == ["img_1#2"])
        try await test.say(alert, as: .resolved, sequence: 3, to: ["team", "ops"])
        try await test.end(.delivered, sink: "ops")
        #expect(try await test.due("ops") == ["img_1#3"])
    }

    @Test func `is told although the firing was pruned and a reminder died`() async throws {
        let test = try TestStore()
        var open = alert
        open.firedAt = Sample.at(0)
        open.owesResolve = true
        var decision = Decision()
        decision.records = [open]
        try await test.commit(decision)
        try await test.say(alert)
        try await test.end(.delivered)
        _ = try await test.store.prune(endedBefore: Sample.at(100), limit: 100)
        try await test.say(alert, as: .reminder, sequence: 2, at: 200)
        try await test.end(.refused(reason: "410"), at: 200)
        try await test.say(alert, as: .resolved, sequence: 3, at: 300)
        #expect(try await test.due(at: 300) == ["img_1#3"])
    }

    @Test func `is told although the firing's delivery was pruned long ago`() async throws {
        let test = try TestStore()
        try await test.say(alert)
        try await test.end(.delivered)
        _ = try await test.store.prune(endedBefore: Sample.at(100), limit: 100)
        try await test.say(alert, as: .resolved, sequence: 2, at: 200)
        #expect(try await test.due(at: 200) == ["img_1#2"])
    }
}

@Suite struct `A replay` {
    private let alert = Sample.alert("img_1")

    private func dead() async throws -> TestStore {
        let test = try TestStore()
        try await test.say(alert)
        try await test.end(.refused(reason: "410"))
        try await test.say(alert, as: .resolved, sequence: 2)
        return test
    }

    @Test func `sends the dead firing and then its end, in order and with their ids`() async throws {
        let test = try await dead()
        let before = try await test.store.deadDeliveries(sink: nil)
        let revived = try await test.store.replay([before[0]], at: Sample.at(50))
        #expect(Set(revived) == Set(before))
        #expect(try await test.due(at: 50) == ["img_1#1"])
        try await test.end(.delivered, at: 50)
        #expect(try await test.due(at: 50) == ["img_1#2"])
        try await test.end(.delivered, at: 50)
        #expect(try await test.phases() == ["#1 delivered", "#2 delivered"])
    }

    @Test func `of all the dead sends each once`() async throws {
        let test = try await dead()
        let all = try await test.store.deadDeliveries(sink: nil)
        #expect(all.count == 2)
        #expect(try await test.store.replay(all, at: Sample.at(50)).count == 2)
        #expect(try await test.store.deadDeliveries(sink: nil) == [])
    }

    @Test func `of what was delivered sends it again`() async throws {
        let test = try TestStore()
        try await test.say(alert)
        let record = try #require(try await test.end(.delivered))
        #expect(try await test.store.replay([record.id], at: Sample.at(50)) == [record.id])
        #expect(try await test.due(at: 50) == ["img_1#1"])
    }

    @Test func `of what is on its way or unknown does nothing`() async throws {
        let test = try TestStore()
        try await test.say(alert)
        let id = try #require(try await test.dueDeliveries().first?.record.id)
        #expect(try await test.store.replay([id, DeliveryID(rawValue: "dlv_none")], at: Sample.at(50)) == [])
    }

    @Test func `that fails again buries the end again`() async throws {
        let test = try await dead()
        _ = try await test.store.replay(try await test.store.deadDeliveries(sink: nil), at: Sample.at(50))
        try await test.end(.refused(reason: "410"), at: 50)
        #expect(try await test.phases() == ["#1 dead", "#2 dead"])
    }

    @Test func `finds the dead of one sink or of all`() async throws {
        let test = try TestStore()
        try await test.say(alert, to: ["team", "ops"])
        try await test.end(.refused(reason: "410"))
        try await test.end(.refused(reason: "410"), sink: "ops")
        #expect(try await test.store.deadDeliveries(sink: "ops").count == 1)
        #expect(try await test.store.deadDeliveries(sink: nil).count == 2)
        #expect(try await test.store.deadDeliveries(sink: "x'; DROP TABLE deliveries; --").isEmpty)
    }
}

@Suite struct `Pruning` {
    @Test func `removes what ended long ago and nothing else`() async throws {
        let test = try TestStore()
        for id in ["old", "new", "open"] { try await test.say(Sample.alert(id), at: id == "new" ? 500 : 0) }
        try await test.end(.delivered)
        try await test.end(.failed(reason: "503", after: nil))
        try await test.end(.delivered, at: 500)
        #expect(try await test.store.prune(endedBefore: Sample.at(400), limit: 100) == false)
        #expect(try await test.store.deliveries(sink: nil, deadOnly: false, limit: 9).count == 2)
    }

    @Test func `keeps open alerts and the last of each rule, so that numbers go on`() async throws {
        let test = try TestStore()
        var decision = Decision()
        for activation in 1...3 {
            var record = Sample.alert("img_1", activation: activation, phase: .resolved)
            record.firedAt = Sample.at(0)
            record.resolvedAt = Sample.at(1)
            decision.records.append(record)
        }
        var open = Sample.alert("img_2")
        open.firedAt = Sample.at(0)
        open.owesResolve = true
        decision.records.append(open)
        try await test.commit(decision)
        _ = try await test.store.prune(endedBefore: Sample.at(400), limit: 100)
        let known = try await test.store.known(source: "studio", kind: .generation, ids: ["img_1", "img_2"])
        #expect(known["img_1"]?.latest["failed"]?.activation == 3)
        #expect(known["img_2"]?.latest["failed"]?.phase == .firing)
        #expect(try await test.store.alerts(includingResolved: true, limit: 9).count == 2)
    }

    @Test func `removes a limited number at a time and says whether there is more`() async throws {
        let test = try TestStore()
        for number in 0..<5 {
            try await test.say(Sample.alert("img_\(number)"))
            try await test.end(.delivered)
        }
        #expect(try await test.store.prune(endedBefore: Sample.at(400), limit: 2))
        #expect(try await test.store.deliveries(sink: nil, deadOnly: false, limit: 9).count == 3)
        while try await test.store.prune(endedBefore: Sample.at(400), limit: 2) {}
        #expect(try await test.store.deliveries(sink: nil, deadOnly: false, limit: 9).count == 0)
    }
}
