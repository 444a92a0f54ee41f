import CEL
import ConfigurationFiles
import Core
import Engine
import TestSupport
import Testing

@Suite struct `A window in a rule file` {
    private func read(_ members: String, watch: String = "generation", when: String = "n > 0") -> RuleFileReader.Result
    {
        let indented = members.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n    ")
        return RuleFileReader.read(
            FileText(
                name: "rules.yaml",
                text: "rules:\n  - name: r\n    watch: \(watch)\n    when: '\(when)'\n    \(indented)\n"),
            surroundings: .init(sinks: ["team"], notify: ["team"]))
    }

    @Test func `may say all that can be said`() throws {
        let result = read(
            """
            over: 15m
            by: [self.inference_type, 'self.cost.currency']
            measure:
              n: count(self.status == "failed")
              speed: rate(true)
              money: sum(self.cost.amount, self.status == "succeeded")
              pixels: sum(self.width)
              mean: avg(self.duration_ms)
              p95: quantile(0.95, self.duration_ms, self.status == "succeeded")
              first: min(self.created_at)
              longest: max(self.prompt)
              people: distinct(self.character_id)
            for: 5m
            title: "${inference_type} ${currency} ${n} ${samples.size()} ${source} ${now}"
            """,
            when: "n > 10 && money > 2.0 && pixels > 3 && p95 > 60000.0 && first < now && longest != \"\" && people > 1"
        )
        #expect(result.diagnostics.map(\.rendered) == [])
        let rule = try #require(result.rules.first)
        #expect(rule.window?.over == .seconds(900))
        #expect(rule.window?.keys.map(\.name) == ["inference_type", "currency"])
        #expect(
            rule.window?.measures.map(\.resultType) == [
                .int, .double, .double, .int, .nullable(.double), .nullable(.double), .nullable(.timestamp),
                .nullable(.string), .int,
            ])
        #expect(rule.sendsResolved)
    }

    @Test func `may name what it groups by`() throws {
        let rule = try #require(
            read(
                "over: 1h\nby: { long: self.width > 1000, what: 'self.prompt.truncate(10)' }\nmeasure: { n: count(true) }"
            ).rules
                .first)
        #expect(rule.window?.keys.map(\.name) == ["long", "what"])
    }

    @Test func `is another rule when it measures otherwise`() throws {
        func identity(_ members: String) throws -> String {
            let result = read(members)
            return try #require(result.rules.first, "\(result.diagnostics.map(\.rendered))").conditionIdentity
        }
        let one = try identity("over: 1h\nmeasure: { n: count(true) }")
        #expect(try identity("over: 1h\nmeasure: { n: count(true) }\ntitle: other") == one)
        #expect(try identity("over: 2h\nmeasure: { n: count(true) }") != one)
        #expect(try identity("over: 1h\nmeasure: { n: count(self.width > 1) }") != one)
        #expect(try identity("over: 1h\nby: [self.width]\nmeasure: { n: count(true) }") != one)
    }

    /// Every message, as a person reads it.
    @Test func `that is wrong is told where, what and what to do`() throws {
        let cases = [
            ("no measure", "over: 1h"), ("a measure without a window", "measure: { n: count(true) }"),
            ("groups without a window", "by: [self.width]"),
            ("an empty window", "over: 0s\nmeasure: { n: count(true) }"),
            ("a window of a year", "over: 365d\nmeasure: { n: count(true) }"),
            ("no function", "over: 1h\nmeasure: { n: self.width }"),
            ("arithmetic", "over: 1h\nmeasure: { n: count(true) / 2 }"),
            ("a misspelt function", "over: 1h\nmeasure: { n: cuont(true) }"),
            ("a function of others", "over: 1h\nmeasure: { n: increase(self.width) }"),
            ("too few arguments", "over: 1h\nmeasure: { n: quantile(0.5) }"),
            ("none", "over: 1h\nmeasure: { n: count() }"),
            ("too many arguments", "over: 1h\nmeasure: { n: 'sum(self.width, true, true)' }"),
            ("a part above one", "over: 1h\nmeasure: { n: 'quantile(95, self.width)' }"),
            ("a part that is not known", "over: 1h\nmeasure: { n: 'quantile(self.cfg_rescale, self.width)' }"),
            ("a condition that is none", "over: 1h\nmeasure: { n: count(self.width) }"),
            ("a value that is none", "over: 1h\nmeasure: { n: sum(self.prompt) }"),
            ("a misspelt field", "over: 1h\nmeasure: { n: 'count(self.statsu == \"failed\")' }"),
            ("a status that nobody documents", "over: 1h\nmeasure: { n: 'count(self.status == \"faild\")' }"),
            ("the clock in a measure", "over: 1h\nmeasure: { n: 'count(now - self.created_at > duration(\"1h\"))' }"),
            ("a bad name", "over: 1h\nmeasure: { 'a-b': count(true) }"),
            ("a name that is taken", "over: 1h\nmeasure: { source: count(true) }"),
            ("two of one name", "over: 1h\nby: [self.width]\nmeasure: { width: count(true) }"),
            ("a group without a name", "over: 1h\nby: ['self.width / 100']\nmeasure: { n: count(true) }"),
            ("groups by lists", "over: 1h\nby: [self.loras]\nmeasure: { n: count(true) }"),
            ("the baseline", "over: 1h\nbackfill: 1h\nmeasure: { n: count(true) }"),
            ("samples in a title", "over: 1h\nmeasure: { n: count(true) }\ntitle: '${self.id}'"),
        ]
        var page = cases.map { name, members in
            "== \(name)\n\(read(members).diagnostics.map(\.rendered).joined(separator: "\n"))\n"
        }
        let sink = read("over: 1h\nmeasure: { n: count(true) }", watch: "sink")
        page.append("== a window over sinks\n\(sink.diagnostics.map(\.rendered).joined(separator: "\n"))\n")
        let lone = read("over: 1h\nmeasure: { n: count(true) }", when: "self.width > 0")
        page.append("== a condition about one resource\n\(lone.diagnostics.map(\.rendered).joined(separator: "\n"))\n")
        try Golden.check(page.joined(separator: "\n"), "window-errors.txt")
    }
}
