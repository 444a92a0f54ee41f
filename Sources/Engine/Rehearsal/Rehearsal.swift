import Core
import Store

/// Why a timeline could not be lived through: the test's own mistake, or a defect.
struct RehearsalProblem: Error, CustomStringConvertible {
    var description: String
}

/// One test, lived through: its timeline against the engine that `auspex run` has, over a store of its own, on a clock
/// that goes from one thing to the next.
struct Rehearsal {
    private let test: RuleTest
    private let around: RehearsedProcess.Surroundings
    private let doors: [String: SinkDoor]
    private var process: RehearsedProcess
    private var witness: Witness
    /// How much was written when the witness looked last.
    private var seen = -1
    /// What is under way and ends at a time, with what is then done.
    private var changes: [(at: Timestamp, change: Change)]
    /// What has become of each notification in the end.
    private(set) var deliveries: [NotificationID: [DeliveryRecord]] = [:]
    /// The alerts that are open in the end.
    private(set) var open: [AlertRecord] = []
    /// What was made by hand and is not in the store yet.
    private var silences: [Silence] = []
    /// Whether no process runs.
    private var isDown = false
    /// Whether another process takes over whenever something has happened.
    private let restartsAlways: Bool

    fileprivate enum Change {
        case begins(Given)
        case ends(Given)
    }

    /// More than any timeline needs: a rule that asks the clock every minute for a year is half a million.
    private static let mostSteps = 600_000

    init(
        _ test: RuleTest, settings: Settings, rules: [Rule], sinks: [RehearsedSink], doors: [String: SinkDoor],
        store: SQLiteStore, restartsAlways: Bool
    ) {
        self.test = test
        self.doors = doors
        self.restartsAlways = restartsAlways
        around = RehearsedProcess.Surroundings(
            settings: settings, store: store, rules: RuleBook(rules: rules, looks: .all), api: RehearsedAPI(),
            sinks: sinks,
            time: RehearsalTime(start: test.start), budgets: RehearsedBudgets())
        process = RehearsedProcess(around)
        witness = Witness(start: test.start)
        changes = test.given.flatMap { given -> [(Timestamp, Change)] in
            let begin = (test.start.advanced(by: given.at), Change.begins(given))
            guard let end = given.end else { return [begin] }
            return [begin, (test.start.advanced(by: end), Change.ends(given))]
        }
        // What ends at a time makes room for what begins then.
        changes = changes.enumerated().sorted { left, right in
            (left.element.at, left.element.change.rank, left.offset)
                < (right.element.at, right.element.change.rank, right.offset)
        }.map(\.element)
    }

    /// Lives through the timeline and returns what happened.
    mutating func run() async throws -> [Happening] {
        try await takeBaseline()
        let end = test.start.advanced(by: test.end)
        for _ in 0..<Rehearsal.mostSteps {
            let now = around.time.now
            let touched = apply(at: now)
            for silence in silences { try await process.store.add(silence) }
            silences = []
            try await step(touched)
            var next = changes.first?.at
            if !isDown, let wake = try await process.nextWake(), next.map({ wake < $0 }) ?? true { next = wake }
            guard let next, next <= end else {
                try await lookBack()
                return witness.happenings
            }
            around.time.move(to: max(next, now.advanced(by: .microseconds(1))))
        }
        throw RehearsalProblem(description: "the timeline has more than \(Rehearsal.mostSteps) steps; make it shorter")
    }

    private mutating func lookBack() async throws {
        for id in witness.happenings.compactMap(\.notification) {
            deliveries[id] = try await process.store.deliveries(of: id)
        }
        open = try await process.store.everyAlert().filter(\.isOpen)
    }

    // The world

    /// First sight: what was there before the timeline begins.
    private mutating func takeBaseline() async throws {
        for given in test.given {
            guard case .resource(let resource) = given.action, resource.isBaseline else { continue }
            around.api.put(resource, at: test.start.advanced(by: given.at))
        }
        try await process.poll { _, _ in true }
    }

