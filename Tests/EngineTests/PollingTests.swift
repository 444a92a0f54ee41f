import AurousAPI
import CEL
import Core
import Engine
import SimulatedAurous
import Store
import Synchronization
import TestSupport
import Testing

/// A watch over the API in memory: hours go by in seconds.
final class Observatory: Sendable {
    let bench: Bench
    let api: ScriptedAPI
    private let running: Mutex<RunningService?>

    static let rules = """
        rules:
          - { name: ended, watch: generation, when: 'self.status in ["succeeded", "failed"]', title: "${self.id}" }
          - { name: reviewing, watch: character, when: 'self.status == "reviewing"', title: "${self.id}" }
          - { name: gone, watch: character, when: self.gone, title: "${self.id}" }
        """

    static let secret = "whsec_hints"

    let configuration: String

    init(
        watch: String = "[generation]", budget: Double = 0.5, tellsLimits: Bool = true, sources: String = ""
    ) async throws {
        let bench = try await Bench()
        self.bench = bench
        api = ScriptedAPI(clock: bench.clock, tellsLimits: tellsLimits)
        running = Mutex(nil)
        configuration =
            bench.configuration(watch: watch, sources: sources, sinks: "  team: { kind: log }")
            .replacingOccurrence(
                of: "    budget: 1\n", with: "    budget: \(budget)\n    webhook_secret: \(Observatory.secret)\n")
    }

    var service: RunningService? { running.withLock { $0 } }

    func start(rules: String = Observatory.rules) async throws {
        let started = RunningService(try bench.service(configuration, rules: rules, http: api))
        running.withLock { $0 = started }
        try await rest()
    }

    func end() async {
        await service?.stop()
        running.withLock { $0 = nil }
    }

    func close() async {
        await end()
        await bench.stop()
    }

    /// Waits until every loop sleeps.
    func rest() async throws {
        guard let loops = service?.service.loops else { return }
        for round in 0..<2_000_000 {
            if bench.clock.sleepers >= loops { return }
            // Others need the threads too.
            if round % 8 == 7 { try await Task.sleep(for: .microseconds(100)) } else { await Task.yield() }
        }
        Issue.record("the loops did not come to rest")
    }

    /// Lets so many seconds go by, a step at a time.
    func pass(_ seconds: Double, step: Double = 0.5, _ body: () -> Void = {}) async throws {
        for _ in 0..<Int((seconds / step).rounded(.up)) {
            body()
            bench.clock.advance(by: .seconds(step))
            try await rest()
        }
    }

    /// Delivers one of the API's own webhooks.
    func hint(_ event: String, _ data: SimulatedJSON) -> Watch.HintOutcome? {
        let now = WorldTime(seconds: bench.clock.wall.seconds, nanoseconds: 0)
        let hint = SimulatedAurous.AurousHint(event: event, id: "evt_1", at: now, resource: data)
        return service?.service.watch.hint(
            source: "studio", body: hint.body, header: hint.signature(at: now, secret: Observatory.secret))
    }

    /// The resources that a rule fired for, in order.
    func told(_ rule: String) -> [String] {
        bench.events.all.compactMap {
            guard case .decided(let decided) = $0, decided.notification.rule == rule else { return nil }
            return decided.notification.alerts.first?.resource.id
        }
    }

    func row(_ id: String, _ status: String, created: Double, completed: Double? = nil) -> ScriptedAPI.Row {
        let at = { Sample.noon.advanced(by: .seconds($0)) }
        return ScriptedAPI.Row(
            id: id, status: status, createdAt: at(created), updatedAt: at(completed ?? created),
            completedAt: completed.map(at))
    }
}

extension String {
    fileprivate func replacingOccurrence(of text: String, with other: String) -> String {
        guard let range = firstRange(of: text) else { return self }
        return String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
    }
}

/// One at a time: hours of a moved clock keep a core busy, and tests beside them measure real time.
@Suite(.serialized) struct `On a moved clock` {}

