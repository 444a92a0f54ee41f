import CEL
import Core
import Sinks
import Testing
import Transport

enum NtfyPreset {
    static let sample = PresetSample(
        kind: "ntfy",
        values: ["topic": .secret(Secret("s3cret-topic")), "token": .secret(Secret("tk_s3cret"))],
        secrets: ["s3cret-topic", "tk_s3cret"],
        success: (200, #"{"id":"abc","event":"message"}"#),
        answers: [
            PresetAnswer(status: 429, body: #"{"code":42901}"#, outcome: "throttled", after: .seconds(60)),
            PresetAnswer(status: 429, body: #"{"code":42908}"#, outcome: "throttled", after: .seconds(21_600)),
            PresetAnswer(status: 403, body: #"{"code":40301,"error":"forbidden"}"#, outcome: "refused"),
            PresetAnswer(status: 507, body: "", outcome: "failed"),
        ],
        onLoopback: { ["server": .string($0), "topic": .string("tpc"), "token": .string("tk")] })
}

@Suite struct `A message for ntfy` {
    @Test func `is JSON at the server's root`() async throws {
        let request = try #require(try await NtfyPreset.sample.requests([Sample.notification()]).first)
        #expect(request.url == "https://ntfy.sh/")
        #expect(request.field("Authorization") == "Bearer tk_s3cret")
        #expect(request.json.keys == ["topic", "title", "message", "priority", "sequence_id"])
        #expect(request.json.at("priority") == .int(4))
    }

    @Test func `is replaced by the end of its alert, and not by a reminder`() async throws {
        let requests = try await NtfyPreset.sample.requests([
            Sample.notification(), Sample.notification(reason: .reminder), Sample.notification(reason: .resolved),
        ])
        #expect(requests[0].json.text("sequence_id") == Sample.alert().id.rawValue)
        #expect(requests[1].json.at("sequence_id") == nil)
        #expect(requests[2].json.text("sequence_id") == requests[0].json.text("sequence_id"))
    }

    @Test func `needs no token, and never becomes an attachment`() async throws {
        let http = NtfyPreset.sample.taking()
        let sink = try SinksTests.sink(
            "ntfy", ["topic": .string("t"), "server": .string("https://n.example/")], http: http)
        let long = [TemplatePiece.literal(String(repeating: "ä", count: 9000))]
        _ = await sink.attempt(Sample.delivery(Sample.notification(text: long)), at: Sample.now)
        #expect(http.requests[0].field("Authorization") == nil)
        #expect(http.requests[0].url == "https://n.example/")
        #expect(try #require(http.requests[0].json.text("message")).utf8.count <= 4096)
    }
}
