import CEL
import Core
import Sinks
import Testing
import Transport

enum PagerDutyPreset {
    static let sample = PresetSample(
        kind: "pagerduty", values: ["routing_key": .secret(Secret("0123456789abcdef0123456789s3cret"))],
        secrets: ["0123456789abcdef0123456789s3cret"],
        success: (202, #"{"status":"success","message":"Event processed","dedup_key":"k"}"#),
        answers: [
            PresetAnswer(status: 400, body: #"{"status":"invalid event","errors":["bad"]}"#, outcome: "refused"),
            PresetAnswer(status: 429, body: "", outcome: "failed"),
            PresetAnswer(status: 200, body: "", outcome: "failed"),
            PresetAnswer(status: 500, body: "", outcome: "failed"),
        ],
        onLoopback: { ["api": .string($0), "routing_key": .string("key")] })
}

@Suite struct `A PagerDuty event` {
    @Test func `triggers and resolves the same incident`() async throws {
        let requests = try await PagerDutyPreset.sample.requests([
            Sample.notification(), Sample.notification(reason: .reminder), Sample.notification(reason: .resolved),
        ])
        let key = Sample.alert().id.rawValue
        #expect(requests.map { $0.json.text("event_action") } == ["trigger", "trigger", "resolve"])
        #expect(requests.allSatisfy { $0.json.text("dedup_key") == key })
        #expect(requests[2].json.keys == ["routing_key", "event_action", "dedup_key"])
        #expect(requests[0].url == "https://events.pagerduty.com/v2/enqueue")
        #expect(requests[0].json.text("payload.summary") == "Refused: a cat")
        #expect(requests[0].json.text("payload.severity") == "warning")
        #expect(requests[0].json.text("payload.custom_details.labels.team") == "trust-and-safety")
        #expect(requests[0].json.at("payload.custom_details.alerts") == .int(1))
        #expect(requests[0].json.at("payload.custom_details.test") == nil)
    }
}
