import CEL
import Core
import Sinks
import Testing
import Transport

enum SlackPreset {
    static let sample = PresetSample(
        kind: "slack",
        values: [
            "token": .secret(Secret("xoxb-s3cret-t0ken")), "channel": .string("#ops"), "resolve": .string("update"),
        ],
        secrets: ["xoxb-s3cret-t0ken"], success: (200, #"{"ok":true,"ts":"1700.5","channel":"C024BE91L"}"#),
        answers: [
            PresetAnswer(
                status: 429, body: #"{"ok":false,"error":"ratelimited"}"#,
                fields: [HeaderField("Retry-After", "30")], outcome: "throttled", after: .seconds(30)),
            PresetAnswer(status: 200, body: #"{"ok":false,"error":"service_unavailable"}"#, outcome: "failed"),
            PresetAnswer(status: 200, body: #"{"ok":false,"error":"internal_error"}"#, outcome: "unknown"),
            PresetAnswer(status: 200, body: #"{"ok":false,"error":"invalid_blocks"}"#, outcome: "refused"),
            PresetAnswer(status: 200, body: "<html>sign in</html>", outcome: "unknown"),
            PresetAnswer(status: 503, body: "", outcome: "failed"),
        ],
        onLoopback: { ["api": .string($0), "token": .string("t"), "channel": .string("C1")] })
}

@Suite struct `A Slack message` {
    private static let url = SettingValue.secret(Secret("https://hooks.slack.com/services/T0/B0/x"))

    private func message(_ notification: AlertNotification = Sample.notification()) async throws -> CELValue {
        let http = ScriptedHTTP()
        _ = try await sink("slack", ["url": Self.url], http: http).attempt(
            Sample.delivery(notification), at: Sample.now)
        return try JSON.parse(try #require(http.requests.first?.body))
    }

    private func message(title: [TemplatePiece] = [.markup("t")], text: [TemplatePiece]) async throws -> CELValue {
        try await message(Sample.notification(title: title, text: text))
    }

    @Test func `has a header, the text, a context and a fallback`() async throws {
        let message = try await message()
        #expect(message.text("text") == "🟠 Refused: a cat")
        #expect(message.text("blocks.0.type") == "header")
        #expect(message.text("blocks.0.text.text") == "🟠 Refused: a cat")
        #expect(message.text("blocks.1.text.type") == "mrkdwn")
        #expect(message.text("blocks.1.text.text") == "img_01k failed: Content policy violation")
        #expect(message.at("blocks.1.text.verbatim") == true)
        #expect(
            message.text("blocks.2.elements.0.text")
                == "warning · refused-by-policy · studio · generation img_01k · team=trust-and-safety")
        #expect(message.at("unfurl_links") == false)
        #expect(message.at("unfurl_media") == false)
    }

    @Test func `says when it is over`() async throws {
        #expect(try await message(Sample.notification(reason: .resolved)).text("text") == "✅ Resolved: Refused: a cat")
        #expect(
            try await message(Sample.notification(reason: .reminder)).text("text") == "🟠 Still firing: Refused: a cat")
    }

    @Test func `without a title names the rule and the resource`() async throws {
        #expect(try await message(title: [], text: []).text("text") == "🟠 refused-by-policy: img_01k")
    }

    @Test func `of a digest lists what it is about`() async throws {
        let message = try await message(Sample.notification(alerts: Array(repeating: Sample.alert(), count: 12)))
        let list = try #require(message.text("blocks.2.text.text"))
        #expect(list.split(separator: "\n").count == 11)
        #expect(list.hasPrefix("• generation img_01k (studio): firing\n") && list.hasSuffix("… and 2 more"))
        #expect(message.text("blocks.3.elements.0.text")?.contains("12 alerts") == true)
        #expect(message.text("blocks.2.text.type") == "plain_text")
    }

    @Test func `leaves the author's markup to the author`() async throws {
        let message = try await message(
            title: [.markup("*Refused* <!here> :warning:")],
            text: [
                .markup("> see <https://app.example/i/"), .literal("a b|c>&"), .markup("|"), .literal("x|y>"),
                .markup("> & *"), .literal("n*x"), .markup("*"),
            ])
        #expect(message.text("blocks.0.text.text") == "🟠 *Refused* <!here> :warning:")
        #expect(
            message.text("blocks.1.text.text") == "> see <https://app.example/i/a%20b%7Cc%3E%26|x¦y&gt;> &amp; *n∗x*")
    }

    @Test func `links an address that the author wrote bare`() async throws {
        let message = try await message(text: [.markup("see https://app.example/i?id="), .literal("a&b"), .markup(".")])
        #expect(message.text("blocks.1.text.text") == "see <https://app.example/i?id=a%26b>.")
    }

    @Test(
        arguments: [
            [.markup("<https://"), .literal("evil.example/"), .markup("|x>")],
            [.markup("<https://app.example"), .literal(".evil.example/"), .markup(">")],
            [.markup("<https://app.example"), .literal("@evil.example/"), .markup(">")],
            [.markup("<"), .literal("https://evil.example"), .markup("|x>")],
            [.markup("<@"), .literal("U1"), .markup(">")],
            [.markup("<!"), .literal("channel"), .markup(">")],
            [.markup("<mailto:"), .literal("a@evil.example"), .markup(">")],
            [.markup("https://"), .literal("evil.example/x")],
            [.literal("<"), .markup("!channel>")],
        ] as [[TemplatePiece]])
    func `lets no inserted value choose where a link leads or who is mentioned`(_ text: [TemplatePiece]) async throws {
        let section = try #require(try await message(text: text).text("blocks.1.text.text"))
        #expect(!section.contains("<"))
        #expect(!section.contains("evil.example"))
    }

    @Test(arguments: HostileText.all) func `shows a stranger's text as nothing but text`(_ hostile: HostileText)
        async throws
    {
        let message = try await message(
            Sample.notification(title: [.literal(hostile.text)], text: [.literal(hostile.text)]))
        let fallback = try #require(message.text("text"))
        #expect(MrkdwnReader.findings(in: fallback) == [])
        guard case .list(let blocks)? = message.at("blocks") else { throw Failure() }
        #expect(blocks.count <= 50)
        for block in blocks {
            switch (block.text("type"), block.text("text.type")) {
            case ("section", "mrkdwn"):
                let text = try #require(block.text("text.text"))
                #expect(MrkdwnReader.findings(in: text) == [])
                #expect(!text.isEmpty && text.utf16.count <= 3000)
            case ("header", "plain_text"):
                let text = try #require(block.text("text.text"))
                #expect(!text.isEmpty && text.utf16.count <= 150 && !text.contains("\n"))
                #expect(block.at("text.emoji") == false)
            case ("context", nil): #expect((block.text("elements.0.text")?.utf16.count ?? 0) <= 2000)
            default: Issue.record("an unknown block")
            }
        }
    }

    @Test func `says all of a text that fits, and cuts one that does not`() async throws {
        let fits = try #require(
            try await message(text: [.literal("a < b & snake_case_name 10:30:45")]).text("blocks.1.text.text"))
        #expect(fits == "a &lt; b &amp; snake_case_name 10:30:45")
        let cut = try #require(
            try await message(text: [.literal(String(repeating: "&", count: 5000))]).text("blocks.1.text.text"))
        #expect(cut == String(repeating: "&amp;", count: 599) + "…")
        let family = String(repeating: "👩‍👩‍👧‍👦", count: 1000)
        let whole = try #require(try await message(text: [.literal(family)]).text("blocks.1.text.text"))
        #expect(whole == String(repeating: "👩‍👩‍👧‍👦", count: 272) + "…")
    }

