import CEL
import Core
import Sinks
import Testing
import Transport

@Suite struct `A text from outside` {
    @Test(arguments: [
        ("plain\ttext\n", "plain\ttext\n"), ("a\r\nb\rc\u{85}d\u{2028}e", "a\nb\nc\nd\ne"),
        ("a\u{0}b\u{1b}c\u{7f}d\u{9b}e", "abcde"),
        ("a\u{202e}b\u{2066}c", "abc"), ("é e\u{301}", "é e\u{301}"), ("👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿"), ("ﷺ ก็ नि", "ﷺ ก็ नि"),
        ("a\u{ffff}b", "ab"),
        ("", ""),
    ])
    func `loses what is not text`(_ row: (text: String, expected: String)) {
        #expect(Array(TextNormaliser.normalised(row.text).utf8) == Array(row.expected.utf8))
    }

    @Test func `keeps a few marks and zero-width characters, not a flood`() {
        let marks =
            "a" + String(repeating: "\u{301}", count: 10_000) + "b" + String(repeating: "\u{200b}", count: 10_000) + "c"
        #expect(TextNormaliser.normalised(marks).unicodeScalars.count == 3 + 8 + 2)
        let mixed = "a" + String(repeating: "\u{301}\u{200b}", count: 10_000)
        #expect(TextNormaliser.normalised(mixed).unicodeScalars.count <= 1 + 8 + 2)
    }

    @Test func `becomes one line where only one fits`() {
        #expect(TextNormaliser.oneLine("  a\r\n\tb  \u{2029} c\n") == "a b c")
    }

    @Test(arguments: HostileText.all) func `stays the same when normalised twice`(_ hostile: HostileText) {
        let once = TextNormaliser.normalised(hostile.text)
        #expect(TextNormaliser.normalised(once) == once)
    }
}

@Suite struct `A Retry-After` {
    private static let now = Sample.time("1994-11-06T08:49:07Z")

    @Test(arguments: [
        ("30", Duration.seconds(30)), (" 30 ", .seconds(30)), ("0", .zero), ("86401", .seconds(86_400)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", .seconds(30)), ("Sunday, 06-Nov-94 08:49:37 GMT", .seconds(30)),
        ("Sun Nov  6 08:49:37 1994", .seconds(30)), ("Sun, 06 Nov 1994 08:00:00 GMT", .zero),
        ("Sun, 06 Nov 2044 08:00:00 GMT", .seconds(86_400)),
    ])
    func `is seconds or a date`(_ row: (field: String, expected: Duration)) {
        #expect(RetryAfter.delay(row.field, now: Self.now) == row.expected)
    }

    @Test(arguments: [
        "", "soon", "-5", "1.5", "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 08:49", "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
        ",,,,,",
    ])
    func `is ignored where it is nonsense`(_ field: String) {
        #expect(RetryAfter.delay(field, now: Self.now) == nil)
    }
}

@Suite struct `What is redacted` {
    private func body(_ redact: [String], _ notification: AlertNotification) async throws -> CELValue {
        let http = ScriptedHTTP()
        let webhook = try sink(
            "webhook", ["url": .string("https://x.example/"), "redact": .stringList(redact)], http: http)
        _ = await webhook.attempt(Sample.delivery(notification), at: Sample.now)
        return try JSON.parse(try #require(http.requests.first?.body))
    }

    @Test func `is gone from self, old and changed, and only that`() async throws {
        let body = try await body(
            ["self.prompt", "cost.amount"],
            Sample.notification(alerts: [Sample.alert(changed: ["status", "prompt", "cost.amount", "cost.currency"])]))
        for name in ["self", "old"] {
            let resource = try #require(body.at("data.alerts.0.\(name)"))
            #expect(resource.keys == ["id", "status", "cost", "batch_size"])
            #expect(resource.at("cost")?.keys == ["currency"])
        }
        #expect(body.at("data.alerts.0.changed") == ["status", "cost.currency"])
    }

    @Test(arguments: [
        ("a secret garden", "[redacted]"), ("so: a secret garden!", "[redacted]"), ("a secr…", "[redacted]"),
        ("a secret gard", "[redacted]"),
        ("a secret garden\u{301}", "[redacted]"), ("failed", "failed"), ("a", "a"), ("garden", "garden"), ("…", "…"),
    ])
    func `is gone from what a template inserted, if it is recognisable`(_ row: (inserted: String, shown: String))
        async throws
    {
        let alert = Sample.alert(current: Sample.generation(prompt: "a secret garden"), previous: .null)
        let body = try await body(
            ["self.prompt"],
            Sample.notification(title: [.markup("a secret garden: "), .literal(row.inserted)], alerts: [alert]))
        #expect(body.text("data.title") == "a secret garden: \(row.shown)")
    }

    @Test func `is gone from every object of a list`() async throws {
        let list = CELValue.map(
            CELMap([("people", [.map(CELMap([("name", "x"), ("age", .int(3))])), .map(CELMap([("name", "y")]))])]))
        let body = try await body(
            ["people.name"], Sample.notification(alerts: [Sample.alert(current: list, previous: .null)]))
        #expect(body.at("data.alerts.0.self.people.0")?.keys == ["age"])
        #expect(body.at("data.alerts.0.self.people.1")?.keys == [])
    }
}
