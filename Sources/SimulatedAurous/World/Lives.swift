/// What happens in a world without anyone's hand.
enum LifeEvent: Sendable {
    case generationsArrive
    case characterArrives
    case generation(String)
    case character(String)
}

extension SimulatedWorld {
    /// Arrivals go on for ever, each planning the next.
    mutating func planArrivals() {
        if pace.generationsPerHour > 0 { planArrival(.generationsArrive, perHour: pace.generationsPerHour) }
        if pace.charactersPerHour > 0 { planArrival(.characterArrives, perHour: pace.charactersPerHour) }
    }

    private mutating func planArrival(_ event: LifeEvent, perHour: Double) {
        // Between a third and five thirds of the mean; finite also for a rate near zero.
        let mean = min(3_600_000 / perHour, 1e12)
        let share = Double(chance.pick(333...1667)) / 1000
        schedule.plan(event, at: now.adding(milliseconds: real(Int64(mean * share))))
    }

    mutating func happen(_ event: LifeEvent) {
        switch event {
        case .generationsArrive:
            let atOnce = chance.happens(percent: 5) ? chance.pick(3...8) : 1
            for _ in 0..<atOnce { bearGeneration() }
            // A handful at once is no reason for more in sum.
            planArrival(.generationsArrive, perHour: pace.generationsPerHour / 1.225)
        case .characterArrives:
            bearCharacter()
            planArrival(.characterArrives, perHour: pace.charactersPerHour)
        case .generation(let id): stepGeneration(id)
        case .character(let id): stepCharacter(id)
        }
    }

    /// The past that a watcher finds at its first poll. It was lived at natural speed, whatever the speed of what
    /// follows, and it is over: nothing in it moves again.
    mutating func tellHistory() {
        let start = now
        for index in 0..<7 {
            now = start.adding(milliseconds: -Int64(7 - index) * 7_200_000 - chance.pick(0...3_600_000))
            pastCharacter(index == 4 ? .failed : .ready)
        }
        now = start.adding(milliseconds: -3_665_000)
        pastCharacter(.reviewing)
        for index in 0..<48 {
            now = start.adding(milliseconds: -Int64(48 - index) * 420_000 - chance.pick(0...300_000))
            let id = bearGeneration()
            while let step = generationLives[id]?.steps.first {
                now = min(now.adding(milliseconds: step.after), start.adding(milliseconds: -1_000))
                stepGeneration(id)
            }
        }
        now = start
        schedule = Schedule()
    }

    private mutating func pastCharacter(_ status: CharacterStatus) {
        let id = bearCharacter(uploaded: false)
        now = now.adding(milliseconds: 65_000)
        settleCharacter(id, as: status)
    }
}
