import Foundation
import SimulatedAurous
import Testing

private let failed = "rules: [{ name: failed, watch: generation, when: self.status == \"failed\" }]"

@Suite(.timeLimit(.minutes(30))) struct `A copy of the store, made by command` {
    @Test func `is made beside a watcher, overwrites nothing, and put back repeats only what is in doubt`() async throws
    {
        try await World.with(rules: failed) { world, program async throws in
            let running = try program.start(["run"])
            _ = await world.api.requests(atLeast: 2)
            try await waitUntil { running.errorText.contains("baseline is complete") }
            world.put("img_1", "failed")
            _ = await world.receiver.received(atLeast: 1)
            // What is on its way when the copy is made.
            world.receiver.setRule { _ in .status(503) }
            world.put("img_2", "failed")
            _ = await world.receiver.received(atLeast: 2)
            let backup = try await program.run("backup", "copy.db")
            #expect(backup.status == 0, "\(backup.all)")
            #expect(backup.output.contains("1 delivery on its way"))
            #expect(try await program.run("backup", "copy.db").status == 1)
            let refused = try await program.run("restore", "copy.db")
            #expect(refused.status == 3)
            #expect(refused.errors.contains("in use"))
            // Delivered since.
            world.receiver.setRule(nil)
            try await waitUntil { world.delivered.count == 2 }
            // Its own time tells that it is nothing new: what tells none and is seen after a restore is.
            let time = WorldTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)).description
            world.put("img_3", "failed", ["created_at": .string(time), "completed_at": .string(time)])
            try await waitUntil { world.delivered.count == 3 }
            running.send(SIGTERM)
            #expect(try await running.end().status == 0)

            let before = world.receiver.received
            let restored = try await program.run("restore", "copy.db")
            #expect(restored.status == 0, "\(restored.all)")
            #expect(restored.output.contains("may have arrived since"))
            #expect(try await program.run("run", "--once").status == 0)
            let again = world.receiver.received.dropFirst(before.count)
            let repeated = Set(again.compactMap { $0[header: "webhook-id"] })
            // The one that was on its way, and the one that the copy has never heard of; not the first.
            #expect(again.count == 2)
            #expect(repeated == Set(before.dropFirst().compactMap { $0[header: "webhook-id"] }))
            // What was on its way says the same; what is decided anew has a time of its own.
            let waiting = try #require(before.dropFirst().first)
            let sentAgain = again.first { $0[header: "webhook-id"] == waiting[header: "webhook-id"] }
            #expect(sentAgain?.body == waiting.body)
            #expect(try await program.run("run", "--once").status == 0)
            #expect(world.receiver.received.count == before.count + 2)
        }
    }

    @Test func `with --hold sends nothing that may have arrived, until a person replays it`() async throws {
        try await World.with(rules: failed) { world, program async throws in
            #expect(try await program.run("run", "--once").status == 0)
            world.receiver.setRule { _ in .status(503) }
            world.put("img_1", "failed")
            #expect(try await program.run("run", "--once").status == 0)
            #expect(try await program.run("backup", "copy.db").status == 0)
            world.receiver.setRule(nil)
            #expect(try await program.run("restore", "--hold", "copy.db").status == 0)
            let before = world.receiver.received.count
            #expect(try await program.run("run", "--once").status == 0)
            #expect(world.receiver.received.count == before)
            #expect(try await program.run("replay", "--dead").status == 0)
            #expect(try await program.run("run", "--once").status == 0)
            #expect(world.delivered.count == 1)
        }
    }
}

@Suite(.timeLimit(.minutes(30))) struct `A check-up` {
    private func verdicts(_ run: Program.Run) throws -> [String: String] {
        let rows = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]] ?? []
        var verdicts: [String: String] = [:]
        for row in rows {
            if let id = row["id"] as? String { verdicts[id] = row["verdict"] as? String }
        }
        return verdicts
    }

    @Test func `finds nothing wrong where nothing is, and sends nothing`() async throws {
        let extra = """
            here: { kind: file, path: alerts.jsonl }
              job: { kind: exec, command: [/bin/true] }
            """
        try await World.with(rules: failed, extra: extra) { world, program async throws in
            let running = try program.start(["run"])
            try await waitUntil { running.errorText.contains("baseline is complete") }
            let doctor = try await program.run("doctor", "--json")
            #expect(doctor.status == 0, "\(doctor.all)")
            let found = try verdicts(doctor)
            for id in [
                "source/studio/generation", "source/studio/character", "source/studio/clock", "sink/team/reach",
                "sink/here/reach", "sink/job/reach", "store", "watcher", "sink/team/owed",
            ] { #expect(found[id] == "ok", "\(id): \(doctor.output)") }
            #expect(world.receiver.received.isEmpty)
            #expect(!doctor.all.contains(World.secret) && !doctor.all.contains(World.key))
            running.send(SIGTERM)
            #expect(try await running.end().status == 0)
            let text = try await program.run("doctor")
            #expect(text.output.contains("nobody watches with this store"))
            #expect(text.status == 0)
        }
    }

    @Test func `says which key is refused, which sink is down, and what is owed`() async throws {
        try await World.with(rules: failed, extra: "gone: { kind: webhook, url: \"http://127.0.0.1:9/x\" }") {
            world, program async throws in
            #expect(try await program.run("run", "--once").status == 0)
            world.receiver.setRule { _ in .status(400) }
            world.put("img_1", "failed")
            #expect(try await program.run("run", "--once").status == 0)
            world.api.setKey(World.key, .revoked)
            let doctor = try await program.run("doctor", "--json")
            #expect(doctor.status == 3)
            let found = try verdicts(doctor)
            #expect(found["source/studio/generation"] == "failed")
            #expect(found["sink/gone/reach"] == "failed")
            #expect(found["sink/team/reach"] == "ok")
            #expect(found["sink/team/owed"] == "warning")
            #expect(found["store"] == "ok")
            #expect(doctor.output.contains("revoked_api_key"))
            #expect(doctor.output.contains("auspex deliveries --dead --sink team"))
        }
    }

    @Test func `says that the configuration is wrong, and looks at the store all the same`() async throws {
        try await World.with(rules: failed) { world, program async throws in
            #expect(try await program.run("run", "--once").status == 0)
            try "rules: [{ name: x, watch: generation, when: self.statsu == 1 }]".write(
                to: world.folder.appendingPathComponent("rules.yaml"), atomically: true, encoding: .utf8)
            let doctor = try await program.run("doctor", "--json")
            #expect(doctor.status == 1)
            let found = try verdicts(doctor)
            #expect(found["configuration"] == "failed")
            #expect(found["store"] == "ok")
            // A copy is all in one file, so that its pages can be found.
            #expect(try await program.run("backup", "copy.db").status == 0)
            var bytes = try Data(contentsOf: world.folder.appendingPathComponent("copy.db"))
            let half = bytes.count / 8192 * 4096
            bytes.replaceSubrange(half..<half + 4096, with: Data(repeating: 0xA5, count: 4096))
            for suffix in ["-wal", "-shm"] {
                try? FileManager.default.removeItem(at: world.folder.appendingPathComponent("auspex.db" + suffix))
            }
            try bytes.write(to: world.folder.appendingPathComponent("auspex.db"))
            let damaged = try await program.run("doctor")
            #expect(damaged.output.contains("is damaged"), "\(damaged.all)")
        }
    }
}

extension World {
    /// The ids that were taken with a 2xx.
    fileprivate var delivered: Set<String> {
        Set(receiver.received.filter { $0.status / 100 == 2 }.compactMap { $0[header: "webhook-id"] })
    }
}
