import AurousAPI
import Core
import Store

extension ListingWatcher {
    /// Evaluates again the alerts whose time has come. Only what this poll has just seen is evaluated: what was not on
    /// its pages is asked for by id first, so that nothing is said of a state that may have passed. A generation in a
    /// final state never changes again and is evaluated as it is known.
    mutating func evaluateDue(isFull: Bool, mayAsk: Bool) async throws {
        if mayAsk { timersLookedAt = poll.steady }
        isNextTimerStale = true
        let due = try await store.due(source: source.name, kind: kind, at: dependencies.now(), limit: PollLimits.due)
        guard !due.isEmpty else { return }
        let unseen = mayAsk ? due.map(\.key.id).filter { !isCurrent($0) } : []
        for id in unseen.prefix(PollLimits.dueVisits) {
            guard let permit = try await permitInTurn(.id, isFull: isFull, owed: \.areTimersOwed) else { break }
            var page: [ExaminedPage]?
            try await visitPatiently(id, permit, isListingComplete: false, gathered: &page)
        }
        let now = dependencies.now()
        let still = try await store.due(source: source.name, kind: kind, at: now, limit: PollLimits.due)
        let current = still.filter { isCurrent($0.key.id) }
        guard !current.isEmpty else { return }
        let known = try await store.known(source: source.name, kind: kind, ids: current.map(\.key.id))
        var decision = Decision()
        for (key, names) in current {
            guard let resource = known[key.id] else { continue }
            inForce.engine.looked(at: resource, onlyRules: names, isNewRule: false, now: now, into: &decision)
        }
        try await commit(
            decision, looked: current.map(\.key.id), by: current.reduce(into: []) { $0.formUnion($1.rules) })
    }

    /// Whether what is known of a resource is how it is now.
    private func isCurrent(_ id: String) -> Bool {
        let hash = PageScan.idHash(of: id)
        return kind == .balance || poll.seen.contains(hash) || (kind == .generation && inFlight[hash] == nil)
    }

    /// Whether an alert is due whose resource must be seen first.
    func timerNeedsHead() async throws -> Bool {
        guard let nextTimer, nextTimer <= dependencies.now() else { return false }
        if let look = windows.nextLook, look <= dependencies.now() { return true }
        let due = try await store.due(source: source.name, kind: kind, at: dependencies.now(), limit: PollLimits.due)
        return kind == .balance ? !due.isEmpty : due.contains { !isCurrent($0.key.id) }
    }

    /// When the listing is to be looked at though nothing changes: for an alert that is due, or for a window.
    var nextTimer: Timestamp? { [alertTimer, windows.nextLook].compactMap(\.self).min() }

    /// Finds out when the next alert is due, where that may have changed: only this watcher moves its listing's alerts.
    mutating func readNextTimer() async throws {
        guard isNextTimerStale else { return }
        alertTimer = try await nextDue()
        isNextTimerStale = false
    }

    /// When the next alert is due. What is due already but could not be decided is tried again at ease.
    private func nextDue() async throws -> Timestamp? {
        let now = dependencies.now()
        let next = try await store.nextDue(source: source.name, kind: kind, after: now)
        guard try await !store.due(source: source.name, kind: kind, at: now, limit: 1).isEmpty else { return next }
        let again = timersLookedAt == poll.steady && isPrepared ? now.advanced(by: source.poll.idle) : now
        return next.map { min($0, again) } ?? again
    }

    /// How many resources new rules look at in one transaction.
    private static let lookBatch = 200

    /// Lets rules that are new, or whose condition changed, look at everything known; rules without `for` start
    /// nothing but what their `backfill` reaches.
    mutating func lookWithNewRules() async throws {
        let engine = inForce.engine
        guard inForce.number != rulesLookedAt else { return }
        // Whatever other rules do to alerts that are under way.
        isNextTimerStale = true
        let looking = identities(engine)
        let before = try await store.ruleIdentities(source: source.name, kind: kind)
        let fresh = Set(
            looking.filter { before[$0.key] != $0.value && engine.rule(named: $0.key)?.window == nil }.keys)
        if !fresh.isEmpty {
            var after = ""
            while true {
                let ids = try await store.wholeIDs(
                    source: source.name, kind: kind, after: after, limit: ListingWatcher.lookBatch)
                guard let last = ids.last else { break }
                after = last
                let known = try await store.known(source: source.name, kind: kind, ids: ids)
                var decision = Decision()
                let now = dependencies.now()
                for id in ids {
                    guard let resource = known[id] else { continue }
                    engine.looked(at: resource, onlyRules: fresh, isNewRule: true, now: now, into: &decision)
                }
                try await commit(decision, looked: ids, by: fresh)
            }
        }
        if before != looking { try await noteRulesLooked() }
        unknowns.keepOnly(Set(looking.keys))
        rulesLookedAt = inForce.number
    }

