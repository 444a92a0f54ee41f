import CEL
import ConfigurationFiles
import Core
import Engine
import SimulatedAurous
import Store
import TestSupport
import Testing

private let endingRule = """
    rules:
      - name: failed
        watch: generation
        when: self.status == "failed"
        title: "${self.id} failed"
        send_resolved: true
    """

/// The loops, over real HTTP: what is held back or gathered arrives when it should, and once.
@Suite(.timeLimit(.minutes(30))) struct `A service that keeps the noise down` {
    private func settled(
        _ rules: String, configuration: (Bench) -> String? = { _ in nil }
    ) async throws -> (Bench, Service) {
        let bench = try await Bench()
        bench.put(["id": "img_0", "status": "processing", "created_at": .string(Sample.at(-10).rfc3339)])
        let service = try bench.service(configuration(bench), rules: rules)
        await service.once()
        return (bench, service)
    }

    @Test func `gathers what one poll has found into one callback`() async throws {
        let (bench, service) = try await settled(endingRule + "\n    group_by: [rule.name]\n")
        bench.put(12, "failed", startingAt: 100)
        await service.once()
        #expect(await bench.arrived(atLeast: 1) == ["12 generations: failed"])
        let body = bench.receiver.received.first?.json
        #expect(body?["data"]?["alerts"]?.elements?.count == 12)
        #expect(body?["type"]?.text == "alert.fired")
        await bench.stop()
    }

    @Test func `gathers for a sink what its configuration says, and for others each alone`() async throws {
        let (bench, service) = try await settled(endingRule) { bench in
            let url = "http://127.0.0.1:\(bench.receiverPort)"
            return bench.configuration(
                sinks: """
                      team: { kind: webhook, url: "\(url)/team", secret: \(Bench.secret), group_by: [], group_wait: 1m }
                      each: { kind: webhook, url: "\(url)/each", secret: \(Bench.secret) }
                    """
            ).replacing("notify: [team]", with: "notify: [team, each]")
        }
        bench.put(3, "failed", startingAt: 100)
        await service.once()
        let arrived = await bench.arrived(atLeast: 4)
        #expect(arrived.sorted() == ["3 generations: failed", "img_0000 failed", "img_0001 failed", "img_0002 failed"])
        await bench.stop()
    }

    @Test func `tells a digest when its time has come, while nothing else happens`() async throws {
        let (bench, service) = try await settled(endingRule + "\n    group_wait: 30s\n")
        let running = RunningService(service)
        try await running.started()
        bench.put(3, "failed", startingAt: 100)
        try await running.nextPoll()
        #expect(bench.receiver.received.isEmpty)
        for _ in 0..<40 {
            bench.clock.advance(by: .seconds(1))
            try await eventually("rest") { running.isAtRest }
        }
        #expect(await bench.arrived(atLeast: 1) == ["3 generations: failed"])
        await running.stop()
        await bench.stop()
    }

    @Test func `obeys a silence that another process makes and ends`() async throws {
        let (bench, service) = try await settled(endingRule)
        let running = RunningService(service)
        try await running.started()
        let other = try SQLiteStore(path: service.store.path, access: .visiting)
        let silence = Silence(
            expression: #"kind == "generation""#, startsAt: Sample.noon, endsAt: Sample.at(86_400), author: "ada",
            comment: "known", createdAt: Sample.noon)
        try await other.add(silence)
        bench.put(1, "failed", startingAt: 100)
        try await running.nextPoll()
        try await eventually("it fires") { try await other.alertCounts()[.firing] == 1 }
        #expect(bench.receiver.received.isEmpty)
        _ = try await other.expireSilence(silence.id, at: bench.clock.wall)
        for _ in 0..<4 {
            bench.clock.advance(by: .seconds(1))
            try await eventually("rest") { running.isAtRest }
        }
        #expect(await bench.arrived(atLeast: 1) == ["img_0000 failed"])
        await running.stop()
        await bench.stop()
    }
}

