import CEL
import Core
import Sinks
import Testing
import Transport

/// Finds a stranger's markup where the preset's own `**` around the headline is all there may be.
private let lookalikeFindings: @Sendable (String) -> [String] = { text in
    MarkdownReader.findings(in: text.replacing("**", with: "").replacing("\\", with: ""))
}

enum MattermostPreset {
    static let sample = PresetSample(
        kind: "mattermost",
        values: ["url": .secret(Secret("https://chat.example.com/hooks/xh1s3crett0ken5of26letters"))],
        secrets: ["xh1s3crett0ken5of26letters"], success: (200, "ok"),
        answers: [
            PresetAnswer(status: 200, body: "<html>", outcome: "failed"),
            PresetAnswer(status: 400, body: #"{"message":"Couldn't find the channel."}"#, outcome: "refused"),
            PresetAnswer(status: 413, body: "", outcome: "refused"),
            PresetAnswer(
                status: 429, body: "", fields: [HeaderField("X-RateLimit-Reset", "3")], outcome: "throttled",
                after: .seconds(3)),
            PresetAnswer(status: 429, body: "", outcome: "failed"),
            PresetAnswer(status: 500, body: "", outcome: "failed"),
        ],
        onLoopback: { ["url": .string($0 + "/h")] },
        inert: { MarkdownReader.findings(in: $0.replacing("**", with: "")) })
}

enum RocketChatPreset {
    static let sample = PresetSample(
        kind: "rocketchat",
        values: ["url": .secret(Secret("https://chat.example.com/hooks/1/xh1s3crett0ken5of26letters"))],
        secrets: ["xh1s3crett0ken5of26letters"], success: (200, #"{"success":true}"#),
        answers: [
            PresetAnswer(status: 200, body: #"{"success":false,"error":"invalid-channel"}"#, outcome: "refused"),
            PresetAnswer(status: 200, body: "", outcome: "unknown"),
            PresetAnswer(status: 401, body: "", outcome: "refused"),
            PresetAnswer(status: 429, body: "", outcome: "failed"),
        ],
        onLoopback: { ["url": .string($0 + "/h")] },
        inert: { lookalikeFindings($0.first == "*" ? String($0.dropFirst().dropLast()) : $0) })
}

enum ZulipPreset {
    static let sample = PresetSample(
        kind: "zulip",
        values: [
            "server": .string("https://example.zulipchat.com"), "email": .string("auspex-bot@example.zulipchat.com"),
            "key": .secret(Secret("zulip-s3cret")), "channel": .string("alerts"),
        ],
        secrets: ["zulip-s3cret"], success: (200, #"{"result":"success","id":42,"msg":""}"#),
        answers: [
            PresetAnswer(
                status: 429, body: #"{"result":"error","code":"RATE_LIMIT_HIT","retry-after":28.7}"#,
                outcome: "throttled", after: .milliseconds(28_700)),
            PresetAnswer(status: 400, body: #"{"result":"error","msg":"No such channel"}"#, outcome: "refused"),
            PresetAnswer(status: 401, body: #"{"result":"error","msg":"Invalid API key"}"#, outcome: "refused"),
            PresetAnswer(status: 200, body: "hello", outcome: "unknown"),
            PresetAnswer(status: 502, body: "", outcome: "failed"),
        ],
        onLoopback: {
            ["server": .string($0), "email": .string("b"), "key": .string("k"), "channel": .string("c")]
        },
        inert: lookalikeFindings)
}

enum MatrixPreset {
    static let sample = PresetSample(
        kind: "matrix",
        values: [
            "server": .string("https://matrix.example.com"), "token": .secret(Secret("syt_s3cret")),
            "room": .string("!abc:example.com"),
        ],
        secrets: ["syt_s3cret"], success: (200, #"{"event_id":"$1"}"#),
        answers: [
            PresetAnswer(
                status: 429, body: #"{"errcode":"M_LIMIT_EXCEEDED","error":"slow","retry_after_ms":2000}"#,
                outcome: "throttled", after: .seconds(2)),
            PresetAnswer(
                status: 429, body: #"{"errcode":"M_LIMIT_EXCEEDED"}"#, fields: [HeaderField("Retry-After", "7")],
                outcome: "throttled", after: .seconds(7)),
            PresetAnswer(status: 403, body: #"{"errcode":"M_FORBIDDEN","error":"not here"}"#, outcome: "refused"),
            PresetAnswer(status: 401, body: "", outcome: "refused"),
            PresetAnswer(status: 502, body: "", outcome: "failed"),
        ],
        onLoopback: { ["server": .string($0), "token": .string("t"), "room": .string("!r")] },
        inert: { text in
            guard text.hasPrefix("<strong>") else { return [] }
            // As a parser of HTML does: scalar by scalar, so that no combining mark hides a bracket.
            let scalars = text.unicodeScalars.map { $0.isASCII ? Character($0) : "x" }
            return HTMLReader.findings(String(scalars).replacing("<br>", with: "\n"))
        })
}

enum GoogleChatPreset {
    static let sample = PresetSample(
        kind: "googlechat",
        values: ["url": .secret(Secret("https://chat.googleapis.com/v1/spaces/A/messages?key=k3y&token=t0k3n-s3cret"))],
        secrets: ["t0k3n-s3cret"], success: (200, #"{"name":"spaces/A/messages/B"}"#),
        answers: [
            PresetAnswer(
                status: 429, body: #"{"error":{"message":"quota"}}"#, outcome: "throttled", after: .seconds(30)),
            PresetAnswer(status: 404, body: #"{"error":{"message":"no space"}}"#, outcome: "refused"),
            PresetAnswer(status: 503, body: "", outcome: "failed"),
        ],
        onLoopback: { ["url": .string($0 + "/m")] },
        inert: { text in
            MrkdwnReader.findings(in: text.split(separator: "\n").first.map { String($0.dropFirst().dropLast()) } ?? "")
        })
}

enum TeamsPreset {
    static let sample = PresetSample(
        kind: "teams",
        values: ["url": .secret(Secret("https://x.environment.api.powerplatform.com/workflows/1?sp=1&sig=s3cretsig"))],
        secrets: ["s3cretsig"], success: (202, ""),
        answers: [
            PresetAnswer(
                status: 200, body: "Microsoft Teams endpoint returned HTTP error 429 with ContextId",
                outcome: "throttled", after: .seconds(30)),
            PresetAnswer(status: 200, body: "endpoint returned HTTP error 500", outcome: "failed"),
            PresetAnswer(status: 401, body: #"{"error":{"message":"sig"}}"#, outcome: "refused"),
            PresetAnswer(status: 404, body: "", outcome: "refused"),
            PresetAnswer(
                status: 429, body: "", fields: [HeaderField("Retry-After", "9")], outcome: "throttled",
                after: .seconds(9)),
            PresetAnswer(status: 504, body: "", outcome: "failed"),
        ],
        onLoopback: { ["url": .string($0 + "/w")] },
        inert: { $0.contains("evil.example") ? ["a link"] : [] })
}

@Suite struct `Chat presets` {
    @Test func `Mattermost shows a headline and an attachment, and a stranger mentions nobody`() async throws {
        let hostile = Sample.notification(title: [.literal("@all ![x](https://evil.example/p.png)")])
        let requests = try await MattermostPreset.sample.requests([Sample.notification(), hostile])
        #expect(requests[0].json.text("text") == "**🟠 Refused: a cat**")
        #expect(requests[0].json.text("attachments.0.color") == "#e8912d")
        #expect(
            requests[0].json.text("attachments.0.footer")?.hasPrefix("warning · refused") == true)
        #expect(requests[0].json.at("channel") == nil)
        let text = try #require(requests[1].json.text("text"))
        #expect(!text.contains("@all") && !text.contains("![") && !text.contains("https://"))
    }

    @Test func `Rocket.Chat gets fields beside the text`() async throws {
        let request = try #require(try await RocketChatPreset.sample.requests([Sample.notification()]).first)
        #expect(request.json.text("text") == "*🟠 Refused: a cat*")
        #expect(request.json.text("attachments.0.fields.3.title") == "Resource")
        #expect(request.json.at("parseUrls") == .bool(false))
    }

    @Test func `Zulip gets a form, signed in as the bot, and its message is edited at the end`() async throws {
        let requests = try await ZulipPreset.sample.requests([
            Sample.notification(), Sample.notification(reason: .resolved),
        ])
        #expect(requests[0].form["type"] == "stream" && requests[0].form["to"] == "alerts")
        #expect(requests[0].form["topic"] == "Auspex")
        #expect(requests[0].form["content"]?.hasPrefix("**🟠 Refused: a cat**\n") == true)
        #expect(requests[0].headerFields.contains { $0.name == "Authorization" && $0.value.hasPrefix("Basic ") })
        #expect(requests[1].method == "PATCH")
        #expect(requests[1].url == "https://example.zulipchat.com/api/v1/messages/42")
        #expect(Set(requests[1].form.keys) == ["content"])
    }

    @Test func `Zulip is told anew where its message is gone`() async throws {
        let http = ScriptedHTTP(400, #"{"result":"error","msg":"Invalid message(s)"}"#)
        let result = await (try ZulipPreset.sample.sink(http)).attempt(
            Sample.delivery(Sample.notification(reason: .resolved), earlier: ["message": "42"]), at: Sample.now)
        #expect(result.outcome.name == "failed" && result.kept == ["message": ""])
    }

    @Test func `Matrix has one transaction for a delivery, mentions nobody, and replaces its event`() async throws {
        let requests = try await MatrixPreset.sample.requests([
            Sample.notification(), Sample.notification(reason: .reminder), Sample.notification(reason: .resolved),
        ])
        let delivery = Sample.delivery().id.rawValue
        #expect(requests[0].method == "PUT")
        #expect(
            requests[0].url
                == "https://matrix.example.com/_matrix/client/v3/rooms/!abc:example.com/send/m.room.message/"
                + delivery)
        #expect(requests[0].json.at("m.mentions") == nil)
        #expect(requests[0].json.member("m.mentions") == .map(CELMap([(String, CELValue)]())))
        #expect(requests[0].json.text("formatted_body")?.hasPrefix("<strong>🟠 Refused: a cat</strong><br>") == true)
        #expect(requests[1].json.member("m.relates_to")?.text("rel_type") == "m.thread")
        #expect(requests[2].json.member("m.relates_to")?.text("event_id") == "$1")
    }

    @Test func `Google Chat keeps an alert in one thread, and a repeated request is recognised`() async throws {
        let requests = try await GoogleChatPreset.sample.requests([
            Sample.notification(), Sample.notification(reason: .resolved),
        ])
        #expect(
            requests[0].url.hasPrefix(
                "https://chat.googleapis.com/v1/spaces/A/messages?key=k3y&token=t0k3n-s3cret"
                    + "&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD&requestId="))
        #expect(requests.allSatisfy { $0.json.text("thread.threadKey") == Sample.alert().id.rawValue })
        let hostile = Sample.notification(title: [.literal("<users/all> & <https://evil.example|x>")])
        let text = try #require(try await GoogleChatPreset.sample.requests([hostile])[0].json.text("text"))
        #expect(!text.contains("<users/all>") && !text.contains("<https"))
    }

    @Test func `Teams gets an Adaptive Card of text runs, below the limit of a flow`() async throws {
        let long = [TemplatePiece.literal(String(repeating: "a \"cat\" 🐈 ", count: 20_000))]
        let requests = try await TeamsPreset.sample.requests([
            Sample.notification(), Sample.notification(title: long, text: long),
        ])
        let card = "attachments.0.content"
        #expect(requests[0].json.text("\(card).type") == "AdaptiveCard")
        #expect(requests[0].json.text("\(card).body.0.items.0.inlines.0.text") == "🟠 Refused: a cat")
        #expect(requests[0].json.text("\(card).body.0.style") == "warning")
        #expect(requests[0].json.at("attachments.0.contentUrl") == .null)
        #expect(try #require(requests[1].body).count <= 20_000)
    }
}
