import CEL
import Core
import Sinks
import Testing
import Transport

enum WebexPreset {
    static let sample = PresetSample(
        kind: "webex",
        values: ["token": .secret(Secret("webex-s3cret-t0ken")), "room": .string("Y2lzY29zcGFyazovL3Vz")],
        secrets: ["webex-s3cret-t0ken"], success: (200, #"{"id":"Y2lzMSG","roomId":"Y2lz"}"#),
        answers: [
            PresetAnswer(
                status: 429, body: "{}", fields: [HeaderField("Retry-After", "17")], outcome: "throttled",
                after: .seconds(17)),
            PresetAnswer(
                status: 404, body: #"{"message":"Could not find a room with provided ID."}"#, outcome: "refused"),
            PresetAnswer(status: 200, body: "<html>", outcome: "unknown"),
            PresetAnswer(status: 502, body: "", outcome: "failed"),
        ],
        onLoopback: { ["api": .string($0), "token": .secret(Secret("t")), "room": .string("r")] },
        inert: { MarkdownReader.findings(in: $0.replacing("**", with: "")) })
}

enum TwilioPreset {
    static let sample = PresetSample(
        kind: "twilio",
        values: [
            "account": .string("AC0123"), "token": .secret(Secret("tw-s3cret-t0ken")), "from": .string("+15550001111"),
            "to": .string("+15550002222"),
        ],
        secrets: ["tw-s3cret-t0ken"], success: (201, #"{"sid":"SM1","status":"queued"}"#),
        answers: [
            PresetAnswer(
                status: 429, body: #"{"code":20429,"message":"Too Many Requests"}"#, outcome: "throttled",
                after: .seconds(30)),
            PresetAnswer(status: 400, body: #"{"code":21610,"message":"unsubscribed recipient"}"#, outcome: "refused"),
            PresetAnswer(status: 400, body: #"{"code":21617,"message":"too long"}"#, outcome: "refused"),
            PresetAnswer(status: 200, body: "<html>", outcome: "unknown"),
            PresetAnswer(status: 503, body: "", outcome: "failed"),
        ],
        onLoopback: {
            [
                "api": .string($0), "account": .string("A"), "token": .secret(Secret("t")), "service": .string("MG1"),
                "to": .string("+15550002222"),
            ]
        })
}

enum SignalPreset {
    static let sample = PresetSample(
        kind: "signal",
        values: [
            "url": .string("http://127.0.0.1:8080"), "number": .string("+15550001111"),
            "recipients": .stringList(["+15550002222", "group.x"]),
        ],
        secrets: [], success: (201, #"{"timestamp":"1700000000000"}"#),
        answers: [
            PresetAnswer(status: 400, body: #"{"error":"Unregistered user"}"#, outcome: "refused"),
            PresetAnswer(status: 429, body: #"{"error":"challenge"}"#, outcome: "throttled", after: .seconds(600)),
            PresetAnswer(status: 200, body: "<html>", outcome: "unknown"),
        ],
        onLoopback: {
            ["url": .string($0), "number": .string("+1"), "recipients": .stringList(["+2"])]
        })
}

enum LarkPreset {
    static let sample = PresetSample(
        kind: "lark",
        values: ["url": .secret(Secret("https://open.larksuite.com/open-apis/bot/v2/hook/1a2b-s3cret-h00k"))],
        secrets: ["1a2b-s3cret-h00k"], success: (200, #"{"code":0,"msg":"success","data":{}}"#),
        answers: [
            PresetAnswer(status: 200, body: #"{"StatusCode":0,"StatusMessage":"success"}"#, outcome: "delivered"),
            PresetAnswer(status: 200, body: #"{"code":19024,"msg":"Key Words Not Found"}"#, outcome: "refused"),
            PresetAnswer(
                status: 200, body: #"{"code":11232,"msg":"frequency limited"}"#, outcome: "throttled",
                after: .seconds(5)),
            PresetAnswer(status: 200, body: "<html>", outcome: "unknown"),
            PresetAnswer(status: 400, body: #"{"code":9499,"msg":"Bad Request"}"#, outcome: "refused"),
        ],
        onLoopback: { ["url": .string($0)] })
}

enum ZendutyPreset {
    static let sample = PresetSample(
        kind: "zenduty",
        values: ["url": .secret(Secret("https://events.zenduty.com/integration/x1/generic/z3n-s3cret-k3y/"))],
        secrets: ["z3n-s3cret-k3y"], success: (201, "{}"),
        answers: [
            PresetAnswer(status: 404, body: #"{"message":"no such integration"}"#, outcome: "refused"),
            PresetAnswer(status: 500, body: "", outcome: "failed"),
        ],
        onLoopback: { ["url": .string($0)] })
}

enum CircleCIPreset {
    static let sample = PresetSample(
        kind: "circleci",
        values: [
            "project": .string("gh/example/pipeline"), "token": .secret(Secret("cc-s3cret-t0ken")),
            "parameters": .stringMap([NamedText(name: "resource", value: .plain("resource_id"))]),
        ],
        secrets: ["cc-s3cret-t0ken"], success: (201, #"{"id":"5034460f","number":25,"state":"pending"}"#),
        answers: [
            PresetAnswer(status: 400, body: #"{"message":"Unexpected argument(s): resource"}"#, outcome: "refused"),
            PresetAnswer(status: 200, body: "<html>", outcome: "unknown"),
        ],
        onLoopback: { ["api": .string($0), "project": .string("gh/a/b"), "token": .secret(Secret("t"))] })
}

/// Written by somebody who had the service's documentation and ours.
@Suite struct `Further presets` {
    private static let story = [
        Sample.notification(), Sample.notification(reason: .reminder), Sample.notification(reason: .resolved),
    ]

    @Test func `Webex gets Markdown with the bot's token, and the end in the first message's thread`() async throws {
        let requests = try await WebexPreset.sample.requests(Self.story)
        #expect(requests[0].url == "https://webexapis.com/v1/messages" && requests[0].method == "POST")
        #expect(requests[0].field("Authorization") == "Bearer webex-s3cret-t0ken")
        #expect(requests[0].json.keys == ["roomId", "markdown"])
        #expect(
            requests[0].json.text("markdown")?.hasPrefix("**🟠 Refused∶ a cat**\n\n") == true
                || requests[0].json.text("markdown")?.hasPrefix("**🟠 Refused: a cat**\n\n") == true)
        #expect(requests[2].json.text("parentId") == "Y2lzMSG" && requests[1].json.text("parentId") == "Y2lzMSG")
        let long = Sample.notification(text: [.literal(String(repeating: "é&*", count: 9000))])
        let cut = try #require(try await WebexPreset.sample.requests([long]).first?.json.text("markdown"))
        #expect(cut.utf8.count <= 7439)
        let mention = Sample.notification(text: [.literal("<@all> <@personEmail:a@b.example>")])
        #expect(try await WebexPreset.sample.requests([mention]).first?.json.text("markdown")?.contains("<@") == false)
    }

    @Test func `Twilio gets a short form with a login`() async throws {
        let requests = try await TwilioPreset.sample.requests(Self.story)
        #expect(requests[0].url == "https://api.twilio.com/2010-04-01/Accounts/AC0123/Messages.json")
        #expect(requests[0].field("Authorization") == "Basic QUMwMTIzOnR3LXMzY3JldC10MGtlbg==")
        #expect(
            requests[0].form == [
                "To": "+15550002222", "From": "+15550001111",
                "Body": "Refused: a cat\nimg_01k failed: Content policy violation",
            ])
        #expect(requests[2].form["Body"]?.hasPrefix("Resolved: Refused: a cat") == true)
        let long = Sample.notification(text: [.literal(String(repeating: "👩‍👩‍👧‍👦", count: 900))])
        let body = try #require(try await TwilioPreset.sample.requests([long]).first?.form["Body"])
        #expect(body.utf16.count <= 480)
        #expect(
            try problems("twilio", ["account": .string("A"), "token": .string("t"), "to": .string("0171 1")])
                == ["from: is required, or service", "to: must be a number such as +15551234567"])
    }

    @Test func `Signal gets its recipients as a list`() async throws {
        let request = try #require(try await SignalPreset.sample.requests(Self.story).first)
        #expect(request.url == "http://127.0.0.1:8080/v2/send")
        #expect(request.json.at("recipients") == .list(["+15550002222", "group.x"]))
        #expect(request.json.text("message") == "🟠 Refused: a cat\nimg_01k failed: Content policy violation")
        #expect(request.json.text("text_mode") == "normal" && request.json.text("number") == "+15550001111")
    }

    @Test func `Lark gets text elements, in which nobody is mentioned`() async throws {
        let hostile = Sample.notification(text: [.literal("<at user_id=\"all\">x</at>")])
        let request = try #require(try await LarkPreset.sample.requests([hostile]).first)
        #expect(request.json.text("msg_type") == "post")
        let post = try #require(request.json.at("content.post.en_us"))
        #expect(post.text("title") == "🟠 Refused: a cat" && post.text("content.0.0.tag") == "text")
        #expect(post.text("content.0.0.text")?.contains("<at") == false)
        #expect(post.text("content.1.0.text")?.hasSuffix("· Auspex") == true)
        let long = Sample.notification(text: [.literal(String(repeating: "漢", count: 90_000))])
        #expect((try await LarkPreset.sample.requests([long]).first?.body?.count ?? 0) <= 19_000)
    }

    @Test func `Zenduty is told the end of what it was told`() async throws {
        let requests = try await ZendutyPreset.sample.requests(Self.story)
        #expect(requests[0].json.text("alert_type") == "warning" && requests[2].json.text("alert_type") == "resolved")
        #expect(requests[0].json.text("entity_id") == requests[2].json.text("entity_id"))
        #expect(requests[0].json.text("message") == "Refused: a cat")
        #expect(requests[0].json.text("payload.labels.team") == "trust-and-safety")
    }

    @Test func `CircleCI gets the parameters that it declares, and no stranger's words`() async throws {
        let request = try #require(try await CircleCIPreset.sample.requests(Self.story).first)
        #expect(request.url == "https://circleci.com/api/v2/project/gh%2Fexample%2Fpipeline/pipeline")
        #expect(request.field("Circle-Token") == "cc-s3cret-t0ken")
        #expect(request.bodyText == #"{"branch":"main","parameters":{"resource":"img_01k"}}"#)
    }
}
