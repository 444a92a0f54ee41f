import CEL
import Core
import Sinks
import Testing
import Transport

enum GotifyPreset {
    static let sample = PresetSample(
        kind: "gotify", values: ["url": .string("https://gotify.example.com"), "token": .secret(Secret("A-s3cret"))],
        secrets: ["A-s3cret"], success: (200, #"{"id":5}"#),
        answers: [
            PresetAnswer(status: 401, body: #"{"errorDescription":"token"}"#, outcome: "refused"),
            PresetAnswer(status: 200, body: "<html>", outcome: "unknown"),
            PresetAnswer(status: 500, body: "", outcome: "failed"),
        ],
        onLoopback: { ["url": .string($0), "token": .string("t")] })
}

enum PushoverPreset {
    static let sample = PresetSample(
        kind: "pushover",
        values: ["token": .secret(Secret("app-s3cret")), "user": .secret(Secret("user-s3cret"))],
        secrets: ["app-s3cret", "user-s3cret"], success: (200, #"{"status":1,"request":"r"}"#),
        answers: [
            PresetAnswer(status: 400, body: #"{"status":0,"errors":["user is invalid"]}"#, outcome: "refused"),
            PresetAnswer(
                status: 429, body: "", fields: [HeaderField("X-Limit-App-Reset", "\(Sample.now.seconds + 3600)")],
                outcome: "throttled", after: .seconds(3600)),
            PresetAnswer(status: 200, body: "", outcome: "failed"),
            PresetAnswer(status: 500, body: "", outcome: "failed"),
        ],
        onLoopback: { ["api": .string($0), "token": .string("t"), "user": .string("u")] },
        inert: { $0.contains("evil.example") ? ["a link"] : [] })
}

@Suite struct `Push presets` {
    @Test func `Gotify gets plain text, with its token in a header field`() async throws {
        let request = try #require(try await GotifyPreset.sample.requests([Sample.notification()]).first)
        #expect(request.url == "https://gotify.example.com/message")
        #expect(request.headerFields.contains(HeaderField("X-Gotify-Key", "A-s3cret")))
        #expect(request.json.at("priority") == .int(5))
        let extras = request.json.at("extras")?.member("client::display")
        #expect(extras?.text("contentType") == "text/plain")
    }

    @Test func `Pushover repeats a critical alert until somebody acknowledges, and no other`() async throws {
        var critical = Sample.notification()
        critical.severity = .critical
        let requests = try await PushoverPreset.sample.requests([
            critical, Sample.notification(), Sample.notification(reason: .resolved),
        ])
        #expect(requests[0].form["priority"] == "2")
        #expect(requests[0].form["retry"] == "60" && requests[0].form["expire"] == "3600")
        #expect(requests[1].form["priority"] == "0" && requests[1].form["retry"] == nil)
        #expect(requests[2].form["priority"] == "0")
        #expect(requests[0].form["timestamp"] == "1777888815")
        let long = Sample.notification(
            title: [.literal(String(repeating: "x", count: 5000))],
            text: [.literal(String(repeating: "🐈", count: 5000))])
        let form = try await PushoverPreset.sample.requests([long])[0].form
        #expect(try #require(form["title"]).unicodeScalars.count <= 250)
        #expect(try #require(form["message"]).unicodeScalars.count <= 1024)
    }

    @Test func `Pushover is never sent an empty message`() async throws {
        let form = try await PushoverPreset.sample.requests([Sample.notification(text: [])])[0].form
        #expect(form["message"] == "Refused: a cat")
    }
}
