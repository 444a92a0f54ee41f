import CEL
import Core
import Engine
import Store
import TestSupport
import Testing

/// A source or a sink second by second: what its rules say, and what the store gets to see. Keeps what a store would.
private struct OwnTimeline {
    var engine: RuleEngine
    private var resource: OwnResource
    private var stored: KnownResource
    private var memory = SourceState.Memory()
    private var listings: [ResourceKind: SourceHealth.State] = [:]
    let kinds: [ResourceKind]
    private(set) var rows = 0
    private(set) var activations: Set<AlertID> = []

    init(_ key: ResourceKey, kinds: [ResourceKind] = [.generation], _ rules: Rule...) {
        engine = RuleEngine(rules: rules)
        self.kinds = kinds
        stored = KnownResource(snapshot: nil, latest: [:])
        resource = OwnResource(key: key, stored: nil)
        forgetPolls()
    }

    private mutating func forgetPolls() {
        for kind in kinds { listings[kind] = SourceHealth.State() }
    }

    /// All that is not in the store is gone.
    mutating func restart() {
        resource = OwnResource(key: resource.key, stored: stored)
        memory = SourceState.Memory(stored.snapshot)
        forgetPolls()
    }

    mutating func replaceRules(_ rules: Rule...) {
        engine = RuleEngine(rules: rules)
        resource.expectFreshLook()
    }

    mutating func polled(_ seconds: Int, _ kind: ResourceKind = .generation) -> [String] {
        listings[kind] = listings[kind]?.polled(at: Sample.at(seconds))
        return looks(seconds)
    }

    mutating func failed(
        _ seconds: Int, _ failure: PollFailure = .network, _ kind: ResourceKind = .generation
    ) -> [String] {
        listings[kind] = listings[kind]?.failed(reason: "no", failure: failure, at: Sample.at(seconds))
        return looks(seconds)
    }

    /// Nothing has happened; a timer may be due.
    mutating func looks(_ seconds: Int) -> [String] {
        let state = SourceState(
            name: resource.key.id, listings: listings.mapValues { .init(health: $0, isSynced: true) }, before: memory)
        guard let state else { return [] }
        memory = state.memory
        return look(state.sight, seconds)
    }

    mutating func sink(
        _ seconds: Int, pending: Int = 0, dead: Int = 0, oldest: Int? = nil,
        circuit: LaneCondition.Circuit = .closed, since: Int? = nil
    ) -> [String] {
        var lane = LaneCondition()
        lane.circuit = circuit
        lane.since = since.map(Sample.at)
        var backlog = SinkBacklog()
        (backlog.pending, backlog.dead, backlog.oldestPendingAt) = (pending, dead, oldest.map(Sample.at))
        return look(SinkState(name: "team", kind: "webhook", lane: lane, backlog: backlog).sight, seconds)
    }

    private mutating func look(_ sight: Sight, _ seconds: Int) -> [String] {
        guard let look = resource.look(sight, rules: engine, now: Sample.at(seconds)) else { return [] }
        if let commit = look.commit {
            rows += 1
            stored = stored.after(commit, id: resource.key.id)
            for id in commit.forgotten { stored.latest = stored.latest.filter { $0.value.id != id } }
        } else {
            #expect(look.decision.notifications.isEmpty, "what is said must be in the store")
        }
        resource.adopt(look)
        return look.decision.notifications.map { decided in
            activations.insert(decided.notification.alerts[0].id)
            return "\(decided.notification.reason.verb) \(decided.notification.rule)"
        }
    }

    var due: Int? { resource.nextDue.map { Int($0.duration(since: Sample.noon) / .seconds(1)) } }
    var since: Timestamp? { stored.latest.values.first { $0.isOpen }?.since }
}

private let down = Sample.rule("down", watch: .source, when: "!self.reachable", for: .seconds(300))
private let refused = Sample.rule("refused", watch: .source, when: "self.key_refused")
private let dead = Sample.rule("dead", watch: .sink, when: "self.dead > 0", sendsResolved: true)
private let late = Sample.rule(
    "late", watch: .sink, when: #"self.pending > 0 && now - self.oldest_pending_at > duration("15m")"#,
    sendsResolved: true)
