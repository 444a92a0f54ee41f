import CEL
import Core
import Crypto
import Engine
import TestSupport

/// One story of Auspex: a world, its troubles, the processes that watch it, and what is to be said of it in the end.
final class Story {
    let plan: Plan
    let kernel: Kernel
    let team = Team()
    let api: API
    let receivers: [Receiver]
    let chronicle = Chronicle()
    let ledger = Ledger()
    private let network: Network
    private let workshop: Workshop
    private let storePath: String
    private let wall: WallClock
    private var service: Service?
    private(set) var lives = 0
    /// When processes died, and when they were told to end.
    private(set) var deaths: [Kernel.Time] = []
    private(set) var restarts = 0
    private(set) var removed: Set<String> = []
    /// When a rule was taken out of force.
    private(set) var removals: [String: [Kernel.Time]] = [:]
    private(set) var additions: [String: [Kernel.Time]] = [:]
    /// Whether the API told lies, and whether the wall clock was ever put.
    var hasLied = false
    var lastClockStep: Kernel.Time = -1

    // Safe because only the thread that drives the story touches it.
    private final class WallClock: @unchecked Sendable { var offset: Kernel.Time = 0 }

    /// `isTold` keeps the lines for people; `dyingStep` kills the process at just that step.
    init(seed: UInt64, in workshop: Workshop, isTold: Bool = false, dyingStep: Int? = nil) {
        plan = Plan(seed: seed)
        self.workshop = workshop
        let kernel = Kernel(seed: seed, isTold: isTold)
        self.kernel = kernel
        api = API(team: team, character: plan.api, kernel: kernel)
        receivers = plan.sinks.map { Receiver(name: $0, kernel: kernel) }
        network = Network(kernel: kernel, api: api, receivers: receivers)
        storePath = workshop.storePath()
        wall = WallClock()
        kernel.dyingStep = dyingStep
    }

    var end: Kernel.Time { .seconds(plan.length) }

    /// The longest that all may take to be well again once the troubles are over, in seconds: a sink that has been paused
    /// for as long as these last is probed within five minutes.
    private static let convalescence = 1500.0
    private static let glance = 15.0
    /// How long it is watched whether more is said than should be.
    private static let afterwards = 25.0

    /// Lives it through. Returns what was wrong, one line each.
    func live() -> [String] {
        do {
            Script(self).write()
            try begin()
            try troubles()
            try convalesce()
        } catch {
            chronicle.defects.append("\(error)")
        }
        if let service {
            if !service.hasEnded { _ = service.die() }
            self.service = nil
        }
        return chronicle.defects + Judge(self).findings()
    }

    // What the script does

    func setWeather(_ weather: API.Weather) {
        api.weather = weather
        if weather == .lying { hasLied = true }
        kernel.note("weather \(weather)")
    }

    func setLosses(_ losses: Int?) { network.losses = losses }

    /// Puts the wall clock.
    func stepClock(_ step: Kernel.Time) {
        wall.offset += step
        lastClockStep = kernel.now
        kernel.note("clock put by \(step.inSeconds)")
    }

    /// Another set of rules is in force.
    func reload() {
        let removable = plan.rules.filter(\.isRemovable).map(\.name)
        guard let name = removable.randomElement(using: &kernel.chance) else { return }
        if removed.remove(name) == nil {
            removed.insert(name)
            removals[name, default: []].append(kernel.now)
        } else {
            additions[name, default: []].append(kernel.now)
        }
        kernel.note("reload without \(removed.sorted())")
        guard let service, let loaded = try? load() else { return }
        service.rules.replace(with: loaded.rules)
        service.watch.rulesChanged()
    }

