import CEL
import Core
import Sinks
import Testing
import Transport

enum WebhookPreset {
    static let sample = PresetSample(
        kind: "webhook",
        values: [
            "url": .string("https://jobs.example.com/hooks/aurous?token=query-s3cret"),
            "secret": .secretList([Secret(Fixture.signingSecret)]),
        ],
        secrets: ["query-s3cret", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], success: (204, ""),
        answers: [
            PresetAnswer(status: 410, body: "", outcome: "refused"),
            PresetAnswer(status: 503, body: "", outcome: "failed"),
        ],
        onLoopback: { ["url": .string($0)] }, sendsCallback: true)
}

@Suite struct `A callback as a binary CloudEvent` {
    @Test func `has its attributes in header fields, and is signed over its data`() async throws {
        let http = ScriptedHTTP()
        let sink = try WebhookPreset.sample.sink(http, adding: ["format": .string("cloudevents-binary")])
        #expect(await sink.attempt(Sample.delivery(), at: Sample.now).outcome == .delivered)
        let request = try #require(http.requests.first)
        let id = Sample.notification().id.rawValue
        #expect(request.field("Content-Type") == "application/json")
        #expect(request.field("ce-specversion") == "1.0" && request.field("ce-id") == id)
        #expect(request.field("ce-type") == "alert.fired" && request.field("ce-subject") == "img_01k")
        #expect(request.json.text("id") == id)
        let signature = try #require(WebhookSignature([Secret(Fixture.signingSecret)]))
        #expect(
            request.field("webhook-signature")
                == signature.value(id: id, timestamp: Sample.now.seconds, body: request.body ?? []))
    }

    @Test(.enabled(if: Programs.hasCloudEvents, "the cloudevents package for Python is not installed"))
    func `is one to the official library`() async throws {
        let http = ScriptedHTTP()
        let sink = try WebhookPreset.sample.sink(http, adding: ["format": .string("cloudevents-binary")])
        _ = await sink.attempt(Sample.delivery(), at: Sample.now)
        let request = try #require(http.requests.first)
        let script = """
            import sys
            from cloudevents.http import from_http
            fields = dict(line.split(": ", 1) for line in sys.argv[1:])
            event = from_http(fields, sys.stdin.buffer.read())
            print(event["type"], event["subject"], event.data["alerts"][0]["resource_id"])
            """
        let fields = request.headerFields.map { "\($0.name): \($0.value)" }
        #expect(try Programs.python(script, fields, input: request.body ?? []) == "alert.fired img_01k img_01k\n")
    }
}
