import CEL
import Core

/// Whether each thing that was said was so: the API had told it, in that order, and for as long as the rule asks.
extension Judge {
    private struct Evidence {
        var at: Kernel.Time
        var holds: Bool
        /// Since when the state was so that was told.
        var since: Kernel.Time
        /// The rule was taken out of force, or the resource is gone: it ends at once.
        var isFinal: Bool
    }

    /// What a poll may take from its first look to the evaluation of what it saw, in seconds: requests that get no answer
    /// take their time, and longer where few are allowed.
    private var slack: Double { plan.isScarce ? 3600 : 35 }

    func evidence() -> [String] {
        var findings: [String] = []
        for subject in ledger.subjects.keys.sorted(by: { ($0.rule, $0.key.id) < ($1.rule, $1.key.id) }) {
            let told = ledger.sequence(subject)
            findings += form(subject, told)
            guard let rule = plan.rules.first(where: { $0.name == subject.rule }), !rule.isOwn else { continue }
            guard subject.key.kind == rule.kind, let thing = thing(subject.key) else {
                findings.append("\(subject.rule) \(subject.key.id): there never was such a thing")
                continue
            }
            findings += chain(rule, thing, told)
        }
        return findings
    }

    private func thing(_ key: ResourceKey) -> Team.Thing? {
        key.kind == .balance ? story.team.balance : story.team.things[key.id]
    }

    /// A firing, reminders, its end, and only then the next firing; each thing under one id.
    private func form(_ subject: Ledger.Subject, _ told: [Ledger.Told]) -> [String] {
        let name = "\(subject.rule) \(subject.key.id)"
        guard let rule = plan.rules.first(where: { $0.name == subject.rule }) else { return ["\(name): no such rule"] }
        var findings: [String] = []
        var (activation, sequence, isFiring) = (0, 0, false)
        for one in told {
            guard let place = one.place else {
                findings.append("\(name): the id \(one.id) does not follow from what it names")
                continue
            }
            switch one.reason {
            case "alert.fired":
                if place.sequence != 1 || (isFiring && rule.resolves) || place.activation <= activation {
                    findings.append("\(name): fires out of turn, \(place)")
                }
                isFiring = true
            case "alert.resolved", "alert.reminder":
                if place.activation != activation || place.sequence != sequence + 1 || !isFiring || !rule.resolves {
                    findings.append("\(name): \(one.reason) out of turn, \(place)")
                }
                if one.reason == "alert.resolved" { isFiring = false }
            default: findings.append("\(name): says \(one.reason)")
            }
            (activation, sequence) = place
        }
        return findings
    }

    private func evidence(_ rule: RuleSpec, _ thing: Team.Thing) -> [Evidence] {
        var evidence = thing.said.map { saying in
            // Whose clock was put cannot know an age.
            let age =
                story.lastClockStep < 0
                ? (saying.at - thing.created).inSeconds + (rule.usesClock ? slack : 0) : .infinity
            return Evidence(
                at: saying.at, holds: saying.status.map { rule.holds($0, age) } ?? false, since: saying.since,
                isFinal: saying.status == nil)
        }
        evidence.sort { $0.at < $1.at }
        // Who was seen so twice was so all the time, as far as anybody can know.
        for index in evidence.indices.dropFirst() where evidence[index].holds && evidence[index - 1].holds {
            evidence[index].since = min(evidence[index].since, evidence[index - 1].since)
        }
        // A rule that is taken away ends what it said; that changes nothing about the thing. One that comes back looks at
        // what is known.
        let known = evidence
        for time in story.removals[rule.name] ?? [] {
            evidence.append(Evidence(at: time, holds: false, since: time, isFinal: true))
        }
        for time in story.additions[rule.name] ?? [] {
            guard var last = known.last(where: { $0.at <= time }) else { continue }
            last.at = time
            evidence.append(last)
        }
        return evidence.sorted { $0.at < $1.at }
    }

    /// There must be a look that found the condition true before each firing, and between it and its end one that found
    /// it false.
    private func chain(_ rule: RuleSpec, _ thing: Team.Thing, _ told: [Ledger.Told]) -> [String] {
        let evidence = evidence(rule, thing)
        var last: Kernel.Time = .min
        var findings: [String] = []
        for one in told where one.reason != "alert.reminder" {
            let fires = one.reason == "alert.fired"
            let name = "\(rule.name) \(thing.id) \(one.reason) at \(Trace.clock(one.known))"
            let fitting = evidence.filter { $0.at > last && $0.at <= one.known && $0.holds == fires }
            guard let first = fitting.first else {
                findings.append("\(name): nobody had said so")
                continue
            }
            last = first.at
            if fires {
                findings += hold(rule, one, fitting, name)
            } else if rule.keep > 0, story.lastClockStep < 0, !fitting.contains(where: { $0.isFinal }),
                (one.known - first.at).inSeconds < rule.keep - 1e-3
            {
                findings.append("\(name): before `keep_firing_for` was over")
            }
        }
        return findings
    }

    private func hold(_ rule: RuleSpec, _ one: Ledger.Told, _ looks: [Evidence], _ name: String) -> [String] {
        guard let hold = rule.hold else { return [] }
        var findings: [String] = []
        if one.firedAt.duration(since: one.since) < .seconds(hold) {
            findings.append("\(name): fires after \(one.firedAt.duration(since: one.since)), not after \(hold) s")
        }
        guard story.lastClockStep < 0 else { return findings }
        if !looks.contains(where: { Team.time($0.since).advanced(by: .microseconds(-1)) <= one.since }) {
            findings.append("\(name): since \(one.since.rfc3339), when it was not so")
        }
        // A timer fires only after a look that found it still so.
        if !looks.contains(where: { ($0.at - $0.since).inSeconds >= hold - slack }) {
            findings.append("\(name): nobody had looked whether it had lasted")
        }
        return findings
    }
}
