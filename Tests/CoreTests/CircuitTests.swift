import CEL
import Core
import TestSupport
import Testing

@Suite struct `A circuit` {
    private let failure = AttemptResult(.failed(reason: "HTTP 503", after: nil))
    private let success = AttemptResult(.delivered)

    private func refusal(_ misconfiguration: Misconfiguration?) -> AttemptResult {
        AttemptResult(.refused(reason: "HTTP 4xx"), misconfiguration: misconfiguration)
    }

    private func circuit(after results: [AttemptResult], every seconds: Double = 0) -> Circuit {
        var circuit = Circuit()
        for (index, result) in results.enumerated() {
            circuit.attemptEnded(result, wasProbe: false, at: Double(index) * seconds, unit: 0)
        }
        return circuit
    }

    @Test func `stays closed after nine failures in a row, and opens after ten`() {
        #expect(circuit(after: Array(repeating: failure, count: 9)).admission(at: 0) == .all)
        let open = circuit(after: Array(repeating: failure, count: 10))
        #expect(open.state == .open)
        #expect(open.admission(at: 0) == .none(.seconds(10)))
        #expect(open.consecutiveFailures == 10)
        #expect(open.lastReason == "HTTP 503")
    }

    @Test(arguments: [AttemptResult(.delivered), AttemptResult(.refused(reason: "400 bad message"))])
    func `counts anew when the sink has answered`(answer: AttemptResult) {
        let failures = Array(repeating: failure, count: 9)
        #expect(circuit(after: failures + [answer] + failures).state == .closed)
    }

    @Test func `opens where most of many attempts fail, though never many in a row`() {
        let results = (0..<25).map { $0 % 5 == 4 ? success : failure }
        // The success at the end began before it opened.
        #expect(circuit(after: results, every: 1).state == .open)
        #expect(circuit(after: (0..<60).map { $0 % 2 == 0 ? success : failure }, every: 0.1).state == .closed)
        // As few as that in a window say nothing.
        #expect(circuit(after: results, every: 10).state == .closed)
    }

    @Test func `lets one probe through, and waits longer after each that fails`() {
        var circuit = circuit(after: Array(repeating: failure, count: 10))
        var now = 0.0
        var waits: [Double] = []
        for _ in 0..<8 {
            guard case .none(let wait) = circuit.admission(at: now) else { break }
            waits.append(wait.inSeconds)
            now += wait.inSeconds
            #expect(circuit.admission(at: now) == .probe)
            circuit.probeStarted()
            #expect(circuit.state == .halfOpen)
            #expect(circuit.admission(at: now) != .probe)
            circuit.attemptEnded(failure, wasProbe: true, at: now, unit: 0)
        }
        #expect(waits == [10, 20, 40, 80, 160, 300, 300, 300])
    }

    @Test func `closes when a probe is delivered, and forgets`() {
        var circuit = circuit(after: Array(repeating: failure, count: 10))
        circuit.probeStarted()
        circuit.attemptEnded(success, wasProbe: true, at: 10, unit: 0)
        #expect(circuit.admission(at: 10) == .all)
        #expect(circuit.consecutiveFailures == 0)
        circuit.attemptEnded(failure, wasProbe: false, at: 11, unit: 0)
        #expect(circuit.state == .closed)
    }

    @Test func `does not take the late end of an older attempt for the probe's`() {
        var circuit = circuit(after: Array(repeating: failure, count: 10))
        circuit.probeStarted()
        circuit.attemptEnded(failure, wasProbe: false, at: 11, unit: 0)
        circuit.attemptEnded(success, wasProbe: false, at: 11, unit: 0)
        #expect(circuit.state == .halfOpen)
    }

    @Test func `is paused at once by an answer that says that the sink is set up wrongly`() {
        let paused = circuit(after: [refusal(.certain)])
        #expect(paused.state == .open)
        #expect(paused.pausedReason == "HTTP 4xx")
        #expect(circuit(after: [refusal(nil), refusal(nil), refusal(nil), refusal(nil)]).pausedReason == nil)
    }

    @Test func `is paused by an answer that may concern one message only when it comes three times in a row`() {
        let likely = refusal(.likely)
        #expect(circuit(after: [likely, likely]).state == .closed)
        #expect(circuit(after: [likely, likely, success, likely, likely]).state == .closed)
        #expect(circuit(after: [likely, likely, likely]).pausedReason != nil)
    }

