import CEL
import Core
import Sinks
import Testing
import Transport

enum TelegramPreset {
    static let sample = PresetSample(
        kind: "telegram",
        values: ["token": .secret(Secret("123456:ABC-s3cret")), "chat": .string("-1001")],
        secrets: ["123456:ABC-s3cret"],
        success: (200, #"{"ok":true,"result":{"message_id":42}}"#),
        answers: [
            PresetAnswer(
                status: 429, body: #"{"ok":false,"error_code":429,"parameters":{"retry_after":17}}"#,
                outcome: "throttled", after: .seconds(17)),
            PresetAnswer(
                status: 400, body: #"{"ok":false,"description":"Bad Request: chat not found"}"#, outcome: "refused"),
            PresetAnswer(
                status: 400, body: #"{"ok":false,"parameters":{"migrate_to_chat_id":-1009}}"#, outcome: "failed"),
            PresetAnswer(status: 403, body: #"{"ok":false,"description":"bot was blocked"}"#, outcome: "refused"),
            PresetAnswer(status: 200, body: "<html>", outcome: "failed"),
        ],
        onLoopback: { ["api": .string($0), "token": .string("1:a"), "chat": .string("-1")] },
        inert: HTMLReader.findings(_:))
}

@Suite struct `A Telegram message` {
    @Test func `that is not understood is sent once more without any markup`() async throws {
        let refusal = #"{"ok":false,"description":"Bad Request: can't parse entities: x"}"#
        let http = ScriptedHTTP(400, refusal)
        let sink = try TelegramPreset.sample.sink(http)
        let first = await sink.attempt(Sample.delivery(), at: Sample.now)
        #expect(first.outcome.name == "failed" && first.kept == ["plain": "yes"])
        _ = await sink.attempt(Sample.delivery(earlier: first.kept), at: Sample.now)
        let second = try #require(http.requests.last?.json)
        #expect(second.at("parse_mode") == nil)
        #expect(second.text("text")?.hasPrefix("🟠 Refused: a cat\nimg_01k failed") == true)
    }

    @Test func `makes no command and no number of a stranger's text`() async throws {
        let hostile = Sample.notification(text: [
            .literal("/start and/or a/b $USD #tag +1 (555) 123-4567 img_0123456789")
        ])
        let text = try #require(try await TelegramPreset.sample.requests([hostile]).first?.json.text("text"))
        #expect(
            text.contains(
                "/\u{200b}start and/or a/b $\u{200b}USD #\u{200b}tag +\u{2063}1 \u{2063}(555)\u{2063} \u{2063}123-\u{2063}4567 img_0123456789"
            ))
    }

    @Test func `is HTML with the author's markup`() async throws {
        let notification = Sample.notification(
            title: [.markup("Refused: "), .literal("<b>a cat</b>")],
            text: [
                .markup("see <https://app.example/i/"), .literal("a b"), .markup("|the "), .literal("<image>"),
                .markup("> & <u>"), .literal("x"),
            ])
        let request = try #require(try await TelegramPreset.sample.requests([notification]).first)
        #expect(request.url == "https://api.telegram.org/bot123456:ABC-s3cret/sendMessage")
        #expect(
            request.json.text("text")
                == "<b>🟠 Refused: &lt;b&gt;a cat&lt;/\u{200b}b&gt;</b>\nsee <a href=\"https://app.example/i/a%20b\">the &lt;image&gt;</a>"
                + " &amp; <u>x</u>\n\n<i>warning · refused-by-policy · studio · generation img_01k · team=trust-and-safety</i>"
        )
        #expect(request.json.text("chat_id") == "-1001")
        #expect(request.json.text("parse_mode") == "HTML")
        #expect(request.json.at("message_thread_id") == nil)
    }

    @Test func `is edited when the alert resolves, and answered by a reminder`() async throws {
        let requests = try await TelegramPreset.sample.requests([
            Sample.notification(), Sample.notification(reason: .reminder), Sample.notification(reason: .resolved),
        ])
        #expect(requests[1].json.at("reply_parameters.message_id") == .int(42))
        #expect(requests[2].url.hasSuffix("/editMessageText"))
        #expect(requests[2].json.at("message_id") == .int(42))
    }

    @Test func `goes to the supergroup that its group became`() async throws {
        let http = ScriptedHTTP(400, #"{"ok":false,"parameters":{"migrate_to_chat_id":-1009}}"#)
        let sink = try TelegramPreset.sample.sink(http)
        let first = await sink.attempt(Sample.delivery(), at: Sample.now)
        #expect(first.kept == ["chat": "-1009"])
        _ = await sink.attempt(Sample.delivery(earlier: first.kept), at: Sample.now)
        #expect(http.requests[1].json.text("chat_id") == "-1009")
    }

    @Test func `is balanced wherever it is cut`() async throws {
        for length in stride(from: 3700, to: 3900, by: 7) {
            let text: [TemplatePiece] = [
                .markup("<b><i>"), .literal(String(repeating: "<", count: length)), .markup("</i> tail</b>"),
            ]
            let request = try #require(
                try await TelegramPreset.sample.requests([Sample.notification(text: text)]).first)
            let written = try #require(request.json.text("text"))
            #expect(HTMLReader.findings(written) == [])
            #expect(HTMLReader.shown(written).utf16.count <= 4096)
        }
    }
}
