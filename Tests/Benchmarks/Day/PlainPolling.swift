/// What polling the day by the clock costs: requests, and how late each end is seen. Counted, not run.
struct PlainPolling {
    /// How much of the listing of generations one poll reads, in pages of 100. Characters are read whole, one page.
    enum Depth {
        /// All of it, every time.
        case everything
        /// The newest pages, until all that had not ended at the poll before is covered, and all that is new.
        case inFlight
    }

    private(set) var requests = 0
    /// Seconds from the end of each generation to the poll that sees it.
    let latencies: Samples

    /// - Parameter interval: between the beginnings of two polls, in milliseconds.
    init(_ day: ScriptedDay, depth: Depth, interval: Int64) {
        let lives = day.generations
        var (born, oldest) = (0, 0)
        for step in stride(from: Int(interval), through: Int(ScriptedDay.length), by: Int(interval)) {
            let time = Int64(step)
            while born < lives.count, lives[born].born <= time { born += 1 }
            // The oldest that had not ended at the poll before: it, and all that is newer, is read.
            while oldest < born, lives[oldest].ended <= time - interval { oldest += 1 }
            let rows = depth == .everything ? born + ScriptedDay.pastCount : born - oldest
            requests += max(1, (rows + 99) / 100) + 1
        }
        latencies = Samples(
            lives.map { life in
                let seen = (life.ended + interval - 1) / interval * interval
                return Double(seen - life.ended) / 1000
            })
    }
}
