import CEL
import Core
import Sinks
import Testing
import Transport

enum DiscordPreset {
    static let sample = PresetSample(
        kind: "discord",
        values: ["url": .secret(Secret("https://discord.com/api/webhooks/123456789012/aB3-s3cret_token"))],
        secrets: ["aB3-s3cret_token", "123456789012/aB3-s3cret_token"],
        success: (200, #"{"id":"1100","channel_id":"7"}"#),
        answers: [
            PresetAnswer(
                status: 429, body: #"{"message":"You are being rate limited.","retry_after":1.5}"#,
                outcome: "throttled", after: .milliseconds(1500)),
            PresetAnswer(
                status: 429, body: #"{"retry_after":1.5}"#, fields: [HeaderField("Retry-After", "65")],
                outcome: "throttled", after: .seconds(65)),
            PresetAnswer(status: 404, body: #"{"code":10015}"#, outcome: "refused"),
            PresetAnswer(status: 401, body: "", outcome: "refused"),
            PresetAnswer(status: 400, body: #"{"code":50035}"#, outcome: "refused"),
            PresetAnswer(status: 502, body: "", outcome: "failed"),
        ],
        onLoopback: { ["url": .string($0 + "/x")] },
        inert: MarkdownReader.findings(in:))
}

@Suite struct `A Discord message` {
    @Test func `is an embed that pings nobody`() async throws {
        let request = try #require(try await DiscordPreset.sample.requests([Sample.notification()]).first)
        #expect(
            request.url == "https://discord.com/api/webhooks/123456789012/aB3-s3cret_token?wait=true")
        #expect(request.json.text("embeds.0.title") == "🟠 Refused: a cat")
        #expect(request.json.text("embeds.0.description") == "img\\_01k failed: Content policy violation")
        #expect(request.json.at("embeds.0.color") == .int(15_105_570))
        #expect(request.json.at("allowed_mentions.parse") == .list([]))
        #expect(request.json.text("username") == "Auspex")
        #expect(request.json.text("embeds.0.timestamp") == "2026-05-04T10:00:15.120Z")
    }

    @Test func `is changed when the alert resolves`() async throws {
        let requests = try await DiscordPreset.sample.requests([
            Sample.notification(), Sample.notification(reason: .resolved),
        ])
        #expect(requests[1].method == "PATCH")
        #expect(
            requests[1].url
                == "https://discord.com/api/webhooks/123456789012/aB3-s3cret_token/messages/1100")
        #expect(requests[1].json.text("embeds.0.title") == "✅ Resolved: Refused: a cat")
    }

    @Test func `goes into its thread, where the address keeps its own query`() async throws {
        let http = DiscordPreset.sample.taking()
        let sink = try DiscordPreset.sample.sink(
            http, adding: ["url": .string("https://discord.com/api/webhooks/1/t?x=1"), "thread": .string("77")])
        _ = await sink.attempt(Sample.delivery(), at: Sample.now)
        _ = await sink.attempt(
            Sample.delivery(Sample.notification(reason: .resolved), earlier: ["message": "9/../8"]), at: Sample.now)
        #expect(http.requests[0].url == "https://discord.com/api/webhooks/1/t?x=1&wait=true&thread_id=77")
        #expect(
            http.requests[1].url == "https://discord.com/api/webhooks/1/t/messages/9%2F..%2F8?x=1&thread_id=77")
    }

    @Test func `that is gone is said anew`() async throws {
        let http = ScriptedHTTP(404, #"{"message":"Unknown Message","code":10008}"#)
        let sink = try DiscordPreset.sample.sink(http)
        let resolve = Sample.notification(reason: .resolved)
        let first = await sink.attempt(Sample.delivery(resolve, earlier: ["message": "1"]), at: Sample.now)
        #expect(first.outcome.name == "failed")
        #expect(first.kept == ["message": ""])
        _ = await sink.attempt(Sample.delivery(resolve, earlier: first.kept), at: Sample.now)
        #expect(http.requests[1].method == "POST")
    }

    @Test func `stays below Discord's limits`() async throws {
        let long = [TemplatePiece.literal(String(repeating: "*👩‍👩‍👧‍👦", count: 9000))]
        let request = try #require(
            try await DiscordPreset.sample.requests([Sample.notification(title: long, text: long)]).first)
        #expect(try #require(request.json.text("embeds.0.title")).utf16.count <= 256)
        let description = try #require(request.json.text("embeds.0.description"))
        #expect(description.utf16.count <= 4096 && description.hasSuffix("…"))
        #expect(request.json.texts.map(\.utf16.count).reduce(0, +) <= 6000)
    }
}
