import Core
import TestSupport

/// Writes what happens in a story beside Auspex: into the kernel's events, before it begins.
struct Script {
    private let story: Story
    private let plan: Plan
    private let kernel: Kernel
    private let team: Team

    init(_ story: Story) {
        self.story = story
        plan = story.plan
        kernel = story.kernel
        team = story.team
    }

    func write() {
        past()
        births()
        characters()
        if plan.watch.contains(.balance) {
            often(3) { [self] in team.set(credits: Int.random(in: 0...100, using: &kernel.chance), at: kernel.now) }
        }
        troubles()
        if plan.hasHints { often(12, hint) }
        if plan.hasReloads { often(3) { [self] in story.reload() } }
        if plan.hasClockSteps { often(2, clockStep) }
    }

    private var end: Kernel.Time { story.end }
    private func moment() -> Kernel.Time { .random(in: 0..<end, using: &kernel.chance) }

    /// About so many times, at any moment.
    private func often(_ count: Int, _ action: @escaping () -> Void) {
        for _ in 0..<Int.random(in: 1...max(1, 2 * count - 1), using: &kernel.chance) { kernel.at(moment(), action) }
    }

    // The world

    private func past() {
        for number in 0..<plan.generations {
            let status = kernel.chance.pick(["failed", "succeeded", "processing", "pending"])
            let age = Kernel.Time.seconds(Double(plan.generations - number) * 7)
            team.make(.generation, number: number, status: status, created: -age, at: -age)
            if status == "processing" || status == "pending" { finish("img_\(number)", after: 0) }
        }
        for number in 0..<plan.characters {
            let age = Kernel.Time.seconds(Double(plan.characters - number) * 31)
            team.make(
                .character, number: number,
                status: kernel.chance.pick(["reviewing", "ready", "failed", "synthesizing"]),
                created: -age, at: -age)
        }
    }

    private func births() {
        guard plan.watch.contains(.generation) else { return }
        var number = 1000
        for _ in 0..<Int.random(in: 2...14, using: &kernel.chance) {
            let together = kernel.chance.oneIn(8) ? 12 : 1
            let birth = moment()
            for _ in 0..<together {
                number += 1
                let own = number
                kernel.at(birth + .milliseconds(own % 100)) { [self] in
                    team.make(.generation, number: own, status: "pending", created: kernel.now, at: kernel.now)
                }
                finish("img_\(own)", after: birth + .milliseconds(100))
            }
        }
    }

    /// Lets a generation go on to its end, unless it hangs for ever.
    private func finish(_ id: String, after birth: Kernel.Time) {
        let begins = birth + .seconds(Double.random(in: 0.2...5, using: &kernel.chance))
        kernel.at(begins) { [self] in team.turn(id, "processing", at: kernel.now) }
        guard !kernel.chance.oneIn(8) else { return }
        let takes =
            kernel.chance.oneIn(4)
            ? Double.random(in: 50...90, using: &kernel.chance) : .random(in: 1...30, using: &kernel.chance)
        let status = kernel.chance.pick(["failed", "succeeded", "cancelled", "failed"])
        kernel.at(begins + .seconds(takes)) { [self] in team.turn(id, status, at: kernel.now) }
        guard kernel.chance.oneIn(10) else { return }
        kernel.at(begins + .seconds(takes + 30)) { [self] in team.delete(id, at: kernel.now) }
    }

    private func characters() {
        for number in 0..<plan.characters {
            let id = "char_\(number)"
            // Most change seldom, some all the time.
            let count = kernel.chance.oneIn(4) ? 12 : Int.random(in: 0...3, using: &kernel.chance)
            for _ in 0..<count {
                let status = kernel.chance.pick(["reviewing", "reviewing", "ready", "failed", "synthesizing"])
                kernel.at(moment()) { [self] in
                    if team.things[id]?.status != status { team.turn(id, status, at: kernel.now) }
                }
            }
            if kernel.chance.oneIn(8) { kernel.at(moment()) { [self] in team.delete(id, at: kernel.now) } }
        }
    }

    // The troubles

    private func troubles() {
        for _ in 0..<[0, 2, 5, 9][plan.weather] {
            let weather = kernel.chance.pick(API.Weather.allCases)
            kernel.at(moment()) { [self] in story.setWeather(weather) }
            kernel.at(moment()) { [self] in story.setWeather(.fair) }
        }
        for receiver in story.receivers {
            for _ in 0..<[0, 1, 3, 6][plan.moods] {
                let mood = kernel.chance.pick(Receiver.Mood.allCases)
                kernel.at(moment()) { [self] in
                    receiver.mood = mood
                    kernel.note("sink \(receiver.name) is \(mood)")
                }
                kernel.at(moment()) { receiver.mood = .up }
            }
        }
        if plan.api.burst < 1000 {
            often(3) { [self] in
                story.api.drink(Double(plan.api.burst) * 0.7, kernel.chance.pick([.general, .characters]))
            }
        }
        if let losses = plan.losses { kernel.at(0) { [self] in story.setLosses(losses) } }
        for _ in 0..<[0, 1, 4, 10][plan.crashes] {
            // Soon after, or long after.
            let steps = Int.random(in: 0...(kernel.chance.oneIn(2) ? 60 : 2000), using: &kernel.chance)
            kernel.at(moment()) { [self] in story.dieAtStep(steps) }
        }
        if kernel.chance.oneIn(3) { often(2) { [self] in story.endOrderly() } }
    }

    /// Far ahead, or a little back: what is due by the wall clock is late by as much as it goes back.
    private func clockStep() {
        story.stepClock(.seconds(kernel.chance.pick([0.5, 5, 60, 3600, -0.5, -5, -60])))
    }

    private func hint() {
        let number = kernel.chance.oneIn(4) ? 9999 : 1000 + Int.random(in: 0...12, using: &kernel.chance)
        let event = kernel.chance.pick(["image.failed", "image.completed", "character.completed", "usage.balance_low"])
        let status = kernel.chance.pick(["failed", "succeeded"])
        story.hint(
            "{\"type\":\"\(event)\",\"data\":{\"object\":{\"id\":\"img_\(number)\",\"status\":\"\(status)\"}}}",
            isSigned: !kernel.chance.oneIn(5))
    }
}