    @Test func `is probed ever more rarely while it is paused, as each probe costs a dead letter`() {
        var circuit = circuit(after: [refusal(.certain)])
        var waits: [Double] = []
        for _ in 0..<7 {
            guard let wait = circuit.timeToProbe(at: 0) else { break }
            waits.append(wait.inSeconds)
            circuit.probeStarted()
            circuit.attemptEnded(refusal(.certain), wasProbe: true, at: 0, unit: 0)
        }
        #expect(waits == [10, 30, 90, 270, 810, 1800, 1800])
    }

    @Test func `holds everything while the sink asks for patience, for an hour at most`() {
        func held(_ seconds: Int) -> Circuit {
            circuit(after: [AttemptResult(.throttled(after: .seconds(seconds), reason: "429"))])
        }
        #expect(held(60).admission(at: 0) == .none(.seconds(60)))
        #expect(held(60).admission(at: 60) == .all)
        #expect(held(1_000_000_000).admission(at: 0) == .none(.seconds(3600)))
        #expect(held(60).state == .closed)
    }

    @Test func `begins with a probe where it was not closed before a restart`() {
        var status = LaneStatus()
        status.circuit = .open
        status.consecutiveFailures = 12
        status.pausedReason = "HTTP 410"
        let restored = Circuit(restored: status)
        #expect(restored.admission(at: 0) == .probe)
        #expect(restored.consecutiveFailures == 12)
        #expect(restored.pausedReason == "HTTP 410")
        #expect(Circuit(restored: LaneStatus()).admission(at: 0) == .all)
    }

    @Test func `is probed at once when a person asks for a replay`() {
        var circuit = circuit(after: [refusal(.certain)])
        circuit.reprieve()
        #expect(circuit.admission(at: 0) == .probe)
    }

    @Test func `is read from the store as it was written`() throws {
        var status = LaneStatus()
        status.circuit = .halfOpen
        status.pausedReason = "HTTP 401: \"no\""
        status.since = Sample.at(5)
        status.consecutiveFailures = 3
        status.lastReason = "timeout"
        status.probeAt = Sample.at(60)
        #expect(LaneStatus(document: status.document) == status)
        #expect(LaneStatus(document: LaneStatus().document) == LaneStatus())
        for junk in ["", "[]", "{}", #"{"circuit":"ajar"}"#] { #expect(LaneStatus(document: junk) == nil) }
    }
}

@Suite struct `A digest of what waited` {
    private func item(_ number: Int, rule: String = "failed", _ reason: NotificationReason = .fired) -> DigestItem {
        DigestItem(rule: rule, reason: reason, severity: number == 3 ? .critical : .info, title: "title \(number)")
    }

    private func digest(_ items: [DigestItem], alerts: [AlertView] = []) -> AlertNotification {
        DigestComposer.digest(
            id: NotificationID(rawValue: "ntf_d"), sink: "team", items: items, alerts: alerts, at: Sample.noon)
    }

    @Test func `says how many there are by rule, and the latest of them`() {
        let items = (0..<30).map { item($0) } + [item(30, rule: "slow"), item(31, rule: "slow", .resolved)]
        let digest = digest(items)
        #expect(digest.title.plain == "Digest: 32 notifications waited for team")
        #expect(digest.text.plain.contains("- failed: 30 fired\n- slow: 1 fired, 1 resolved\n"))
        #expect(digest.text.plain.contains("- resolved: title 31"))
        #expect(digest.text.plain.hasSuffix("and 12 before them"))
        #expect(!digest.text.plain.contains("title 11\n"))
        #expect(digest.severity == .critical)
        #expect(digest.reason == .fired)
    }

    @Test func `is a resolve where all of them are`() {
        #expect(digest([item(1, .resolved), item(2, .resolved)]).reason == .resolved)
    }

    @Test func `takes what it inserts for literals`() {
        let pieces = digest([item(1, rule: "<!channel>")]).text
        #expect(pieces.contains(.literal("<!channel>")))
        #expect(pieces.contains(.literal("title 1")))
    }

    @Test func `shows each alert once, as it is now`() {
        let alert = Sample.alert("img_1")
        let fired = Sample.notification(alert).alerts
        let resolved = Sample.notification(alert, sequence: 2, reason: .resolved).alerts
        #expect(digest([item(1), item(2, .resolved)], alerts: fired + resolved).alerts.map(\.state) == ["resolved"])
    }
}