extension `On a moved clock` {
    @Suite(.timeLimit(.minutes(30))) struct `A poll that follows its plan` {
        @Test func `costs a request every fifteen seconds where nothing is in flight`() async throws {
            let seen = try await Observatory()
            seen.api.edit {
                $0.generations = (0..<100).map { seen.row("img_\($0)", "succeeded", created: -Double($0)) }
            }
            try await seen.start()
            seen.api.forgetRequests()
            try await seen.pass(300, step: 1)
            #expect((18...21).contains(seen.api.requests.count))
            await seen.close()
        }

        @Test func `leaves the store alone where nothing changes`() async throws {
            let seen = try await Observatory(watch: "[generation, character]")
            seen.api.edit { world in
                world.generations = (0..<150).map { seen.row("img_\($0)", "succeeded", created: -Double($0)) }
                world.generations[3].status = "processing"
                world.characters = [seen.row("char_0", "ready", created: -10)]
            }
            try await seen.start()
            try await seen.pass(20)
            // Whoever asked it now would fail, and poll no more.
            seen.service?.service.store.close()
            let before = seen.bench.events.all.count
            try await seen.pass(60)
            let events = seen.bench.events.all[before...]
            let polls = events.filter { if case .polled(_, _, 1..., _, _) = $0 { true } else { false } }.count
            let failures = events.filter { if case .pollFailed = $0 { true } else { false } }.count
            #expect(polls >= 25)
            #expect(failures == 0)
            await seen.close()
        }

        @Test func `looks at a head that says what it said, where something else was seen meanwhile`() async throws {
            let seen = try await Observatory(watch: "[generation, character]")
            seen.api.edit { $0.characters = [seen.row("char_0", "ready", created: -10)] }
            try await seen.start()
            try await seen.pass(40)
            for round in 1...3 {
                seen.api.edit { $0.characters[0].status = "reviewing" }
                _ = seen.hint("character.completed", ["id": "char_0"])
                try await eventually("told by id") { seen.told("reviewing").count == round }
                seen.api.edit { $0.characters[0].status = "ready" }
                try await seen.pass(40)
            }
            #expect(seen.told("reviewing") == ["char_0", "char_0", "char_0"])
            await seen.close()
        }

        @Test func `does not sweep again and again what its head shows whole`() async throws {
            let seen = try await Observatory()
            seen.api.edit { $0.generations = (0..<5).map { seen.row("img_\($0)", "succeeded", created: -Double($0)) } }
            try await seen.start()
            try await seen.pass(900, step: 5)
            seen.api.forgetRequests()
            try await seen.pass(600, step: 0.5)
            #expect(seen.api.requests.count <= 42)
            await seen.close()
        }

        @Test func `asks for forty rows below the head by page`() async throws {
            let seen = try await Observatory()
            seen.api.edit { world in
                world.generations = (0..<500).map { number in
                    let isLive = (200..<360).contains(number) && number % 4 == 0
                    return seen.row(
                        "img_\(1000 + number)", isLive ? "processing" : "succeeded", created: -Double(number) / 10)
                }
            }
            try await seen.start()
            try await seen.pass(20)
            seen.api.forgetRequests()
            try await seen.pass(10)
            #expect(!seen.api.requests.contains { $0.path.split(separator: "/").count > 2 })
            #expect(seen.api.requests.count <= 5 * 3)
            seen.api.edit { world in
                for index in world.generations.indices { world.generations[index].status = "succeeded" }
            }
            try await seen.pass(5)
            #expect(seen.told("ended").count == 40)
            await seen.close()
        }

        @Test func `leaves a video alone while nothing like it has ever ended, and looks closely when it may`()
            async throws
        {
            let seen = try await Observatory()
            seen.api.edit { world in
                world.generations = (0..<60).map { number in
                    seen.row(
                        "vid_\(number)", "succeeded", created: -400 - Double(number),
                        completed: -220 - Double(number % 30))
                }
            }
            try await seen.start()
            seen.api.edit { $0.generations.append(seen.row("vid_new", "processing", created: 1)) }
            try await seen.pass(16)
            seen.api.forgetRequests()
            try await seen.pass(90)
            #expect(seen.api.requests.count <= 8)
            try await seen.pass(64)
            seen.api.forgetRequests()
            try await seen.pass(10)
            #expect(seen.api.requests.count >= 4)
            seen.api.edit { $0.generations[0].status = "succeeded" }
            try await seen.pass(2.5)
            #expect(seen.told("ended") == ["vid_new"])
            await seen.close()
        }

        @Test func `evaluates what is settled without asking`() async throws {
            let seen = try await Observatory()
            seen.api.edit { world in
                world.generations = (0..<150).map { number in
                    seen.row("img_\(number)", "succeeded", created: -5000 - Double(number), completed: -4000)
                }
            }
            try await seen.start(
                rules: """
                    rules:
                      - { name: odd, watch: generation, when: 'int(now) % 7 == 3 && self.status == "succeeded"', title: "${self.id}" }
                    """)
            seen.api.forgetRequests()
            try await seen.pass(3700, step: 10)
            #expect(!seen.api.requests.contains { $0.path.split(separator: "/").count > 2 })
            await seen.close()
        }

        @Test func `says once that a listing has no end, and goes on with what is new`() async throws {
            let seen = try await Observatory(budget: 1)
            seen.api.edit { $0.generations = [seen.row("img_0", "processing", created: -10)] }
            try await seen.start()
            try await seen.pass(4)
            seen.api.setLie { $0.path == "v1/images" ? .endless : nil }
            try await seen.pass(45)
            let said = seen.bench.events.all.count { if case .oddListing = $0 { true } else { false } }
            #expect(said == 1)
            #expect(seen.api.requests.count < 1200)
            seen.api.setLie(nil)
            seen.api.edit { $0.generations[0].status = "failed" }
            try await seen.pass(20)
            #expect(seen.told("ended").contains("img_0"))
            await seen.close()
        }

        @Test(arguments: ["more", "empty", "circle", "foreign"])
        func `finds all that is new behind cursors that lead nowhere`(kind: String) async throws {
            let seen = try await Observatory(budget: 1)
            seen.api.edit { $0.generations = [seen.row("img_0", "processing", created: -10)] }
            try await seen.start()
            seen.api.edit { world in
                world.generations += (0..<350).map {
                    seen.row("img_new_\(1000 - $0)", "failed", created: 1 - Double($0) / 1000)
                }
            }
            seen.api.setLie { request in
                switch kind {
                case "more": .moreWithoutCursor
                case "empty": request.cursor?.hasPrefix("cursor_") == true || request.cursor == nil ? nil : .duplicate
                case "circle": .cursor("img_0")
                default: .cursor("char_01HXMQ7Z3K8Y2NABCDEFGHJKM1")
                }
            }
            try await seen.pass(20)
            let told = seen.told("ended")
            #expect(Set(told).count == 350)
            #expect(told.count == 350)
            await seen.close()
        }

        @Test func `tells what happened meanwhile in the order in which it happened`() async throws {
            let seen = try await Observatory()
            seen.api.edit { world in
                world.generations = (0..<250).map { seen.row("img_\(1000 + $0)", "processing", created: -Double($0)) }
            }
            try await seen.start()
            try await seen.pass(10)
            seen.api.setLie { _ in .dead }
            try await seen.pass(60)
            var chance = SeededRandom(seed: 5)
            seen.api.edit { world in
                world.generations += (0..<150).map {
                    seen.row("vid_\(1000 + $0)", "processing", created: 12 + Double($0) / 10)
                }
                for index in world.generations.indices {
                    world.generations[index].status = chance.oneIn(3) ? "failed" : "succeeded"
                    world.generations[index].completedAt = Sample.noon.advanced(
                        by: .milliseconds(Int.random(in: 30_000...60_000, using: &chance)))
                }
            }
            let completed = { (id: String) -> Timestamp in
                var time = Sample.noon
                seen.api.edit { world in time = world.generations.first { $0.id == id }?.completedAt ?? Sample.noon }
                return time
            }
            seen.api.setLie(nil)
            try await seen.pass(60)
            let told = seen.told("ended")
            #expect(told.count == 400)
            let times = told.map(completed)
            #expect(times == times.sorted())
            var stamps: [Timestamp] = []
            for case .decided(let decided) in seen.bench.events.all { stamps.append(decided.notification.timestamp) }
            #expect(stamps == stamps.sorted())
            await seen.close()
        }

        @Test(arguments: [true, false])
        func `tells generations and characters in one order after an outage`(isRestart: Bool) async throws {
            let seen = try await Observatory(watch: "[generation, character]")
            seen.api.edit { world in
                world.generations = (0..<60).map { seen.row("img_\(100 + $0)", "processing", created: -Double($0)) }
                world.characters = (0..<60).map { seen.row("char_\(100 + $0)", "synthesizing", created: -Double($0)) }
            }
            try await seen.start()
            try await seen.pass(10)
            if isRestart {
                await seen.end()
            } else {
                seen.api.setLie { _ in .dead }
                try await seen.pass(60)
            }
            var chance = SeededRandom(seed: 5)
            var times: [String: Timestamp] = [:]
            seen.api.edit { world in
                let time = { Sample.noon.advanced(by: .milliseconds(Int.random(in: 12_000...50_000, using: &chance))) }
                for index in world.generations.indices {
                    world.generations[index].status = "failed"
                    world.generations[index].completedAt = time()
                    times[world.generations[index].id] = world.generations[index].completedAt
                    world.characters[index].status = "reviewing"
                    world.characters[index].updatedAt = time()
                    times[world.characters[index].id] = world.characters[index].updatedAt
                }
            }
            seen.api.setLie(nil)
            if isRestart { try await seen.start() }
            try await seen.pass(60)
            let told: [String] = seen.bench.events.all.compactMap {
                if case .decided(let decided) = $0 { decided.notification.alerts.first?.resource.id } else { nil }
            }
            #expect(told.count == 120)
            #expect(told.compactMap { times[$0] } == times.values.sorted())
            await seen.close()
        }

        @Test func `does not hold back one listing for long where the other stays dead`() async throws {
            let seen = try await Observatory(watch: "[generation, character]")
            seen.api.edit { world in
                world.generations = [seen.row("img_0", "processing", created: -5)]
                world.characters = [seen.row("char_0", "ready", created: -5)]
            }
            try await seen.start()
            try await seen.pass(10)
            seen.api.setLie { _ in .dead }
            try await seen.pass(60)
            seen.api.edit { $0.generations[0].status = "failed" }
            seen.api.setLie { $0.path.hasPrefix("v1/characters") ? .dead : nil }
            try await seen.pass(32)
            #expect(seen.told("ended") == ["img_0"])
            await seen.close()
        }

        @Test func `keeps what it takes of the bucket where a crash cannot give it again`() async throws {
            let seen = try await Observatory(tellsLimits: false)
            seen.api.edit { world in
                world.generations = (0..<8000).map { seen.row("img_\(10_000 + $0)", "succeeded", created: -Double($0)) }
            }
            try await seen.start()
            try await seen.pass(1, step: 0.1)
            let asked = seen.api.requests.count
            #expect(asked >= 40)
            let facts = try await seen.service?.service.store.facts(prefix: "budget/studio/general") ?? []
            let record = try #require(facts.first.flatMap { BucketRecord(document: $0.value) })
            let passed = seen.bench.clock.wall.duration(since: record.at) / .seconds(1)
            #expect(record.spent - 5 * passed >= Double(asked) - 5 * seen.bench.clock.seconds - 1)
            await seen.close()
        }
    }
}

