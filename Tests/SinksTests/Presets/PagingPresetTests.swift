import CEL
import Core
import Sinks
import Testing
import Transport

enum OpsgeniePreset {
    static func sample(_ kind: String) -> PresetSample {
        PresetSample(
            kind: kind, values: ["key": .secret(Secret("genie-s3cret"))], secrets: ["genie-s3cret"],
            success: (202, #"{"result":"Request will be processed","requestId":"r"}"#),
            answers: [
                PresetAnswer(status: 422, body: #"{"message":"Request body is not processable"}"#, outcome: "refused"),
                PresetAnswer(status: 429, body: #"{"message":"slow"}"#, outcome: "failed"),
                PresetAnswer(status: 403, body: "", outcome: "refused"),
                PresetAnswer(status: 503, body: "", outcome: "failed"),
            ],
            onLoopback: { ["api": .string($0), "key": .string("k")] })
    }
}

enum IncidentPreset {
    static let sample = PresetSample(
        kind: "incidentio",
        values: ["source_id": .string("01SOURCE"), "token": .secret(Secret("inc-s3cret"))], secrets: ["inc-s3cret"],
        success: (202, #"{"deduplication_key":"k","status":"success"}"#),
        answers: [
            PresetAnswer(status: 422, body: #"{"message":"bad"}"#, outcome: "refused"),
            PresetAnswer(status: 429, body: "", outcome: "failed"),
        ],
        onLoopback: { ["api": .string($0), "source_id": .string("s"), "token": .string("t")] })
}

enum SplunkPreset {
    static let sample = PresetSample(
        kind: "splunk-oncall", values: ["key": .secret(Secret("splunk-s3cret")), "routing_key": .string("on call")],
        secrets: ["splunk-s3cret"], success: (200, #"{"result":"success","entity_id":"e"}"#),
        answers: [
            PresetAnswer(status: 200, body: #"{"result":"failure","message":"no"}"#, outcome: "refused"),
            PresetAnswer(status: 200, body: "", outcome: "unknown"),
            PresetAnswer(status: 404, body: "", outcome: "refused"),
            PresetAnswer(status: 500, body: "", outcome: "failed"),
        ],
        onLoopback: { ["api": .string($0 + "/a"), "key": .string("k"), "routing_key": .string("r")] })
}

enum AlertmanagerPreset {
    static let sample = PresetSample(
        kind: "alertmanager", values: ["url": .string("https://alerts.example.com")], secrets: [], success: (200, ""),
        answers: [
            PresetAnswer(status: 400, body: #""bad labels""#, outcome: "refused"),
            PresetAnswer(status: 500, body: "", outcome: "failed"),
        ],
        onLoopback: { ["url": .string($0)] })
}

@Suite struct `Paging presets` {
    @Test(arguments: ["opsgenie", "jira-service-management"])
    func `Opsgenie and its successor create an alert and close it by its alias`(_ kind: String) async throws {
        let requests = try await OpsgeniePreset.sample(kind).requests([
            Sample.notification(), Sample.notification(reason: .resolved),
        ])
        let key = Sample.alert().id.rawValue
        #expect(requests[0].url.hasSuffix("/v2/alerts"))
        #expect(requests[0].json.text("alias") == key)
        #expect(requests[0].json.text("message") == "Refused: a cat")
        #expect(requests[0].json.text("priority") == "P3")
        #expect(requests[0].json.text("details.resource") == "img_01k")
        #expect(requests[0].headerFields.contains(HeaderField("Authorization", "GenieKey genie-s3cret")))
        #expect(requests[1].url.hasSuffix("/v2/alerts/\(key)/close?identifierType=alias"))
        let long = Sample.notification(title: [.literal(String(repeating: "é", count: 4000))])
        let request = try #require(try await OpsgeniePreset.sample(kind).requests([long]).first)
        #expect(try #require(request.json.text("message")).utf16.count <= 130)
    }

    @Test func `incident.io fires and resolves under one key`() async throws {
        let requests = try await IncidentPreset.sample.requests([
            Sample.notification(), Sample.notification(reason: .resolved),
        ])
        #expect(requests.map { $0.json.text("status") } == ["firing", "resolved"])
        #expect(Set(requests.map { $0.json.text("deduplication_key") }).count == 1)
        #expect(requests[0].url == "https://api.incident.io/v2/alert_events/http/01SOURCE")
        #expect(requests[0].json.text("metadata.labels.team") == "trust-and-safety")
    }

    @Test func `Splunk On-Call opens and recovers one entity`() async throws {
        let requests = try await SplunkPreset.sample.requests([
            Sample.notification(), Sample.notification(reason: .resolved),
        ])
        #expect(requests.map { $0.json.text("message_type") } == ["WARNING", "RECOVERY"])
        #expect(Set(requests.map { $0.json.text("entity_id") }).count == 1)
        #expect(requests[0].url.hasSuffix("/alert/splunk-s3cret/on%20call"))
    }

    @Test func `Alertmanager knows an alert by labels that no stranger wrote, and its end by a time`() async throws {
        let hostile = Sample.notification(title: [.literal("other")], text: [.literal("text")])
        let requests = try await AlertmanagerPreset.sample.requests([
            Sample.notification(), hostile, Sample.notification(reason: .resolved),
        ])
        let labels = requests.map { $0.json.at("0.labels") }
        #expect(labels[0] == labels[1] && labels[1] == labels[2])
        #expect(requests[0].json.text("0.labels.alertname") == "refused-by-policy")
        #expect(requests[0].json.text("0.endsAt") == "2026-06-03T10:00:15.120Z")
        #expect(requests[2].json.text("0.endsAt") == "2026-05-04T10:00:15.120Z")
    }
}
