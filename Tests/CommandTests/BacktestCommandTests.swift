import Foundation
import SimulatedAurous
import Testing

@Suite(.timeLimit(.minutes(30))) struct `auspex backtest` {
    private static let rules = "rules: [{ name: failed, watch: generation, when: self.status == \"failed\" }]\n"
    private static let others = """
        rules:
          - { name: failed, watch: generation, when: 'self.status == "failed" && self.id == "img_1"' }
          - { name: made, watch: generation, when: 'old == null', title: "${self.id} came" }
        """

    /// A store that has seen three generations, two of them failed, and another rule file beside its own.
    private func world(_ body: (World, Program) async throws -> Void) async throws {
        try await World.with(rules: Self.rules) { world, program async throws in
            try Self.others.write(
                to: world.folder.appendingPathComponent("other.yaml"), atomically: true, encoding: .utf8)
            _ = try await program.run("run", "--once")
            for (id, status) in [("img_1", "failed"), ("img_2", "failed"), ("img_3", "succeeded")] {
                world.put(id, status)
            }
            #expect(try await program.run("run", "--once").status == 0)
            try await body(world, program)
        }
    }

    private func rows(_ text: String) throws -> [[String: Any]] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
    }

    @Test func `tells what the rules in force have said, and what others would have`() async throws {
        try await world { world, program in
            let said = try await program.run("backtest", "--since", "1h")
            #expect(said.status == 0, "\(said.all)")
            #expect(said.output.contains("3 changes, 1 rule"))
            #expect(said.output.contains("team 2"))

            let other = try await program.run("backtest", "other.yaml", "--against", "auspex.yaml", "--json")
            #expect(other.status == 0, "\(other.all)")
            let rows = try rows(other.output)
            #expect(rows.map { $0["id"] as? String } == ["failed", "made"])
            #expect(rows.map { $0["fired"] as? Int } == [1, 3])
            let against = try #require(rows[0]["against"] as? [String: Any])
            #expect(against["kept"] as? Int == 1 && (against["removed"] as? [Any])?.count == 1)
            #expect((rows[1]["against"] as? [String: Any])?["is_new"] as? Bool == true)
            // Nothing was sent by it: what has arrived is what the watch has said.
            #expect(world.receiver.received.count == 2)
        }
    }

    @Test func `lists the alerts of a rule that is named`() async throws {
        try await world { _, program in
            let said = try await program.run("backtest", "--rule", "made", "other.yaml")
            #expect(said.status == 0, "\(said.all)")
            #expect(said.output.contains("img_1 came") && said.output.contains("img_3 came"))
            #expect(!said.output.contains("failed"))
        }
    }

    @Test func `says what is wrong with what it was asked`() async throws {
        try await world { _, program in
            let name = try await program.run("backtest", "--rule", "faild")
            #expect(name.status == 1 && name.errors.contains("did you mean 'failed'?"))
            let since = try await program.run("backtest", "--since", "yesterday")
            #expect(since.status == 2 && since.errors.contains("such as 30m"))
            let file = try await program.run("backtest", "nowhere.yaml")
            #expect(file.status == 1 && file.errors.contains("nowhere.yaml"))
            let old = try await program.run("backtest", "--against", "nowhere.yaml")
            #expect(old.status == 1 && old.errors.contains("nowhere.yaml"))
        }
    }
}