    /// Notes that the rules in force need not look at what is known already.
    mutating func noteRulesLooked() async throws {
        try await store.setRuleIdentities(identities(inForce.engine), source: source.name, kind: kind)
    }

    private func identities(_ engine: RuleEngine) -> [String: String] {
        Dictionary(
            engine.rules(watching: kind).map { ($0.name, $0.conditionIdentity) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The rules that this watcher decides by.
    var inForce: RuleBook.Edition { adopted ?? rules.edition }

    /// Goes over to the rules that are in force now, where they are not those that it works by: first what others said
    /// ends or takes its new name, and only then do these decide anything.
    mutating func adoptRules() async throws {
        let edition = rules.edition
        guard edition.number != adopted?.number else { return }
        let before = adopted
        adopted = edition
        do {
            try await endOrphans(of: edition.engine)
        } catch {
            adopted = before
            throw error
        }
    }

    /// Ends alerts whose rule is not in force any more, and tells those who were told that they fire.
    private mutating func endOrphans(of engine: RuleEngine) async throws {
        try await store.rename(engine.renames(of: kind), source: source.name, kind: kind)
        let orphaned = try await store.rulesWithOpenAlerts(source: source.name, kind: kind).filter {
            !engine.isInForce($0, for: kind)
        }
        // A rule that looks at groups now may have been one over resources, or the other way round.
        let groups = try await store.groupAlerts(source: source.name, kind: kind).filter { $0.phase != .resolved }
        let turned = engine.windows(watching: kind).map(\.name)
        let stale = groups.filter { engine.rule(named: $0.rule)?.window == nil }.map(\.resource.id)
        guard !orphaned.isEmpty || !turned.isEmpty || !stale.isEmpty else { return }
        // Of a rule that is back before this is written, what ended here begins anew.
        try await store.forgetRules(orphaned, source: source.name, kind: kind)
        let ended = try await store.resources(withAlertsOf: orphaned + turned, source: source.name, kind: kind)
        let ids = ended + stale.filter { !ended.contains($0) }
        var rest = ids[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(ListingWatcher.lookBatch))
            rest = rest.dropFirst(batch.count)
            let known = try await store.known(source: source.name, kind: kind, ids: batch)
            var decision = Decision()
            for id in batch {
                guard let resource = known[id] else { continue }
                engine.endOrphans(resource, now: dependencies.now(), into: &decision)
            }
            try await commit(decision)
        }
    }

    /// The balance is one resource without an id or a status of its own.
    mutating func pollBalance() async throws {
        guard let permit = try await requests.permit(.head).permit else { throw CancellationError() }
        poll.requests += 1
        let body = try await requests.balance(permit)
        headAskedAt = poll.steady
        isCatchingUp = false
        let id = "balance"
        let fingerprint = PageScan.idHash(of: String(decoding: body, as: UTF8.self))
        poll.rows += 1
        guard seen[PageScan.idHash(of: id)] != fingerprint else { return try await finishBalance() }
        let known = try await store.known(source: source.name, kind: kind, ids: [id])[id]
        if let before = known?.snapshot?.body, ResourceDiff.isSame(before, body) {
            seen.note(fingerprint, idHash: PageScan.idHash(of: id))
            return try await finishBalance()
        }
        let observation = Observation(
            key: ResourceKey(source: source.name, kind: kind, id: id), body: body, fingerprint: fingerprint, status: "",
            observedAt: dependencies.now())
        var decision = Decision()
        inForce.engine.observed(
            observation, known: known ?? KnownResource(snapshot: nil, latest: [:]),
            isBaseline: known?.snapshot == nil, now: dependencies.now(), into: &decision)
        try await commit(decision)
        seen.note(fingerprint, idHash: PageScan.idHash(of: id))
        try await finishBalance()
    }

    private mutating func finishBalance() async throws {
        guard !progress.isBaselined else { return }
        progress.isBaselined = true
        progress.sweptAt = poll.beganAt
        try await noteRulesLooked()
        try await saveProgress()
    }
}