private let circuit = Sample.rule("circuit", watch: .sink, when: #"self.circuit != "closed""#, for: .seconds(60))

@Suite struct `A source as a resource` {
    @Test func `that is down for five minutes fires once, just then, and resolves when polls work again`() {
        var life = OwnTimeline(.source("studio"), down)
        #expect(life.polled(0) == [])
        #expect(life.failed(10) == [])
        #expect(life.due == 310)
        #expect(life.failed(40) == [])
        #expect(life.looks(309) == [])
        #expect(life.looks(310) == ["fired down"])
        #expect(life.failed(340) == [])
        #expect(life.looks(2000) == [])
        #expect(life.polled(2010) == ["resolved down"])
        #expect(life.polled(2020) == [])
    }

    /// The time of the restart, and of the first poll after it.
    @Test(arguments: [(20, 50), (200, 210), (290, 400), (320, 350), (5000, 5010)])
    func `counts from the first failure, whenever Auspex is restarted`(at restart: Int, next: Int) {
        var life = OwnTimeline(.source("studio"), down)
        _ = life.polled(0)
        var said = life.failed(10)
        if restart > 310 { said += life.looks(310) }
        life.restart()
        // Nobody has asked the API yet, so a timer that is over says nothing.
        #expect(life.looks(restart) == [])
        said += life.failed(next)
        #expect(life.since == Sample.at(10))
        said += life.looks(max(next, 310))
        #expect(said == ["fired down"])
        #expect(life.activations.count == 1)
        life.restart()
        #expect(life.polled(9000) == ["resolved down"])
    }

    @Test func `that works again after a restart never told anybody`() {
        var life = OwnTimeline(.source("studio"), down)
        _ = life.polled(0)
        _ = life.failed(10)
        life.restart()
        #expect(life.polled(1000) == [])
        #expect(life.failed(1010) == [])
        #expect(life.looks(1200) == [])
        #expect(life.looks(1310) == ["fired down"])
    }

    @Test func `says nothing before its first poll, and nothing of a recovery before all its listings are polled`() {
        var life = OwnTimeline(.source("studio"), kinds: [.generation, .character], down)
        #expect(life.looks(0) == [])
        #expect(life.rows == 0)
        _ = life.failed(1)
        #expect(life.looks(301) == ["fired down"])
        life.restart()
        #expect(life.polled(400, .character) == [])
        #expect(life.failed(401, .network, .generation) == [])
        #expect(life.polled(500, .generation) == ["resolved down"])
    }

    @Test func `is unreachable as long as one of its listings is`() {
        var life = OwnTimeline(.source("studio"), kinds: [.generation, .character], down)
        _ = life.polled(0) + life.polled(0, .character)
        _ = life.failed(10)
        _ = life.failed(20, .serverError, .character)
        _ = life.polled(30)
        #expect(life.looks(310) == ["fired down"])
        #expect(life.polled(320, .character) == ["resolved down"])
    }

    @Test func `whose key is refused fires at its very first poll`() {
        var life = OwnTimeline(.source("studio"), refused)
        #expect(life.failed(0, .authentication) == ["fired refused"])
        #expect(life.failed(10, .authentication) == [])
        life.restart()
        #expect(life.failed(20, .authentication) == [])
        #expect(life.polled(30) == [])
        #expect(life.failed(40, .authentication) == ["fired refused"])
        #expect(life.activations.count == 2)
    }

    @Test func `is found down by a rule that is added later, since when it is down`() {
        var life = OwnTimeline(.source("studio"), refused)
        _ = life.polled(0)
        _ = life.failed(10)
        _ = life.failed(250)
        life.replaceRules(refused, down)
        #expect(life.looks(260) == [])
        #expect(life.due == 310)
        life.replaceRules(refused)
        #expect(life.looks(270) == [])
        life.replaceRules(refused, down)
        #expect(life.looks(400) == ["fired down"])
        life.replaceRules(refused)
        #expect(life.looks(401) == ["resolved down"])
    }

    @Test func `reminds, and goes on firing as long as it is told to`() {
        let flapping = Sample.rule(
            "down", watch: .source, when: "!self.reachable", keepFiringFor: .seconds(60), repeatInterval: .seconds(600),
            sendsResolved: true)
        var life = OwnTimeline(.source("studio"), flapping)
        _ = life.polled(0)
        #expect(life.failed(10) == ["fired down"])
        life.restart()
        #expect(life.failed(20) == [])
        #expect(life.looks(610) == ["still fires down"])
        #expect(life.polled(620) == [])
        #expect(life.failed(630) == [])
        #expect(life.polled(640) == [])
        #expect(life.looks(700) == ["resolved down"])
    }

    @Test func `costs a row when something is essential, and none for its counters`() {
        let stale = Sample.rule("stale", watch: .source, when: #"now - self.last_success_at > duration("1h")"#)
        var life = OwnTimeline(.source("studio"), down, stale)
        for second in 0..<1000 { _ = life.polled(second) }
        #expect(life.rows == 1)
        for second in 1000..<1200 { _ = life.failed(second) }
        #expect(life.rows == 2)
        life.restart()
        for second in 1200..<1210 { _ = life.failed(second) }
        #expect(life.rows == 2)
        #expect(life.looks(4600) == ["fired down", "fired stale"])
    }

    @Test func `tells what differs between its listings`() {
        let characters = Sample.rule(
            "characters", watch: .source,
            when: #"self.listings.character.reachable == false && self.listings.generation.reachable == true"#)
        var life = OwnTimeline(.source("studio"), kinds: [.generation, .character], characters)
        _ = life.polled(0) + life.polled(0, .character)
        #expect(life.failed(1, .serverError, .character) == ["fired characters"])
    }
}

@Suite struct `A sink as a resource` {
    @Test func `with dead letters fires once, also if they were there before, and resolves when they are gone`() {
        var life = OwnTimeline(.sink("team"), dead)
        #expect(life.sink(0, dead: 3) == ["fired dead"])
        #expect(life.sink(1, dead: 4) == [])
        life.restart()
        #expect(life.sink(2, dead: 4) == [])
        #expect(life.sink(3) == ["resolved dead"])
        #expect(life.sink(4, dead: 1) == ["fired dead"])
        #expect(life.activations.count == 2)
    }

    @Test func `whose deliveries wait fires when the oldest is fifteen minutes old`() {
        var life = OwnTimeline(.sink("team"), late)
        #expect(life.sink(0) == [])
        #expect(life.sink(10, pending: 2, oldest: 10) == [])
        #expect(life.sink(400, pending: 1, oldest: 200) == [])
        #expect(life.sink(1099, pending: 1, oldest: 200) == [])
        #expect(life.due == 1100)
        life.restart()
        #expect(life.sink(1101, pending: 1, oldest: 200) == ["fired late"])
        #expect(life.sink(1102, pending: 5, oldest: 1000) == ["resolved late"])
        #expect(life.sink(1103) == [])
    }

    @Test func `whose backlog was old before a restart is noticed after it`() {
        var life = OwnTimeline(.sink("team"), late)
        #expect(life.sink(0, pending: 1, oldest: 0) == [])
        life.restart()
        #expect(life.sink(2000, pending: 1, oldest: 0) == ["fired late"])
    }

    @Test func `whose circuit opens and tries counts as open all the time`() {
        var life = OwnTimeline(.sink("team"), circuit)
        #expect(life.sink(0) == [])
        #expect(life.sink(10, circuit: .open, since: 10) == [])
        #expect(life.sink(40, circuit: .halfOpen, since: 10) == [])
        #expect(life.sink(41, circuit: .open, since: 10) == [])
        life.restart()
        #expect(life.sink(50, circuit: .open, since: 10) == [])
        #expect(life.sink(70, circuit: .open, since: 10) == ["fired circuit"])
        #expect(life.sink(90) == ["resolved circuit"])
    }

    @Test func `that is busy writes its counters once a minute`() {
        var life = OwnTimeline(.sink("team"), dead, late)
        for second in 0..<600 { _ = life.sink(second, pending: second % 7, oldest: second - 1) }
        #expect(life.rows <= 11)
        let before = life.rows
        for second in 600..<4000 { _ = life.sink(second) }
        #expect(life.rows <= before + 1)
    }
}
