import CEL
import Core
import Foundation
import Sinks
import Testing
import Transport

enum AWSPresets {
    private static let region = "eu-central-1"
    private static let secretKey = "wJalrXUtnFEMIK7MDENGbPxRfiCYs3cretKEY"
    private static let token = "FwoGZXIvYXdzs3cretT0KEN"
    private static let temporary: [PresetAnswer] = [
        PresetAnswer(status: 403, body: #"{"__type":"ExpiredTokenException","message":"x"}"#, outcome: "failed"),
        PresetAnswer(status: 400, body: #"{"__type":"RequestExpired"}"#, outcome: "failed"),
        PresetAnswer(status: 403, body: #"{"__type":"AccessDeniedException","message":"no"}"#, outcome: "refused"),
        PresetAnswer(status: 503, body: "", outcome: "failed"),
    ]

    static let sns = sample(
        "aws-sns", ["topic": .string("arn:aws:sns:eu-central-1:123456789012:alerts.fifo")],
        (200, "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>"),
        [
            PresetAnswer(
                status: 400, body: "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>",
                outcome: "throttled", after: .seconds(5)),
            PresetAnswer(status: 404, body: "<Error><Code>NotFound</Code></Error>", outcome: "refused"),
            PresetAnswer(status: 200, body: "<html>sign in</html>", outcome: "failed"),
        ])

    static let sqs = sample(
        "aws-sqs", ["queue": .string("https://sqs.eu-central-1.amazonaws.com/123456789012/alerts.fifo")],
        (200, #"{"MD5OfMessageBody":"d","MessageId":"m"}"#),
        [
            PresetAnswer(
                status: 400, body: #"{"__type":"com.amazonaws.sqs#RequestThrottled","message":"slow"}"#,
                outcome: "throttled", after: .seconds(5)),
            PresetAnswer(
                status: 400, body: ##"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"gone"}"##,
                outcome: "refused"),
            PresetAnswer(status: 200, body: "{}", outcome: "failed"),
        ])

    static let eventBridge = sample(
        "aws-eventbridge", [:], (200, #"{"FailedEntryCount":0,"Entries":[{"EventId":"e"}]}"#),
        [
            PresetAnswer(
                status: 200,
                body: #"{"FailedEntryCount":1,"Entries":[{"ErrorCode":"ThrottlingException","ErrorMessage":"x"}]}"#,
                outcome: "throttled", after: .seconds(5)),
            PresetAnswer(
                status: 200,
                body: #"{"FailedEntryCount":1,"Entries":[{"ErrorCode":"InternalFailure","ErrorMessage":"x"}]}"#,
                outcome: "failed"),
            PresetAnswer(
                status: 400, body: #"{"__type":"ThrottlingException"}"#, outcome: "throttled", after: .seconds(5)),
        ])

    static let lambda = sample(
        "aws-lambda", ["function": .string("start-upscale"), "qualifier": .string("prod")], (202, ""),
        [
            PresetAnswer(status: 429, body: #"{"Reason":"x"}"#, outcome: "throttled", after: .seconds(5)),
            PresetAnswer(status: 404, body: #"{"Message":"Function not found"}"#, outcome: "refused"),
            PresetAnswer(status: 200, body: "ran", outcome: "failed"),
        ])

    static let all = [eventBridge, lambda, sns, sqs]

    private static func sample(
        _ kind: String, _ values: [String: SettingValue], _ success: (Int, String), _ answers: [PresetAnswer]
    ) -> PresetSample {
        let common: [String: SettingValue] = ["region": .string(region)]
        return PresetSample(
            kind: kind,
            values: values.merging(common) { $1 }.merging([
                "access_key": .string("AKIDEXAMPLE"), "secret_key": .secret(Secret(secretKey)),
                "session_token": .secret(Secret(token)),
            ]) { $1 },
            secrets: [secretKey, token], success: success, answers: answers + temporary,
            onLoopback: { address in
                values.merging(common) { $1 }.merging([
                    "access_key": .string("AKI"), "secret_key": .secret(Secret("sec")), "endpoint": .string(address),
                    "session_token": .secret(Secret("tok")),
                ]) { $1 }
            }, sendsCallback: kind == "aws-lambda")
    }
}

@Suite struct `A request to AWS` {
    /// What arrives when the sample sends every hostile text, short ones only.
    private func arrived(_ sample: PresetSample) async throws -> [LoopbackReceiver.Request] {
        let receiver = LoopbackReceiver()
        defer { receiver.stop() }
        let transport = CurlTransport(options: CurlTransport.Options())
        defer { transport.shutdown() }
        let kind = try #require(SinkCatalog.kind(named: sample.kind))
        let values = sample.onLoopback("http://127.0.0.1:\(receiver.port)")
        let sink = try kind.make(configuration(values), services(http: transport))
        for hostile in HostileText.all where hostile.text.utf8.count < 50_000 {
            _ = await sink.attempt(Sample.delivery(saying: hostile.text), at: Sample.now)
        }
        return receiver.requests
    }

    @Test(arguments: AWSPresets.all) func `has the signature that AWS computes from what arrives`(
        _ sample: PresetSample
    )
        async throws
    {
        let requests = try await arrived(sample)
        #expect(requests.count > 20)
        for request in requests {
            #expect(AWSSignature.isRight(request, secretKey: "sec"))
            #expect(!AWSSignature.isRight(request, secretKey: "other"))
            #expect(request.field("x-amz-security-token") == "tok")
        }
    }

    @Test(
        .enabled(if: Programs.hasBotocore, "the botocore package for Python is not installed"),
        arguments: AWSPresets.all)
    func `is signed and spelt as AWS's own library does it`(_ sample: PresetSample) async throws {
        let script = """
            import json, sys, urllib.parse, botocore.session
            from botocore.auth import SigV4Auth
            from botocore.awsrequest import AWSRequest
            from botocore.credentials import Credentials
            names = {"aws-sns": ("sns", "Publish"), "aws-sqs": ("sqs", "SendMessage"),
                     "aws-eventbridge": ("events", "PutEvents"), "aws-lambda": ("lambda", "Invoke")}
            head, body = sys.stdin.buffer.read().split(b"\\r\\n\\r\\n", 1)
            lines = head.decode().split("\\r\\n")
            method, target = lines[0].split(" ")[:2]
            fields = dict(line.split(": ", 1) for line in lines[1:])
            fields = {name.lower(): value for name, value in fields.items()}
            authorization = fields["authorization"]
            signed = authorization.split("SignedHeaders=")[1].split(",")[0].split(";")
            service, operation = names[sys.argv[1]]
            class Auth(SigV4Auth):
                def headers_to_sign(self, request): return request.headers
                def canonical_headers(self, headers):
                    return "\\n".join(f"{n}:{self._header_value(fields[n])}" for n in sorted(signed))
                def signed_headers(self, headers): return ";".join(sorted(signed))
            request = AWSRequest(method, f"http://{fields['host']}{target}", data=body)
            request.context["timestamp"] = fields["x-amz-date"]
            auth = Auth(Credentials("AKI", "sec", "tok"), service, "eu-central-1")
            text = auth.string_to_sign(request, auth.canonical_request(request))
            assert auth.signature(text, request) == authorization.split("Signature=")[1], "another signature"
            model = botocore.session.get_session().get_service_model(service)
            action = model.operation_model(operation)
            if service == "sns":
                sent = dict(urllib.parse.parse_qsl(body.decode()))
                assert sent.pop("Action") == operation and sent.pop("Version") == model.api_version
            elif service == "lambda":
                path = target.split("?")[0]
                assert path == action.http["requestUri"].replace("{FunctionName}", "start-upscale"), path
                assert action.http["responseCode"] or True
                assert "Event" in action.input_shape.members["InvocationType"].enum
                sent = {"FunctionName": "start-upscale"}
            else:
                assert fields["x-amz-target"] == model.metadata["targetPrefix"] + "." + operation
                assert fields["content-type"] == "application/x-amz-json-" + model.metadata["jsonVersion"]
                sent = json.loads(body)
            def check(value, shape):
                if shape.type_name == "structure":
                    for name in value: check(value[name], shape.members[name])
                    for name in shape.required_members: assert name in value, name
                elif shape.type_name == "list":
                    for item in value: check(item, shape.member)
                elif shape.type_name == "map":
                    for item in value.values(): check(item, shape.value)
                elif shape.type_name == "timestamp": assert isinstance(value, int)
                elif shape.type_name == "string": assert isinstance(value, str)
            check(sent, action.input_shape)
            """
        for request in try await arrived(sample).prefix(3) {
            try Programs.python(
                script, [sample.kind], input: Array(request.head.utf8) + Array("\r\n\r\n".utf8) + request.body)
        }
    }

    @Test func `to a topic has the callback, or words, and the ids of a FIFO topic`() async throws {
        let request = try #require(try await AWSPresets.sns.requests([Sample.notification()]).first)
        #expect(request.url == "https://sns.eu-central-1.amazonaws.com/")
        let pairs = request.bodyText.split(separator: "&").map { $0.split(separator: "=").map(String.init) }
        let form = Dictionary(uniqueKeysWithValues: pairs.map { ($0[0], $0[1].removingPercentEncoding ?? "") })
        #expect(form["TopicArn"]?.hasSuffix(":alerts.fifo") == true && form["Subject"] == nil)
        let event = try JSON.parse(try #require(form["Message"]))
        #expect(event.text("data.alerts.0.self.status") == "failed" && event.text("type") == "alert.fired")
        #expect(form["MessageDeduplicationId"] == Sample.delivery().id.rawValue)
        #expect(form["MessageGroupId"] == Sample.alert().id.rawValue)
        let http = AWSPresets.sns.taking()
        let sink = try AWSPresets.sns.sink(
            http, adding: ["message": .string("text"), "topic": .string("arn:aws:sns:eu-central-1:1:t")])
        _ = await sink.attempt(Sample.delivery(), at: Sample.now)
        let text = try #require(http.requests.first?.bodyText.removingPercentEncoding)
        #expect(text.contains("Subject=Auspex warning fired&Message=🟠 Refused: a cat\n\nimg_01k failed"))
        #expect(!text.contains("Deduplication"))
    }

    @Test func `to a queue and to a bus has the callback as a text`() async throws {
        let queue = try #require(try await AWSPresets.sqs.requests([Sample.notification()]).first)
        #expect(queue.field("X-Amz-Target") == "AmazonSQS.SendMessage")
        #expect(try JSON.parse(try #require(queue.json.text("MessageBody"))).text("type") == "alert.fired")
        #expect(queue.json.text("MessageDeduplicationId") == Sample.delivery().id.rawValue)
        let bus = try #require(
            try await AWSPresets.eventBridge.requests([Sample.notification(reason: .resolved)]).first)
        #expect(bus.json.text("Entries.0.DetailType") == "alert.resolved")
        #expect(bus.json.at("Entries.0.Time") == .int(1_777_888_815))
        #expect(try JSON.parse(try #require(bus.json.text("Entries.0.Detail"))).text("type") == "alert.resolved")
    }

    @Test func `to a function is the callback itself`() async throws {
        let request = try #require(try await AWSPresets.lambda.requests([Sample.notification()]).first)
        #expect(
            request.url
                == "https://lambda.eu-central-1.amazonaws.com/2015-03-31/functions/start-upscale/invocations?Qualifier=prod"
        )
        #expect(request.field("X-Amz-Invocation-Type") == "Event")
        #expect(request.json.text("type") == "alert.fired")
    }

    @Test(arguments: AWSPresets.all) func `stays below the service's limit`(_ sample: PresetSample) async throws {
        let alert = Sample.alert(current: Sample.generation(prompt: String(repeating: "\"é\n", count: 200_000)))
        let request = try #require(try await sample.requests([Sample.notification(alerts: [alert])]).first)
        #expect((request.body?.count ?? 0) <= 250_000)
    }
}
