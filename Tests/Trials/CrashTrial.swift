package import Foundation
import SimulatedAurous

/// Runs the built program against the simulated API with flaky receivers, kills it with SIGKILL at random moments, and
/// accounts for every event: lost, doubled, doubled with another body.
package struct CrashTrial: Sendable {
    package var program: URL
    /// A folder of its own, in which the configuration and the store are made.
    package var folder: URL
    package var kills: Int
    package var seed: UInt64
    /// The most that happens at once; now and then fifteen times as much.
    package var burst = 10
    package var tell: @Sendable (String) -> Void

    package init(program: URL, folder: URL, kills: Int, seed: UInt64, tell: @escaping @Sendable (String) -> Void) {
        self.program = program
        self.folder = folder
        self.kills = kills
        self.seed = seed
        self.tell = tell
    }

    /// How long a run that waits for its moment may live.
    private static let longestLife = Duration.seconds(3)
    /// How long nothing may arrive at the end before what is missing is lost.
    private static let patience = Duration.seconds(60)
    /// Kills of runs that have nothing to read yet: while the store is made.
    private static let emptyKills = 5

    package func run() async throws -> CrashReport {
        let stage = try await CrashStage(folder: folder, seed: seed)
        let began = ContinuousClock.now
        do {
            var report = try await run(on: stage)
            report.seconds = (ContinuousClock.now - began) / .seconds(1)
            await stage.close()
            return report
        } catch {
            await stage.close()
            throw error
        }
    }

    private func run(on stage: CrashStage) async throws -> CrashReport {
        var chance = Chance(seed: seed &+ 1)
        var delivering = 0
        for number in 0..<kills {
            if number == min(CrashTrial.emptyKills, kills / 2) { try await readBaseline(on: stage) }
            let isEmpty = number < min(CrashTrial.emptyKills, kills / 2)
            stage.behave(flaky: true, down: number % 40 < 12)
            let before = stage.ledger.callbacks
            try await lifeAndDeath(on: stage, isEmpty: isEmpty, &chance)
            if stage.ledger.callbacks > before { delivering += 1 }
            if (number + 1).isMultiple(of: 50) {
                tell("\(number + 1) kills, \(stage.ledger.callbacks) callbacks, \(stage.ledger.missing.count) to come")
            }
        }
        var leftovers = try await calm(stage)
        leftovers += try await examine(stage)
        var report = stage.ledger.close()
        report.kills = kills
        report.killsWhileDelivering = delivering
        report.leftovers = leftovers
        return report
    }

    /// What is there at first is no news: the watch begins with an empty world.
    private func readBaseline(on stage: CrashStage) async throws {
        stage.behave(flaky: false, down: false)
        let once = try await auspex(["run", "--once"], stage)
        guard once.status == 0 else { throw TrialError("the first poll ended with \(once.status): \(once.text)") }
    }

    private func lifeAndDeath(on stage: CrashStage, isEmpty: Bool, _ chance: inout Chance) async throws {
        let size = Int.random(in: 0..<25, using: &chance) == 0 ? 15 * burst : Int.random(in: 0...burst, using: &chance)
        let early = isEmpty ? 0 : Int.random(in: 0...size, using: &chance)
        if !isEmpty { stage.happen(early) }
        let contender = try Contender(program, ["run"], in: folder, environment: stage.environment)
        var life = CrashTrial.longestLife
        switch Int.random(in: 0..<10, using: &chance) {
        case 0..<5: stage.trap.set(.callback, count: .random(in: 1...30, using: &chance), pid: contender.pid)
        case 5..<7: stage.trap.set(.request, count: .random(in: 1...8, using: &chance), pid: contender.pid)
        default: life = .microseconds(Int64(1000 * pow(1500, Double.random(in: 0..<1, using: &chance))))
        }
        let second = ContinuousClock.now + .milliseconds(Int.random(in: 0...400, using: &chance))
        let end = ContinuousClock.now + life
        var late = isEmpty ? 0 : size - early
        while contender.isRunning, ContinuousClock.now < end {
            if ContinuousClock.now >= second {
                stage.happen(late)
                late = 0
            }
            try await Task.sleep(for: .milliseconds(1))
        }
        stage.trap.clear()
        if !contender.isRunning, contender.status != SIGKILL {
            throw TrialError("the program ended by itself, with \(contender.status): \(contender.text.suffix(2000))")
        }
        await contender.killAndWait()
        stage.happen(late)
    }

    /// The receivers are well again; all that is owed must come. Returns what is not as it should be.
    private func calm(_ stage: CrashStage) async throws -> [String] {
        stage.behave(flaky: false, down: false)
        stage.endAll()
        let contender = try Contender(program, ["run"], in: folder, environment: stage.environment)
        var isReviewed = false
        let began = ContinuousClock.now
        while contender.isRunning {
            isReviewed = stage.reviewAll()
            let missing = stage.ledger.missing
            if isReviewed, missing.count == 0 { break }
            if missing.since > CrashTrial.patience, ContinuousClock.now - began > CrashTrial.patience { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        contender.send(SIGTERM)
        guard await contender.ended(within: .seconds(15)), contender.status == 0 else {
            await contender.killAndWait()
            return ["the last run did not end in order: \(contender.text.suffix(1000))"]
        }
        return []
    }

    /// Asks the program how it stands, and whether it has anything to say again.
    private func examine(_ stage: CrashStage) async throws -> [String] {
        var leftovers: [String] = []
        let before = stage.ledger.callbacks
        let once = try await auspex(["run", "--once"], stage)
        if once.status != 0 { leftovers.append("one more poll ended with \(once.status): \(once.text)") }
        let after = stage.ledger.callbacks
        if after != before { leftovers.append("one more poll sent \(after - before) callbacks") }
        let status = try await auspex(["status", "--json"], stage)
        let rows = (try? SimulatedJSON(parsing: Array(status.text.utf8)))?.elements ?? []
        if rows.isEmpty { leftovers.append("no status: \(status.text)") }
        for row in rows where row["type"]?.text == "sink" {
            let (pending, dead) = (row["pending"]?.integer ?? -1, row["dead"]?.integer ?? -1)
            if pending != 0 || dead != 0 {
                leftovers.append("\(row["sink"]?.text ?? "?"): \(pending) pending, \(dead) dead")
            }
        }
        return leftovers
    }

    private func auspex(_ arguments: [String], _ stage: CrashStage) async throws -> (status: Int32, text: String) {
        try await Contender.run(program, arguments, in: folder, environment: stage.environment)
    }
}

/// The trial itself cannot go on.
package struct TrialError: Error, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}
