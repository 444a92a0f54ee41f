import Foundation
import SimulatedAurous
import Testing

private let stuck = """
    rules:
      - { name: stuck, watch: character, when: self.status == "reviewing", for: 30m }
      - { name: failed, watch: generation, when: self.status == "failed" }
    """

@Suite(.timeLimit(.minutes(30))) struct `The command line` {
    @Test func `explains every command with an example`() async throws {
        try await World.with(rules: stuck) { _, program async throws in
            let commands = [
                ["demo"], ["init"], ["run"], ["check"], ["status"], ["alerts"], ["deliveries"], ["replay"], ["eval"],
                ["plan"], ["explain"],
                ["silence", "add"], ["silence", "list"], ["silence", "expire"],
                ["sink", "list"], ["sink", "test"], ["simulate"], ["test"],
            ]
            for command in commands {
                let help = try await program.run(command + ["--help"])
                #expect(help.status == 0)
                #expect(help.output.contains("auspex \(command.joined(separator: " "))"), "\(command)")
                #expect(help.output.contains("xample"), "\(command)")
            }
        }
    }

    @Test func `makes, lists and ends a silence, and tells what is wrong with one`() async throws {
        try await World.with(rules: stuck) { world, program async throws in
            #expect(try await program.run("run", "--once").status == 0)
            let wrong = try await program.run("silence", "add", "severty == 'info'", "--for", "1h", "--comment", "x")
            #expect(wrong.status == 1)
            #expect(wrong.errors.contains("did you mean 'severity'?") && wrong.errors.contains("^"), "\(wrong.errors)")
            let unbounded = try await program.run("silence", "add", "true", "--comment", "x")
            #expect(unbounded.status == 2)
            let made = try await program.run(
                "silence", "add", "rule.name == 'failed'", "--for", "1h", "--comment", "known", "--author", "ada")
            #expect(made.status == 0, "\(made.all)")
            world.put("img_9", "failed")
            #expect(try await program.run("run", "--once").status == 0)
            #expect(world.receiver.received.isEmpty)
            let alerts = try await program.run("alerts")
            #expect(alerts.output.contains("silenced by sil_"), "\(alerts.output)")
            #expect(try await program.run("status").output.contains("not told yet: 1 silenced"))
            let listed = try await program.run("silence", "list", "--json")
            #expect(listed.output.contains("\"author\":\"ada\"") && listed.output.contains("\"state\":\"active\""))
            let id = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(try await program.run("silence", "expire", id).status == 0)
            #expect(try await program.run("silence", "expire", id).status == 1)
            #expect(try await program.run("run", "--once").status == 0)
            #expect(world.receiver.received.count == 1)
        }
    }

    @Test func `plans what a configuration would do, and refuses one that is wrong`() async throws {
        try await World.with(rules: stuck) { world, program async throws in
            #expect(try await program.run("run", "--once").status == 0)
            world.put("img_9", "failed")
            #expect(try await program.run("run", "--once").status == 0)
            let same = try await program.run("plan")
            #expect(same.status == 0 && same.output.contains("rules: as they are"), "\(same.all)")
            let rules = world.folder.appendingPathComponent("rules.yaml")
            try "rules: [{ name: other, watch: generation, when: self.status == 'expired' }]"
                .write(to: rules, atomically: true, encoding: .utf8)
            let plan = try await program.run("plan")
            #expect(plan.output.contains("+ other") && plan.output.contains("- stuck"), "\(plan.all)")
            #expect(plan.output.contains("ends") && plan.output.contains("img_9"))
            try "rules: [{ name: other }]".write(to: rules, atomically: true, encoding: .utf8)
            #expect(try await program.run("plan").status == 1)
        }
    }

    @Test func `ends with 2 where it is used wrongly, and 1 where the input is wrong`() async throws {
        try await World.with(rules: stuck) { world, program async throws in
            #expect(try await program.run("run", "--nonsense").status == 2)
            #expect(try await program.run("replay").status == 2)
            #expect(try await program.run("run", "--config", "missing.yaml").status == 1)
            #expect(try await program.run("replay", "dlv_nothing").status == 3, "there is no store yet")
            #expect(try await program.run("run", "--once").status == 0)
            #expect(try await program.run("replay", "dlv_nothing").status == 1)
            #expect(try await program.run("sink", "test", "tema").errors.contains("did you mean 'team'?"))
        }
    }

    @Test func `begins with files that are in order, and overwrites none`() async throws {
        try await World.with(rules: stuck) { world, program async throws in
            #expect(try await program.run("init", "fresh").status == 0)
            let fresh = Program(folder: world.folder.appendingPathComponent("fresh"), environment: program.environment)
            let check = try await fresh.run("check")
            #expect(check.status == 0, "\(check.all)")
            let mine = world.folder.appendingPathComponent("fresh/auspex.yaml")
            try "mine".write(to: mine, atomically: true, encoding: .utf8)
            #expect(try await program.run("init", "fresh").errors.contains("kept"))
            let kept = try String(contentsOf: mine, encoding: .utf8)
            #expect(kept == "mine")
        }
    }

    @Test func `begins with the very files of the repository`() async throws {
        try await World.with(rules: stuck) { world, program async throws in
            #expect(try await program.run("init", "fresh").status == 0)
            let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
            for (written, kept) in [
                ("auspex.yaml", "deploy/auspex.yaml"), ("rules/generations.yaml", "rules/generations.yaml"),
                ("rules/characters.yaml", "rules/characters.yaml"), ("rules/jobs.yaml", "rules/jobs.yaml"),
                ("rules/balance.yaml", "rules/balance.yaml"),
                ("rules/auspex-itself.yaml", "rules/auspex-itself.yaml"), ("rules/windows.yaml", "rules/windows.yaml"),
            ] {
                let mine = try String(contentsOf: world.folder.appending(path: "fresh/\(written)"), encoding: .utf8)
                let theirs = try String(contentsOf: root.appending(path: kept), encoding: .utf8)
                #expect(mine == theirs, "\(written)")
            }
        }
    }

    @Test func `shows tables to people and one array to programs, every row with an id`() async throws {
        try await World.with(rules: stuck) { world, program async throws in
            _ = world.api.withWorld(of: "studio") { api in
                api.put(character: [
                    "id": "char_1", "status": "reviewing", "name": "Aurora\u{1b}[31m",
                    "updated_at": "2026-01-01T00:00:00Z", "created_at": "2026-01-01T00:00:00Z",
                ])
            }
            #expect(try await program.run("run", "--once").status == 0)
            for command in [["status"], ["alerts"], ["deliveries"]] {
                let table = try await program.run(command)
                #expect(table.status == 0)
                #expect(!table.output.contains("\u{1b}"))
                let json = try await program.run(command + ["--json"])
                let rows = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
                #expect(rows?.isEmpty == false)
                #expect(rows?.allSatisfy { $0["id"] is String } == true)
            }
            #expect(try await program.run("alerts", "--json").output.contains(#""state":"firing""#))
        }
    }

    @Test func `tests a sink, and ends with 3 where it refuses`() async throws {
        try await World.with(rules: stuck) { world, program async throws in
            #expect(try await program.run("sink", "test", "team").status == 0)
            #expect(world.receiver.received.first?.verdict == .verified)
            world.receiver.answer(with: .status(400))
            #expect(try await program.run("sink", "test", "team").status == 3)
            let dry = try await program.run("sink", "test", "team", "--dry-run")
            #expect(dry.status == 0)
            #expect(dry.output.hasPrefix("curl"))
            #expect(world.receiver.received.count == 2)
            world.receiver.answer(with: .status(204))
            let whole = try await program.run("sink", "test", "team", "--resolved")
            #expect(whole.output == "team: delivered\nteam: its end delivered\n")
            let told = world.receiver.received.suffix(2)
            #expect(told.map { $0.json?["type"]?.text } == ["alert.fired", "alert.resolved"])
            #expect(Set(told.map { $0.json?["data"]?["alerts"]?.elements?.first?["id"]?.text }).count == 1)
        }
    }

    @Test func `evaluates expressions`() async throws {
        try await World.with(rules: stuck) { world, program async throws in
            let generation = world.folder.appendingPathComponent("generation.json")
            try #"{"id": "img_1", "status": "failed", "cost": {"amount": 2}}"#
                .write(to: generation, atomically: true, encoding: .utf8)
            #expect(try await program.run("eval", "--let", "n=5u", "n + 1u").output == "6u\n")
            #expect(try await program.run("eval", "--json", "[1, 2.5, \"a\"]").output == "[1,2.5,\"a\"]\n")
            #expect(
                try await program.run("eval", "--generation", generation.path, "self.cost.amount * 1.5").output
                    == "3.0\n")
            let callback = world.folder.appendingPathComponent("callback.json")
            try #"{"type": "alert.fired", "timestamp": "2026-05-04T10:00:15.120Z", "data": {"severity": "critical"}}"#
                .write(to: callback, atomically: true, encoding: .utf8)
            let urgent = #"notification.severity == "critical" && notification.timestamp.getHours() == 10"#
            #expect(try await program.run("eval", "--notification", callback.path, urgent).output == "true\n")
            let misspelt = try await program.run("eval", "--notification", callback.path, "notification.sevrity")
            #expect(misspelt.errors.contains("did you mean 'severity'?"))
            let wrong = try await program.run("eval", "1 + 1.0")
            #expect(wrong.status == 1)
            #expect(wrong.errors.contains("expression:1:"))
            #expect(try await program.run("eval", "--unchecked", "1 == 1.0").output == "true\n")
        }
    }

    @Test func `shows a secret nowhere`() async throws {
        let extra = """
            chat: { kind: slack, url: "http://127.0.0.1:9/services/T00/B00/plainslacksecret" }
            """
        try await World.with(rules: stuck, extra: extra) { world, program async throws in
            var seen = ""
            world.put("img_1", "pending")
            seen += try await program.run("check").all
            seen += try await program.run("run", "--once", "--verbose").all
            world.update("img_1", ["status": "failed"])
            seen += try await program.run("run", "--once", "--dry-run", "--verbose").all
            seen += try await program.run("run", "--once", "--verbose").all
            seen += try await program.run("sink", "test", "chat").all
            for command in ["status", "deliveries", "alerts"] { seen += try await program.run(command, "--json").all }
            for file in ["auspex.db", "auspex.db-wal"] {
                let bytes = try? Data(contentsOf: world.folder.appendingPathComponent(file))
                seen += String(decoding: bytes ?? Data(), as: UTF8.self)
            }
            for secret in [World.key, World.secret, "plainslacksecret"] { #expect(!seen.contains(secret)) }
        }
    }

    @Test(arguments: [
        "kind: slak, url: https://hooks.slack.com/services/T0/B0/pl4insecret",
        "kind: slack, ulr: https://hooks.slack.com/services/T0/B0/pl4insecret",
        "kind: webhook, url: http://example.com/x, secret: [whsec_pl4insecret]",
        "kind: email, server: 'smtps://u:pl4insecret@mail.example.com', from: a@b.c, to: [a@b.c]",
        "kind: webhook, url: https://example.com/x, headers: { X-Token: pl4insecret, 'a b': pl4insecret }",
        "kind: webhook, url: https://example.com/x, secret: { evn: pl4insecret }",
        "kind: webhook, url: https://example.com/x, secret: pl4insecret, retry: 5",
        "kind: webhook, url: https://example.com/x, secret: pl4insecret: x",
    ])
    func `quotes a wrong line without the secret in it`(sink: String) async throws {
        try await World.with(rules: stuck, extra: "bad: { \(sink) }") { _, program async throws in
            let check = try await program.run("check")
            #expect(check.status == 1)
            #expect(check.errors.contains("auspex.yaml:"))
            #expect(!check.all.contains("pl4insecret"))
        }
    }

    @Test func `shows everything at work with nothing set up`() async throws {
        try await World.with(rules: stuck) { _, program async throws in
            let demo = try await program.run("demo", "--for", "3s", "--speed", "60")
            #expect(demo.status == 0)
            #expect(demo.output.contains("stuck-in-review"))
            #expect(demo.output.contains("signature verified"))
            #expect(!demo.output.contains("signature wrong"))
        }
    }
}