extension `On a moved clock` {
    @Suite(.timeLimit(.minutes(30))) struct `Hints of the API` {
        /// A watch over two generations in flight, one of them below the head, and one that has ended.
        private func observatory() async throws -> Observatory {
            let seen = try await Observatory(watch: "[generation, character]")
            seen.api.edit { world in
                world.generations = (0..<150).map { seen.row("img_\($0)", "succeeded", created: -Double($0)) }
                world.generations[0].status = "processing"
                world.generations[120].status = "processing"
                world.characters = [seen.row("char_0", "ready", created: -10)]
            }
            try await seen.start()
            try await seen.pass(1, step: 0.5)
            seen.api.forgetRequests()
            return seen
        }

        @Test func `ask at once, by id, for what they name`() async throws {
            let seen = try await observatory()
            seen.api.edit { $0.generations[120].status = "failed" }
            #expect(seen.hint("image.failed", ["id": "img_120"]) == .accepted)
            try await eventually("told without time going by") { seen.told("ended") == ["img_120"] }
            try await seen.rest()
            #expect(seen.api.requests.map(\.path) == ["v1/images/img_120"])
            await seen.close()
        }

        @Test func `ask for the head where they name nothing known`() async throws {
            let seen = try await observatory()
            seen.api.edit { $0.generations.append(seen.row("img_new", "failed", created: 1)) }
            #expect(seen.hint("image.failed", ["object": ["id": "img_new"]]) == .accepted)
            try await eventually("told without time going by") { seen.told("ended") == ["img_new"] }
            try await seen.rest()
            #expect(seen.api.requests.allSatisfy { $0.path == "v1/images" })
            await seen.close()
        }

        @Test func `concern one listing, and nothing that has ended`() async throws {
            let seen = try await observatory()
            seen.api.edit { $0.characters[0].status = "reviewing" }
            _ = seen.hint("image.completed", ["id": "img_7"])
            _ = seen.hint("character.completed", ["id": "char_0"])
            try await eventually("told without time going by") { seen.told("reviewing") == ["char_0"] }
            try await seen.rest()
            #expect(seen.api.requests.map(\.path) == ["v1/characters/char_0"])
            await seen.close()
        }

        @Test func `are not lost while a poll is running`() async throws {
            let seen = try await observatory()
            let once = Mutex(true)
            seen.api.setBetween { [weak seen] world in
                let isFirst = once.withLock { once -> Bool in
                    defer { once = false }
                    return once
                }
                guard let seen, isFirst else { return }
                world.generations[120].status = "failed"
                _ = seen.hint("image.failed", ["id": "img_120"])
            }
            _ = seen.hint("image.completed", ["id": "img_0"])
            try await eventually("told without time going by") { seen.told("ended") == ["img_120"] }
            await seen.close()
        }

        @Test func `are each followed at once while they come one by one`() async throws {
            let seen = try await observatory()
            for number in 0..<20 {
                try await seen.pass(0.4, step: 0.1)
                let before = seen.api.requests.count
                _ = seen.hint("image.completed", ["id": .string("unknown_\(number)")])
                try await eventually("asked without time going by") { seen.api.requests.count > before }
            }
            await seen.close()
        }

        @Test func `cost little however many there are`() async throws {
            let seen = try await observatory()
            for number in 0..<10_000 {
                _ = seen.hint(
                    "image.completed",
                    ["id": .string("img_\(number % 3 == 0 ? "unknown_\(number)" : "\(number % 200)")")])
                if number % 100 == 99 { try await seen.pass(0.1, step: 0.1) }
            }
            try await seen.pass(5)
            // Fifteen seconds: one look for every two seconds, of a few requests each.
            #expect(seen.api.requests.count < 60)
            await seen.close()
        }
    }
}

@Suite struct `The reading of a hint` {
    @Test func `is liberal`() {
        let read = { (text: String) in AurousAPI.AurousHint(body: Array(text.utf8)) }
        #expect(read(#"{"id":"evt_1","type":"video.failed","data":{"id":"vid_1"}}"#).id == "vid_1")
        #expect(read(#"{"event":"image.completed","data":{"object":{"id":"img_1"}}}"#).id == "img_1")
        #expect(read(#"{"type":"image.completed","generation_id":"img_1"}"#).id == "img_1")
        #expect(read(#"{"type":"image.completed","data":{"character_id":"char_1"}}"#).id == nil)
        #expect(read(#"{"type":"character.failed","data":{"character_id":"char_1"}}"#).id == "char_1")
        #expect(read(#"{"type":"character.failed","data":"char_1"}"#).id == "char_1")
        #expect(read(#"{"type":"usage.balance_low","data":{"id":"x"}}"#).kinds == [.balance])
        #expect(read(#"{"type":"webhook.endpoint_disabled"}"#).kinds == [])
        #expect(read("not json").kinds == [.generation, .character, .balance])
        #expect(read(#"{"type":"image.failed","data":{"id":7}}"#).id == nil)
    }
}