    /// One of the API's own webhooks arrives, true or not.
    func hint(_ body: String, isSigned: Bool) {
        guard let service, !service.hasEnded else { return }
        let time = now.seconds
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("\(time).\(body)".utf8),
            using: SymmetricKey(data: Array((isSigned ? Plan.webhookSecret : "whsec_other").utf8)))
        let hex = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let outcome = service.watch.hint(source: "studio", body: Array(body.utf8), header: "t=\(time),v1=\(hex)")
        kernel.note("hint \(body) \(outcome)")
        if (outcome == .accepted) != isSigned {
            chronicle.defects.append("a hint's signature was judged wrongly: \(outcome)")
        }
    }

    func dieAtStep(_ steps: Int) { kernel.dyingStep = kernel.steps + steps }

    func endOrderly() { isToEnd = true }
    private var isToEnd = false

    // Processes

    private var now: Timestamp { Team.time(kernel.now + wall.offset) }

    private func load() throws -> LoadedConfiguration {
        try workshop.load(plan.configuration, rules: plan.ruleFile(without: removed))
    }

    private func begin() throws {
        lives += 1
        kernel.note("life \(lives)")
        let (kernel, wall) = (kernel, wall)
        service = try Service(
            lives, try load(), storePath: storePath, kernel: kernel,
            Service.Surroundings(
                workshop: workshop, network: network, chronicle: chronicle,
                wall: { Team.time(kernel.now + wall.offset) }, temper: kernel.now < end ? temper : Disk.Temper()))
    }

    private var temper: Disk.Temper {
        var temper = Disk.Temper()
        if plan.crashes > 0 {
            temper.dyingBefore = [150, 60, 25][plan.crashes - 1]
            temper.dyingAfter = [150, 60, 25][plan.crashes - 1]
        }
        if plan.disk > 0 {
            temper.failing = 12
            temper.slowness = 900
        }
        return temper
    }

    private func troubles() throws {
        while kernel.now < end {
            switch kernel.run(until: end, or: { isToEnd }) {
            case .dying: try die()
            case .endless: throw Workshop.Failure(description: "it goes round in circles at one moment")
            case .reached where isToEnd:
                isToEnd = false
                try stop()
                try begin()
            case .reached: break
            }
        }
    }

    private func die() throws {
        kernel.isDying = false
        deaths.append(kernel.now)
        kernel.note("death of \(lives)")
        guard let ended = service?.die(), ended else {
            throw Workshop.Failure(description: "tasks go on although they were cancelled")
        }
        service = nil
        let pause = kernel.chance.pick([0, 0, 0.01, 1, 10, 40])
        _ = kernel.run(until: kernel.now + .seconds(pause))
        // The process that is to die at a step is a living one.
        kernel.isDying = false
        try begin()
    }

    /// Ends it in order, within the time that it gives itself.
    private func stop() throws {
        kernel.note("told to end")
        restarts += 1
        guard let service else { return }
        service.stop()
        let limit = Kernel.Time(roundingUp: Watch.drainLimit) + .seconds(1)
        let pause = kernel.run(until: kernel.now + limit) { service.hasEnded }
        guard service.hasEnded || pause == .dying else {
            throw Workshop.Failure(description: "it does not end although it was told to")
        }
        if pause == .dying {
            kernel.isDying = false
            deaths.append(kernel.now)
        }
        _ = service.die()
        self.service = nil
    }

    /// All troubles are over: everything that is owed must be said.
    private func convalesce() throws {
        api.weather = .fair
        network.losses = nil
        for receiver in receivers { receiver.mood = .up }
        service?.calm()
        kernel.dyingStep = nil
        kernel.note("all is well")
        let limit = kernel.now + .seconds(Story.convalescence)
        while kernel.now < limit {
            guard kernel.run(until: kernel.now + .seconds(Story.glance)) == .reached else {
                throw Workshop.Failure(description: "it goes round in circles, or dies, although all is well")
            }
            if Judge(self).isContent { break }
        }
        _ = kernel.run(until: kernel.now + .seconds(Story.afterwards))
        // What was decided last is still owed.
        while kernel.now < limit, !Judge(self).isContent { _ = kernel.run(until: kernel.now + .seconds(Story.glance)) }
        try stop()
    }
}
