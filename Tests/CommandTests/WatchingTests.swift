import Foundation
import SimulatedAurous
import Testing

private let failed = """
    rules:
      - name: failed
        watch: generation
        when: self.status == "failed"
        title: "Failed: ${self.prompt}"
    """

@Suite(.timeLimit(.minutes(30))) struct `A run` {
    @Test func `takes what is there as a baseline and tells what comes after, once and signed`() async throws {
        try await World.with(rules: failed) { world, program async throws in
            world.put("img_old", "failed")
            world.put("img_1", "pending")
            #expect(try await program.run("run", "--once").status == 0)
            #expect(world.receiver.received.isEmpty)

            world.update("img_1", ["status": "failed", "error_message": "Content policy violation"])
            world.put("img_2", "failed")
            #expect(try await program.run("run", "--once").status == 0)
            let received = world.receiver.received
            #expect(received.count == 2)
            #expect(received.allSatisfy { $0.verdict == .verified })
            let resources = received.compactMap { $0.json?["data"]?["alerts"]?.elements?.first?["resource_id"]?.text }
            #expect(Set(resources) == ["img_1", "img_2"])

            #expect(try await program.run("run", "--once").status == 0)
            #expect(world.receiver.received.count == 2)
        }
    }

    @Test func `that is killed in the middle loses nothing, and repeats only under the same id`() async throws {
        try await World.with(rules: failed) { world, program async throws in
            #expect(try await program.run("run", "--once").status == 0)
            world.receiver.setRule { _ in .delayed(milliseconds: 30, status: 204) }
            var expected: Set<String> = []
            for round in 0..<4 {
                for number in 0..<25 {
                    world.put("img_\(round)_\(number)", "failed")
                    expected.insert("img_\(round)_\(number)")
                }
                let running = try program.start(["run"])
                _ = await world.receiver.received(atLeast: world.receiver.received.count + 5)
                running.send(SIGKILL)
                _ = try await running.end()
            }
            world.receiver.setRule(nil)
            #expect(try await program.run("run", "--once").status == 0)
            var bodies: [String: Set<[UInt8]>] = [:]
            var told: Set<String> = []
            for callback in world.receiver.received {
                bodies[callback[header: "webhook-id"] ?? "", default: []].insert(callback.body)
                told.insert(callback.json?["data"]?["alerts"]?.elements?.first?["resource_id"]?.text ?? "")
            }
            #expect(told == expected)
            #expect(bodies.count == expected.count)
            #expect(bodies.values.allSatisfy { $0.count == 1 })
        }
    }

    @Test func `tries again what was not taken, and gives up what was refused`() async throws {
        try await World.with(rules: failed) { world, program async throws in
            #expect(try await program.run("run", "--once").status == 0)
            world.receiver.answer(with: .status(503), .status(204))
            world.put("img_1", "failed")
            let running = try program.start(["run"])
            _ = await world.receiver.received(atLeast: 2)
            world.receiver.answer(with: .status(410))
            world.put("img_2", "failed")
            _ = await world.receiver.received(atLeast: 3)
            running.send(SIGTERM)
            #expect(try await running.end().status == 0)
            let ids = world.notifications
            #expect(ids.count == 3)
            #expect(ids[0] == ids[1])

            let dead = try await program.run("deliveries", "--dead", "--json")
            #expect(dead.output.contains(#""state":"dead""#))
            #expect(try await program.run("replay", "--dead").status == 0)
            #expect(try await program.run("run", "--once").status == 0)
            #expect(world.notifications.last == ids[2])
            #expect(world.notifications.count == 4)
        }
    }

    @Test func `with --dry-run prints the request and leaves everything as it was`() async throws {
        try await World.with(rules: failed) { world, program async throws in
            #expect(try await program.run("run", "--once").status == 0)
            world.put("img_1", "failed", ["prompt": "it's a 'quoted' prompt"])
            let dry = try await program.run("run", "--once", "--dry-run")
            #expect(dry.status == 0)
            #expect(dry.output.contains("curl"))
            #expect(!dry.all.contains(World.secret))
            #expect(world.receiver.received.isEmpty)
            #expect(try await program.run("run", "--once").status == 0)
            #expect(world.receiver.received.count == 1)
        }
    }

    @Test func `with --dry-run shows no secret, however the request writes it`() async throws {
        let sink = #"""
            odd:
              kind: http
              settings: { token: { env: ODD } }
              request: { url: "http://127.0.0.1:9/", json: { a: "${settings.token}", b: [ "x${settings.token}y" ] } }
            """#.replacing("\n", with: "\n  ")
        try await World.with(rules: failed, extra: sink) { _, program async throws in
            var program = program
            program.environment["ODD"] = #"SECRET"tok\en</99>"#
            let dry = try await program.run("sink", "test", "odd", "--dry-run")
            #expect(dry.status == 0, "\(dry.all)")
            #expect(dry.output.contains("***"))
            for part in ["SECRET", "tok", "99"] { #expect(!dry.all.contains(part), "\(dry.all)") }
        }
    }

    @Test func `stops within ten seconds when it is told to, also while a receiver hangs`() async throws {
        try await World.with(rules: failed) { world, program async throws in
            #expect(try await program.run("run", "--once").status == 0)
            world.receiver.setRule { _ in .hang }
            world.put("img_1", "failed")
            let running = try program.start(["run"])
            _ = await world.receiver.received(atLeast: 1)
            let asked = ContinuousClock.now
            running.send(SIGTERM)
            #expect(try await running.end().status == 0)
            #expect(ContinuousClock.now - asked < .seconds(10))
            world.receiver.setRule(nil)
            #expect(try await program.run("run", "--once").status == 0)
            #expect(Set(world.notifications).count == 1)
        }
    }

    @Test func `with --once ends in order when it is told to before it is done`() async throws {
        try await World.with(rules: failed) { world, program async throws in
            world.api.inject(.hang, times: 2)
            let running = try program.start(["run", "--once"])
            _ = await world.api.requests(atLeast: 1)
            running.send(SIGTERM)
            #expect(try await running.end().status == 3)
            #expect(running.errorText.contains("stopped before the poll was complete"))
            #expect(try await program.run("run", "--once").status == 0)
        }
    }

    @Test func `puts rules in force that come into a folder, and refuses those that are wrong as a whole`() async throws
    {
        try await World.with(rules: failed) { world, program async throws in
            let path = world.folder.appendingPathComponent("auspex.yaml")
            let folder = world.folder.appendingPathComponent("more")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
            try String(contentsOf: path, encoding: .utf8).replacing("[rules.yaml]", with: "[rules.yaml, more]")
                .write(to: path, atomically: true, encoding: .utf8)
            let running = try program.start(["run"])
            _ = await world.api.requests(atLeast: 2)

            let rule = "rules: [{ name: done, watch: generation, when: self.status == \"succeeded\" }]"
            let file = folder.appendingPathComponent("done.yaml")
            try rule.write(to: file, atomically: true, encoding: .utf8)
            try await running.says("the new rules are in force")
            try rule.replacing("succeeded", with: "sukceeded").replacing("self.status", with: "self.statos")
                .write(to: file, atomically: true, encoding: .utf8)
            try await running.says("refused; the old one stays in force")
            world.put("img_1", "succeeded")
            world.put("img_2", "failed")
            _ = await world.receiver.received(atLeast: 2)
            let rules = world.receiver.received.compactMap {
                $0.json?["data"]?["rule"]?["name"]?.text
            }
            #expect(Set(rules) == ["done", "failed"])
            running.send(SIGTERM)
            #expect(try await running.end().status == 0)
        }
    }

    @Test func `refuses a store that another one uses`() async throws {
        try await World.with(rules: failed) { world, program async throws in
            let running = try program.start(["run"])
            _ = await world.api.requests(atLeast: 2)
            let second = try await program.run("run", "--once")
            #expect(second.status == 3)
            #expect(second.errors.contains("in use"))
            running.send(SIGTERM)
            #expect(try await running.end().status == 0)
        }
    }

    @Test func `puts changed rules in force, and keeps the old ones where the new are wrong`() async throws {
        try await World.with(rules: failed) { world, program async throws in
            let running = try program.start(["run"])
            _ = await world.api.requests(atLeast: 2)
            let rules = world.folder.appendingPathComponent("rules.yaml")
            try failed.replacingOccurrences(of: "self.status", with: "self.statsu")
                .write(to: rules, atomically: true, encoding: .utf8)
            running.send(SIGHUP)
            try await waitUntil { running.errorText.contains("old one stays in force") }
            world.put("img_1", "failed")
            _ = await world.receiver.received(atLeast: 1)
            try failed.replacingOccurrences(of: "Failed:", with: "Broken:")
                .write(to: rules, atomically: true, encoding: .utf8)
            running.send(SIGHUP)
            try await waitUntil { running.errorText.contains("is in force") }
            world.put("img_2", "failed")
            let received = await world.receiver.received(atLeast: 2)
            #expect(received[1].json?["data"]?["title"]?.text == "Broken: a lighthouse")
            running.send(SIGTERM)
            #expect(try await running.end().status == 0)
        }
    }

    @Test func `tells those who were told that an alert fires that it ended, also when its source is taken away`()
        async throws
    {
        let held = "rules: [{ name: held, watch: generation, when: self.status == \"pending\", for: 1ms }]"
        try await World.with(rules: held) { world, program async throws in
            world.put("img_1", "pending", ["created_at": "2026-01-01T00:00:00Z"])
            #expect(try await program.run("run", "--once").status == 0)
            #expect(world.receiver.received.last?.json?["type"]?.text == "alert.fired")
            let file = world.folder.appendingPathComponent("auspex.yaml")
            let text = try String(contentsOf: file, encoding: .utf8)
            try text.replacingOccurrences(of: "name: studio", with: "name: other")
                .write(to: file, atomically: true, encoding: .utf8)
            #expect(try await program.run("run", "--once").status == 0)
            let types = world.receiver.received.compactMap { $0.json?["type"]?.text }
            #expect(types.filter { $0 == "alert.resolved" }.count == 1)
            #expect(!(try await program.run("alerts", "--json")).output.contains(#""source":"studio""#))
        }
    }

    @Test func `tells by another sink that the API is down, and by status that it is`() async throws {
        let down = "rules: [{ name: down, watch: source, when: \"!self.reachable\", for: 300ms, notify: [local] }]"
        try await World.with(rules: down, extra: "local: { kind: file, path: alerts.jsonl }") {
            world, program async throws in
            let alerts = world.folder.appendingPathComponent("alerts.jsonl")
            let running = try program.start(["run"])
            _ = await world.api.requests(atLeast: 4)
            world.api.setFaultRule { _ in .close }
            try await waitUntil { (try? String(contentsOf: alerts, encoding: .utf8))?.contains("alert.fired") ?? false }
            let line = try String(contentsOf: alerts, encoding: .utf8)
            #expect(line.contains(#""kind":"source""#) && line.contains(#""resource_id":"studio""#))
            #expect(line.contains(#""last_error_kind":"network""#))
            #expect(line.split(separator: "\n").count == 1)
            let listed = try await program.run("alerts", "--json")
            #expect(listed.output.contains(#""rule":"down""#))
            let status = try await program.run("status", "--json")
            #expect(status.output.contains(#""id":"source/studio/generation""#))
            #expect(!status.output.contains(#""id":"source/studio/source""#))
            world.api.setFaultRule(nil)
            try await waitUntil {
                (try? String(contentsOf: alerts, encoding: .utf8))?.contains("alert.resolved") ?? false
            }
            running.send(SIGTERM)
            #expect(try await running.end().status == 0)
        }
    }

    @Test func `watches the balance where it is asked to`() async throws {
        let low = "rules: [{ name: low, watch: balance, when: self.available_credits < 100.0, for: 200ms }]"
        try await World.with(rules: low) { world, program async throws in
            let file = world.folder.appendingPathComponent("auspex.yaml")
            try String(contentsOf: file, encoding: .utf8)
                .replacingOccurrences(of: "budget: 1", with: "budget: 1\n    watch: [balance]")
                .write(to: file, atomically: true, encoding: .utf8)
            world.api.withWorld(of: "studio") { $0.balance.creditHundredths = 50_000 }
            let running = try program.start(["run"])
            _ = await world.api.requests(atLeast: 3)
            #expect(world.receiver.received.isEmpty)
            world.api.withWorld(of: "studio") { $0.balance.creditHundredths = 9_900 }
            let fired = await world.receiver.received(atLeast: 1)
            #expect(fired.first?.json?["data"]?["alerts"]?.elements?.first?["kind"]?.text == "balance")
            world.api.withWorld(of: "studio") { $0.balance.creditHundredths = 50_000 }
            let both = await world.receiver.received(atLeast: 2)
            #expect(both.last?.json?["type"]?.text == "alert.resolved")
            running.send(SIGTERM)
            #expect(try await running.end().status == 0)
        }
    }

    @Test func `says that the key is refused, and goes on by itself once it is not`() async throws {
        try await World.with(rules: failed) { world, program async throws in
            world.api.setKey(World.key, .revoked)
            let once = try await program.run("run", "--once")
            #expect(once.status == 3)
            #expect(once.errors.contains("revoked_api_key"))
            #expect(!once.all.contains(World.key))
            world.api.setKey(World.key, .active)
            #expect(try await program.run("run", "--once").status == 0)
        }
    }
}

/// Waits for something that another process does.
func waitUntil(
    _ condition: () -> Bool, otherwise: () -> String = { "" }, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while !condition() {
        try #require(
            ContinuousClock.now < deadline, "it did not happen within two minutes\n\(otherwise())",
            sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(10))
    }
}