    /// Everything that happens at this time; returns the listings that it happens to, nil for all.
    private mutating func apply(at now: Timestamp) -> Touched {
        var touched = Touched()
        while let (at, change) = changes.first, at <= now {
            changes.removeFirst()
            switch change {
            case .begins(let given): begin(given, at: now, &touched)
            case .ends(let given): end(given, at: now, &touched)
            }
        }
        return touched
    }

    private struct Touched {
        var listings: Set<String> = []
        var all = false

        var isNothing: Bool { !all && listings.isEmpty }

        func includes(_ source: String, _ kind: ResourceKind) -> Bool {
            all || listings.contains("\(source)/\(kind.rawValue)") || listings.contains(source)
        }
    }

    private mutating func begin(_ given: Given, at now: Timestamp, _ touched: inout Touched) {
        switch given.action {
        case .resource(let resource):
            if !resource.isBaseline { around.api.put(resource, at: now) }
            touched.listings.insert("\(resource.key.source)/\(resource.key.kind.rawValue)")
        case .gone(let key):
            around.api.remove(key)
            touched.listings.insert("\(key.source)/\(key.kind.rawValue)")
        case .api(let source, let fault):
            for name in sources(source) {
                around.api.setFault(fault, of: name)
                touched.listings.insert(name)
            }
        case .sink(let name, let fault): doors[name]?.setFault(fault)
        case .budget(let source, let level): for name in sources(source) { around.budgets.set(level, of: name) }
        case .restart:
            isDown = given.end != nil
            if !isDown { process = RehearsedProcess(around) }
            touched.all = true
        case .reload(let rules):
            around.rules.replace(with: rules)
            touched.all = true
        case .silence(let expression):
            guard let end = given.end else { return }
            silences.append(
                Silence(
                    expression: expression, startsAt: now, endsAt: test.start.advanced(by: end), author: "the test",
                    comment: "", createdAt: now))
        }
    }

    private mutating func end(_ given: Given, at now: Timestamp, _ touched: inout Touched) {
        switch given.action {
        case .api(let source, _):
            for name in sources(source) {
                around.api.setFault(nil, of: name)
                touched.listings.insert(name)
            }
        case .sink(let name, _): doors[name]?.setFault(nil)
        case .budget(let source, _): for name in sources(source) { around.budgets.set(nil, of: name) }
        case .restart:
            isDown = false
            process = RehearsedProcess(around)
            touched.all = true
        case .resource, .gone, .reload, .silence: break
        }
    }

    private func sources(_ named: String?) -> [String] {
        named.map { [$0] } ?? around.settings.sources.map(\.name)
    }

    // The process

    /// Everything that follows at this moment.
    private mutating func step(_ touched: Touched) async throws {
        guard !isDown else { return }
        let (isNews, before) = (!touched.isNothing, witness.happenings.count)
        try await process.poll(touched.includes)
        // What became of deliveries is news of the sinks, and may be said through others.
        for _ in 0...around.sinks.count {
            await process.lookAtItself()
            await process.tellWhatWaits()
            try await look()
            let written = process.store.writes
            try await process.deliver()
            if process.store.writes == written { break }
        }
        await process.lookAtItself()
        await process.tellWhatWaits()
        try await look()
        guard restartsAlways, isNews || witness.happenings.count > before else { return }
        process = RehearsedProcess(around)
        try await process.poll { _, _ in true }
        await process.lookAtItself()
        await process.tellWhatWaits()
    }
}

extension Rehearsal {
    /// Where nothing was written there is nothing to see.
    private mutating func look() async throws {
        guard process.store.writes != seen else { return }
        seen = process.store.writes
        try await witness.look(process.store, at: around.time.now)
    }
}

extension Rehearsal.Change {
    var rank: Int { if case .ends = self { 0 } else { 1 } }
}
