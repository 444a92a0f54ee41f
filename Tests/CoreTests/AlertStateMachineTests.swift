import CEL
import Core
import TestSupport
import Testing

@Suite struct `The state machine of an alert` {
    private func machine(
        hold: Duration? = nil, keep: Duration? = nil, repeats: Duration? = nil
    ) -> AlertStateMachine {
        AlertStateMachine(policy: AlertPolicy(hold: hold, keepFiringFor: keep, repeatInterval: repeats))
    }

    private func record() -> AlertRecord { Sample.alert("img_1", phase: .pending) }

    /// An alert that fired at noon.
    private func firing(_ machine: AlertStateMachine) -> AlertRecord {
        var alert = record()
        _ = machine.start(&alert, began: Sample.at(-10_000_000), now: Sample.at(0))
        return alert
    }

    @Test func `without a hold time fires as it starts`() {
        var alert = record()
        #expect(machine().start(&alert, began: Sample.at(-5), now: Sample.at(0)) == .fired)
        #expect(alert.phase == .firing)
        #expect(alert.since == Sample.at(-5))
        #expect(alert.firedAt == Sample.at(0))
        #expect(alert.dueAt == nil)
    }

    @Test func `with a hold time is pending first and due when that is over`() {
        var alert = record()
        #expect(machine(hold: .seconds(60)).start(&alert, began: Sample.at(0), now: Sample.at(0)) == nil)
        #expect(alert.phase == .pending)
        #expect(alert.dueAt == Sample.at(60))
        #expect(alert.firedAt == nil)
    }

    @Test func `whose condition began long before it was seen fires at once`() {
        var alert = record()
        #expect(machine(hold: .seconds(60)).start(&alert, began: Sample.at(-60), now: Sample.at(0)) == .fired)
    }

    @Test func `never begins in the future`() {
        var alert = record()
        #expect(machine(hold: .seconds(60)).start(&alert, began: Sample.at(3600), now: Sample.at(0)) == nil)
        #expect(alert.since == Sample.at(0))
        #expect(alert.dueAt == Sample.at(60))
    }

    @Test(arguments: [(59, nil), (60, AlertTransition.fired), (86_400, .fired)])
    func `fires exactly when it has held long enough, and an overdue timer as well`(
        seconds: Int, expected: AlertTransition?
    ) {
        let machine = machine(hold: .seconds(60))
        var alert = record()
        _ = machine.start(&alert, began: Sample.at(0), now: Sample.at(0))
        #expect(machine.step(&alert, verdict: .holds, now: Sample.at(seconds)) == expected)
        #expect(alert.phase == (expected == nil ? .pending : .firing))
    }

    @Test func `that fails while pending is over without a word`() {
        let machine = machine(hold: .seconds(60))
        var alert = record()
        _ = machine.start(&alert, began: Sample.at(0), now: Sample.at(0))
        #expect(machine.step(&alert, verdict: .fails, now: Sample.at(30)) == nil)
        #expect(alert.phase == .resolved)
        #expect(alert.firedAt == nil)
        #expect(alert.dueAt == nil)
    }

