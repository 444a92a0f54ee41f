import Core

/// Whether deliveries went out as they are to: the same words under the same id, in order, not too soon, and never
/// again after their end.
extension Judge {
    func deliveries() -> [String] { story.receivers.flatMap { deliveries(to: $0) } }

    private func deliveries(to receiver: Receiver) -> [String] {
        var findings: [String] = []
        for (id, attempts) in (ledger.attempts[receiver.name] ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let told = ledger.told[id] else { continue }
            findings += sameness(attempts, id, receiver.name)
            findings += ends(attempts, id, receiver.name)
            findings += patience(attempts, id, receiver.name)
            let rule = plan.rules.first { $0.name == told.rule }
            let isRight = rule?.notify.contains(receiver.name) ?? false
            let isFallback = plan.hasFallback && receiver.name == "c" && rule?.notify.contains("a") ?? false
            if !isRight, !isFallback { findings.append("\(id) (\(told.rule)) went to \(receiver.name)") }
        }
        return findings + order(at: receiver)
    }

    private func sameness(_ attempts: [Receiver.Attempt], _ id: String, _ sink: String) -> [String] {
        if attempts.contains(where: { $0.id != id }) { return ["\(sink): another webhook-id than \(id)"] }
        let bodies = Set(attempts.map(\.message.bodyHash))
        return bodies.count == 1 ? [] : ["\(sink): \(id) with \(bodies.count) different bodies"]
    }

    /// Nothing goes out after its end is on disk, nor, while a process lives, after it knows the end.
    private func ends(_ attempts: [Receiver.Attempt], _ id: String, _ sink: String) -> [String] {
        let recorded = story.chronicle.recorded[Chronicle.Address(sink: sink, notification: id)] ?? []
        var findings: [String] = []
        if let end = recorded.first(where: { $0.phase != .pending })?.at, attempts.contains(where: { $0.sent > end }) {
            findings.append("\(sink): \(id) was sent again after its end")
        }
        for attempt in attempts where attempt.isRefused || attempt.status.map({ $0 < 300 }) ?? false {
            guard let heard = attempt.heard else { continue }
            if attempts.contains(where: { $0.life == attempt.life && $0.sent > heard }) {
                findings.append(
                    "\(sink): \(id) was sent again although it was \(attempt.isRefused ? "refused" : "taken")")
            }
        }
        return findings
    }

    /// Not before the schedule's delay, nor before the time that the receiver asked for.
    private func patience(_ attempts: [Receiver.Attempt], _ id: String, _ sink: String) -> [String] {
        guard story.lastClockStep < 0 else { return [] }
        let recorded = story.chronicle.recorded[Chronicle.Address(sink: sink, notification: id)] ?? []
        var findings: [String] = []
        for attempt in attempts {
            guard let heard = attempt.heard, let end = recorded.first(where: { $0.at >= heard }), end.phase == .pending,
                let next = attempts.first(where: { $0.sent > end.at })
            else { continue }
            // Of an answer that died with its process nothing is known: what was recorded is the next attempt's.
            guard !attempts.contains(where: { $0.sent > heard && $0.sent <= end.at }) else { continue }
            let scheduled = Double(Plan.retries[min(end.attempts, Plan.retries.count) - 1])
            let least = max(scheduled, attempt.status == 429 ? attempt.patience ?? 0 : 0)
            if (next.sent - heard).inSeconds < least - 1e-3 {
                findings.append(
                    "\(sink): \(id) was sent again after \((next.sent - heard).inSeconds) s, not \(least) s")
            }
        }
        return findings
    }

    /// What the lane's order makes one wait for, by name.
    private func lane(_ one: Ledger.Told, _ sink: String) -> String {
        switch sink == "a" ? .alert : plan.order {
        case .alert: "\(one.rule) \(one.key)"
        case .resource: "\(one.key)"
        case .strict: ""
        }
    }

    /// Nothing is sent while something that was decided before it, and that it waits for, is under way.
    private func order(at receiver: Receiver) -> [String] {
        let sent = ledger.attempts[receiver.name] ?? [:]
        let lanes = Dictionary(grouping: sent.keys.compactMap { ledger.told[$0] }) { lane($0, receiver.name) }
        var findings: [String] = []
        for (_, told) in lanes.sorted(by: { $0.key < $1.key }) {
            for later in told.sorted(by: { $0.id < $1.id }) {
                guard let start = sent[later.id]?.map(\.sent).min() else { continue }
                for earlier in told where isBefore(earlier, later) {
                    let attempts = sent[earlier.id] ?? []
                    // Handed over by another sink, it came late.
                    let isFinished =
                        receiver.name == "c"
                        || attempts.contains { $0.sent <= start && ($0.isAccepted || $0.isRefused) }
                    if !isFinished
                        || attempts.contains(where: { $0.sent > start && $0.life >= lifeOf(later, receiver) })
                    {
                        findings.append(
                            "\(receiver.name): \(later.rule) \(later.key.id) \(later.reason) overtook \(earlier.rule) \(earlier.reason)"
                        )
                    }
                }
            }
        }
        return findings
    }

    private func lifeOf(_ one: Ledger.Told, _ receiver: Receiver) -> Int {
        ledger.attempts(of: one.id, at: receiver.name).map(\.life).min() ?? 0
    }

    private func isBefore(_ one: Ledger.Told, _ other: Ledger.Told) -> Bool {
        if one.rule == other.rule, one.key == other.key, let first = one.place, let second = other.place {
            return first < second
        }
        return one.isReported && other.isReported && one.known < other.known
    }
}