@Suite(.timeLimit(.minutes(30))) struct `A plan for another configuration` {
    private let before = """
        rules:
          - { name: goes, watch: generation, when: self.status == "failed", title: "${self.id} failed", send_resolved: true }
          - { name: slow, watch: generation, when: self.status == "processing", for: 10m, title: "${self.id} is slow" }
          - { name: old, watch: generation, when: self.status == "expired", title: "${self.id} expired", send_resolved: true }
          - { name: stays, watch: generation, when: self.status == "failed", title: "${self.id} is lost" }
        """
    private let after = """
        rules:
          - { name: slow, watch: generation, when: self.status == "processing", for: 20m, title: "${self.id} is slow" }
          - { name: new, watch: generation, when: self.status == "expired", title: "${self.id} expired", send_resolved: true, renamed_from: old }
          - { name: stays, watch: generation, when: self.status == "failed", title: "${self.id} is lost", severity: critical }
          - { name: soon, watch: generation, when: self.status == "processing", for: 5s, title: "${self.id} has begun" }
        """

    @Test func `tells what the reload then does, and changes nothing itself`() async throws {
        let bench = try await Bench()
        bench.put(["id": "img_0", "status": "processing", "created_at": .string(Sample.at(-10).rfc3339)])
        try await { () async throws in
            let service = try bench.service(rules: before)
            await service.once()
            bench.put(["id": "img_1", "status": "failed", "created_at": .string(Sample.at(1).rfc3339)])
            bench.put(["id": "img_2", "status": "expired", "created_at": .string(Sample.at(2).rfc3339)])
            await service.once()
            service.store.close()
        }()
        #expect(await bench.arrived(atLeast: 3).sorted() == ["img_1 failed", "img_1 is lost", "img_2 expired"])

        let loaded = try loadedNext(bench)
        let store = try SQLiteStore(path: loaded.settings.storePath, access: .visiting)
        let plan = try await ReloadPlan(for: loaded, store: store, now: bench.clock.wall)
        #expect(plan.isBeforeKnown)
        #expect(
            plan.rules.map(\.sentence) == [
                "slow: for 10m → 20m", "new was old", "stays: severity warning → critical", "+soon", "-goes",
            ])
        let effects = plan.alerts.map { "\($0.rule) \($0.resource.id) \($0.effect.name) \($0.says)" }.sorted()
        #expect(
            effects == [
                #"goes img_1 ends ["team"]"#, #"slow img_0 moves []"#, #"soon img_0 fires ["team"]"#,
            ])
        #expect(plan.goesOn == 2)
        let moved = plan.alerts.compactMap { if case .timerMoves(_, let to) = $0.effect { to } else { nil } }
        #expect(moved == [Sample.at(1190)])
        #expect(bench.receiver.received.count == 3, "a plan sends nothing")
        store.close()

        let service = try bench.service(rules: after)
        await service.once()
        let told = await bench.receiver.received(atLeast: 5).dropFirst(3).map { callback in
            "\(callback.json?["type"]?.text ?? "") \(callback.json?["data"]?["title"]?.text ?? "")"
        }
        #expect(told.sorted() == ["alert.fired img_0 has begun", "alert.resolved img_1 failed"])
        let known = try await service.store.known(source: "studio", kind: .generation, ids: ["img_0", "img_2"])
        #expect(known["img_0"]?.latest["slow"]?.dueAt == Sample.at(1190))
        #expect(known["img_2"]?.latest["new"]?.phase == .firing)
        // What was told under the old name is told to have ended by the same id.
        bench.change("img_2", ["status": "cancelled"])
        #expect(try await ReloadPlan(for: loaded, store: service.store, now: bench.clock.wall).alerts.isEmpty)
        await bench.stop()
    }

    @Test func `tells what becomes of what is held, and of sinks that are gone`() async throws {
        let bench = try await Bench()
        bench.put(["id": "img_0", "status": "processing", "created_at": .string(Sample.at(-10).rfc3339)])
        let service = try bench.service(rules: before)
        await service.once()
        try await service.store.add(
            Silence(
                expression: #"rule.name == "goes""#, startsAt: Sample.noon, endsAt: Sample.at(900), author: "",
                comment: "", createdAt: Sample.noon))
        bench.put(["id": "img_1", "status": "failed", "created_at": .string(Sample.at(1).rfc3339)])
        bench.put(["id": "img_2", "status": "expired", "created_at": .string(Sample.at(2).rfc3339)])
        await service.once()
        let other = bench.configuration(
            sinks:
                "  ops: { kind: webhook, url: \"http://127.0.0.1:\(bench.receiverPort)/ops\", secret: \(Bench.secret) }"
        ).replacing("notify: [team]", with: "notify: [ops]")
        let loaded = try loadedNext(bench, configuration: other)
        let plan = try await ReloadPlan(for: loaded, store: service.store, now: bench.clock.wall)
        #expect(plan.waiting.map(\.fate) == [.dropped])
        #expect(plan.goneSinks.map(\.name) == ["team"])
        #expect(plan.goneSinks.map(\.owed) == [1])
        await bench.stop()
    }

    private func loadedNext(_ bench: Bench, configuration: String? = nil) throws -> LoadedConfiguration {
        try bench.folder.write(after, to: "next-rules.yaml")
        let text = (configuration ?? bench.configuration()).replacing(
            "rules: [rules.yaml]", with: "rules: [next-rules.yaml]")
        let path = try bench.folder.write(text, to: "next.yaml")
        let loaded = try ConfigurationLoader.load(path: path, environment: [:], services: nil)
        return try #require(loaded.configuration, "\(loaded.diagnostics.map(\.rendered).joined(separator: "\n"))")
    }
}

extension AlertOutcome.Effect {
    fileprivate var name: String {
        switch self {
        case .fires: "fires"
        case .waits: "waits"
        case .ends: "ends"
        case .isForgotten: "is forgotten"
        case .timerMoves: "moves"
        case .goesOn: "goes on"
        }
    }
}

extension RuleChange {
    fileprivate var sentence: String {
        func words(_ differences: [Difference]) -> String {
            differences.map { ": \($0.key) \($0.before ?? "-") → \($0.after ?? "-")" }.joined()
        }
        switch self {
        case .added(let name): return "+\(name)"
        case .removed(let name): return "-\(name)"
        case .changed(let name, let differences): return name + words(differences)
        case .renamed(let name, let from, let differences): return "\(name) was \(from)" + words(differences)
        }
    }
}
