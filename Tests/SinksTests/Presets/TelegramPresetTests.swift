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
                == "<b>🟠 Refused: &lt;b&gt;a cat&lt;/b&gt;</b>\nsee <a href=\"https://app.example/i/a%20b\">the &lt;image&gt;</a>"
                + " &amp; <u>x</u>\n\n<i>warning · refused-by-policy · studio · img_01k</i>"
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