    private struct Failure: Error {}
}

@Suite struct `Slack's answer` {
    private func outcome(_ http: ScriptedHTTP, token: Bool = false) async throws -> AttemptOutcome {
        let values: [String: SettingValue] =
            token
            ? ["token": .secret(Secret("xoxb-1")), "channel": .string("C1")]
            : ["url": .secret(Secret("https://hooks.slack.com/services/T0/B0/x"))]
        return try await sink("slack", values, http: http).attempt(Sample.delivery(), at: Sample.now).outcome
    }

    @Test func `to an incoming webhook is ok, or words`() async throws {
        #expect(try await outcome(ScriptedHTTP(200, "ok")) == .delivered)
        #expect(try await outcome(ScriptedHTTP(200, "invalid_payload")).name == "failed")
        #expect(try await outcome(ScriptedHTTP(200, "<html>sign in</html>")).name == "failed")
        #expect(try await outcome(ScriptedHTTP(400, "invalid_blocks")) == .refused(reason: "HTTP 400: invalid_blocks"))
        #expect(
            try await outcome(ScriptedHTTP(404, "no_service"))
                == .refused(reason: "HTTP 404: no_service (the webhook was removed; make a new one in Slack)"))
        #expect(try await outcome(ScriptedHTTP(410, "channel_is_archived")).name == "refused")
        #expect(try await outcome(ScriptedHTTP(500, "rollup_error")).name == "failed")
    }

    @Test(arguments: [
        (#"{"ok":true,"ts":"1.2","channel":"C1"}"#, "delivered"), (#"{"ok":false,"error":"ratelimited"}"#, "failed"),
        (#"{"ok":false,"error":"internal_error"}"#, "unknown"), (#"{"ok":false,"error":"fatal_error"}"#, "unknown"),
        (#"{"ok":false,"error":"request_timeout"}"#, "failed"), (#"{"ok":false,"error":"invalid_auth"}"#, "refused"),
        (#"{"ok":false,"error":"channel_not_found"}"#, "refused"), (#"{"ok":false,"error":"msg_too_long"}"#, "refused"),
        (#"{"ok":false}"#, "refused"), ("ok", "unknown"), ("", "unknown"), ("[]", "unknown"),
        (#"{"ok":"true"}"#, "unknown"),
    ])
    func `to the API is in its body`(_ row: (body: String, expected: String)) async throws {
        #expect(try await outcome(ScriptedHTTP(200, row.body), token: true).name == row.expected)
    }

    @Test(arguments: [
        ("invalid_auth", Misconfiguration.certain), ("channel_not_found", .certain), ("msg_too_long", nil),
    ])
    func `to the API may say that every message would be refused`(_ row: (error: String, expected: Misconfiguration?))
        async throws
    {
        let http = ScriptedHTTP(200, #"{"ok":false,"error":"\#(row.error)"}"#)
        let slack = try sink("slack", ["token": .secret(Secret("xoxb-1")), "channel": .string("C1")], http: http)
        #expect(await slack.attempt(Sample.delivery(), at: Sample.now).misconfiguration == row.expected)
    }

    @Test func `to the API may ask for patience`() async throws {
        let http = ScriptedHTTP(200, #"{"ok":false,"error":"ratelimited"}"#, [HeaderField("Retry-After", "30")])
        #expect(try await outcome(http, token: true) == .throttled(after: .seconds(30), reason: "ratelimited"))
    }

    @Test func `gives the id of the message that later ones answer`() async throws {
        let http = ScriptedHTTP(200, #"{"ok":true,"ts":"1700.5","channel":"C1"}"#)
        let slack = try sink("slack", ["token": .secret(Secret("xoxb-1")), "channel": .string("C1")], http: http)
        let first = await slack.attempt(Sample.delivery(), at: Sample.now)
        #expect(first.kept == ["ts": "1700.5", "channel": "C1"])
        _ = await slack.attempt(
            Sample.delivery(Sample.notification(reason: .resolved), earlier: first.kept), at: Sample.now)
        _ = await slack.attempt(
            Sample.delivery(Sample.notification(reason: .fired), earlier: first.kept), at: Sample.now)
        let bodies = try http.requests.map { try JSON.parse($0.body ?? []) }
        #expect(bodies[0].at("thread_ts") == nil)
        #expect(bodies[1].text("thread_ts") == "1700.5")
        #expect(bodies[2].at("thread_ts") == nil)
        #expect(http.requests[0].field("Authorization") == "Bearer xoxb-1")
        #expect(bodies[0].text("channel") == "C1")
    }

    @Test func `lets a resolve rewrite the message where it should`() async throws {
        let http = ScriptedHTTP(200, #"{"ok":true,"ts":"1700.5","channel":"C024BE91L"}"#)
        let slack = try sink(
            "slack",
            ["token": .secret(Secret("xoxb-1")), "channel": .string("#ops"), "resolve": .string("update")], http: http)
        let first = await slack.attempt(Sample.delivery(), at: Sample.now)
        #expect(first.kept == ["ts": "1700.5", "channel": "C024BE91L"])
        for reason in [NotificationReason.resolved, .reminder] {
            _ = await slack.attempt(
                Sample.delivery(Sample.notification(reason: reason), earlier: first.kept), at: Sample.now)
        }
        let bodies = try http.requests.map { try JSON.parse($0.body ?? []) }
        #expect(
            http.requests.map(\.url).map { $0.split(separator: "/").last } == [
                "chat.postMessage", "chat.update", "chat.postMessage",
            ])
        #expect(bodies[1].keys == ["channel", "text", "blocks", "ts"])
        #expect(bodies[1].text("channel") == "C024BE91L" && bodies[1].text("ts") == "1700.5")
        #expect(bodies[1].text("text")?.hasPrefix("✅ Resolved: ") == true)
        #expect(bodies[2].text("thread_ts") == "1700.5" && bodies[2].at("reply_broadcast") == true)
    }

    @Test(arguments: ["message_not_found", "cant_update_message", "edit_window_closed"])
    func `that a message cannot be rewritten leads to one of its own`(_ error: String) async throws {
        let http = ScriptedHTTP(200, #"{"ok":false,"error":"\#(error)"}"#)
        let slack = try sink(
            "slack", ["token": .secret(Secret("xoxb-1")), "channel": .string("C1"), "resolve": .string("update")],
            http: http)
        let resolve = Sample.notification(reason: .resolved)
        let kept = ["ts": "1.5", "channel": "C1"]
        let first = await slack.attempt(Sample.delivery(resolve, earlier: kept), at: Sample.now)
        #expect(first.outcome.name == "failed")
        _ = await slack.attempt(Sample.delivery(resolve, earlier: kept.merging(first.kept) { $1 }), at: Sample.now)
        #expect(http.requests.last?.url.hasSuffix("/chat.postMessage") == true)
    }

    @Test func `that the thread is gone leads to a message of its own`() async throws {
        let http = ScriptedHTTP(200, #"{"ok":false,"error":"thread_not_found"}"#)
        let slack = try sink("slack", ["token": .secret(Secret("xoxb-1")), "channel": .string("C1")], http: http)
        let resolve = Sample.notification(reason: .resolved)
        let first = await slack.attempt(Sample.delivery(resolve, earlier: ["ts": "1.5"]), at: Sample.now)
        #expect(first.outcome.name == "failed")
        _ = await slack.attempt(
            Sample.delivery(resolve, earlier: ["ts": "1.5"].merging(first.kept) { $1 }), at: Sample.now)
        #expect(try JSON.parse(http.requests[1].body ?? []).at("thread_ts") == nil)
    }
}