    @Test func `fires once however often its condition still holds`() {
        let machine = machine()
        var alert = firing(machine)
        let before = alert
        for second in 1...5 { #expect(machine.step(&alert, verdict: .holds, now: Sample.at(second)) == nil) }
        #expect(alert == before)
    }

    @Test func `resolves when its condition fails`() {
        let machine = machine()
        var alert = firing(machine)
        #expect(machine.step(&alert, verdict: .fails, now: Sample.at(7)) == .resolved)
        #expect(alert.phase == .resolved)
        #expect(alert.resolvedAt == Sample.at(7))
    }

    @Test func `is not touched by the unknown, in any phase and however late`() {
        let machine = machine(hold: .seconds(60), keep: .seconds(5), repeats: .seconds(10))
        var pending = record()
        _ = machine.start(&pending, began: Sample.at(0), now: Sample.at(0))
        var firing = firing(machine)
        var held = firing
        _ = machine.step(&held, verdict: .fails, now: Sample.at(1))
        var resolved = held
        _ = machine.end(&resolved, now: Sample.at(2))
        for var alert in [pending, firing, held, resolved] {
            let before = alert
            #expect(machine.step(&alert, verdict: .unknown(reason: "no such key"), now: Sample.at(9999)) == nil)
            #expect(alert == before)
        }
        _ = (machine.end(&pending, now: Sample.at(3)), machine.end(&firing, now: Sample.at(3)))
    }

    @Test func `that is over stays over`() {
        let machine = machine()
        var alert = firing(machine)
        _ = machine.end(&alert, now: Sample.at(1))
        let before = alert
        #expect(machine.step(&alert, verdict: .holds, now: Sample.at(2)) == nil)
        #expect(machine.step(&alert, verdict: .fails, now: Sample.at(3)) == nil)
        #expect(alert == before)
    }

    @Test func `ends with a word only where it fired`() {
        let machine = machine(hold: .seconds(60))
        var pending = record()
        _ = machine.start(&pending, began: Sample.at(0), now: Sample.at(0))
        #expect(machine.end(&pending, now: Sample.at(1)) == nil)
        var firing = firing(machine)
        #expect(machine.end(&firing, now: Sample.at(1)) == .resolved)
    }
}

@Suite struct `An alert with keep_firing_for` {
    private let machine = AlertStateMachine(
        policy: AlertPolicy(keepFiringFor: .seconds(30), repeatInterval: .seconds(100)))

    private func firing() -> AlertRecord {
        var alert = Sample.alert("img_1", phase: .pending)
        _ = machine.start(&alert, began: Sample.at(0), now: Sample.at(0))
        return alert
    }

    @Test func `goes on firing after its condition failed, then resolves`() {
        var alert = firing()
        #expect(machine.step(&alert, verdict: .fails, now: Sample.at(10)) == nil)
        #expect(alert.phase == .firing)
        #expect(alert.dueAt == Sample.at(40))
        #expect(machine.step(&alert, verdict: .fails, now: Sample.at(39)) == nil)
        #expect(machine.step(&alert, verdict: .fails, now: Sample.at(40)) == .resolved)
    }

    @Test func `says nothing of a condition that flaps`() {
        var alert = firing()
        #expect(machine.step(&alert, verdict: .fails, now: Sample.at(10)) == nil)
        #expect(machine.step(&alert, verdict: .holds, now: Sample.at(20)) == nil)
        #expect(alert.clearedAt == nil)
        #expect(machine.step(&alert, verdict: .fails, now: Sample.at(35)) == nil)
        #expect(alert.dueAt == Sample.at(65))
        #expect(machine.step(&alert, verdict: .fails, now: Sample.at(65)) == .resolved)
    }

    @Test func `gets its reminder's timer back when the condition holds again`() {
        var alert = firing()
        _ = machine.step(&alert, verdict: .fails, now: Sample.at(10))
        _ = machine.step(&alert, verdict: .holds, now: Sample.at(20))
        #expect(alert.dueAt == Sample.at(100))
    }
}

@Suite struct `An alert with repeat_interval` {
    private let machine = AlertStateMachine(policy: AlertPolicy(repeatInterval: .seconds(60)))

    private func firing() -> AlertRecord {
        var alert = Sample.alert("img_1", phase: .pending)
        _ = machine.start(&alert, began: Sample.at(0), now: Sample.at(0))
        return alert
    }

    @Test func `reminds when the interval is over and not before`() {
        var alert = firing()
        #expect(alert.dueAt == Sample.at(60))
        #expect(machine.step(&alert, verdict: .holds, now: Sample.at(59)) == nil)
        #expect(machine.step(&alert, verdict: .holds, now: Sample.at(60)) == .reminded)
        #expect(alert.dueAt == Sample.at(120))
    }

    @Test func `reminds once after a long silence, not once for each interval missed`() {
        var alert = firing()
        #expect(machine.step(&alert, verdict: .holds, now: Sample.at(100_000)) == .reminded)
        #expect(machine.step(&alert, verdict: .holds, now: Sample.at(100_001)) == nil)
    }

    @Test func `is not reminded of by a clock that went back`() {
        var alert = firing()
        #expect(machine.step(&alert, verdict: .holds, now: Sample.at(-3600)) == nil)
        #expect(alert.phase == .firing)
    }
}
