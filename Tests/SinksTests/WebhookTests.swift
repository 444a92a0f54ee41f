import CEL
import Core
import Foundation
import Sinks
import Testing
import Transport

@Suite struct `A callback` {
    private func request(
        _ values: [String: SettingValue] = [:], _ delivery: OutgoingDelivery = Sample.delivery(),
        at now: Timestamp = Sample.now
    ) async throws -> HTTPRequest {
        let http = ScriptedHTTP()
        let all = ["url": SettingValue.string("https://jobs.example.com/hooks/aurous")].merging(values) { _, new in new
        }
        _ = try await sink("webhook", all, http: http).attempt(delivery, at: now)
        return try #require(http.requests.first)
    }

    @Test func `has the body of the contract, to the letter`() async throws {
        let request = try await request()
        #expect(request.method == "POST")
        #expect(request.field("Content-Type") == "application/json")
        let body = try JSON.parse(request.body ?? [])
        #expect(body.keys == ["type", "timestamp", "data"])
        #expect(body.text("type") == "alert.fired")
        #expect(body.text("timestamp") == "2026-05-04T10:00:15.120Z")
        #expect(body.at("data")?.keys == ["id", "title", "text", "severity", "rule", "alerts"])
        #expect(body.text("data.id") == Sample.notification().id.rawValue)
        #expect(body.text("data.title") == "Refused: a cat")
        #expect(body.text("data.text") == "img_01k failed: Content policy violation")
        #expect(body.text("data.severity") == "warning")
        #expect(body.text("data.rule.name") == "refused-by-policy")
        #expect(body.text("data.rule.labels.team") == "trust-and-safety")
        let alert = try #require(body.at("data.alerts.0"))
        #expect(
            alert.keys == [
                "id", "state", "source", "kind", "resource_id", "since", "fired_at", "resolved_at", "changed", "self",
                "old",
            ])
        #expect(alert.text("state") == "firing")
        #expect(alert.text("source") == "studio")
        #expect(alert.text("kind") == "generation")
        #expect(alert.text("resource_id") == "img_01k")
        #expect(alert.text("fired_at") == "2026-05-04T10:00:15.120Z")
        #expect(alert.at("resolved_at") == .null)
        #expect(alert.at("changed") == ["status", "completed_at"])
        #expect(alert.at("self") == Sample.generation())
        #expect(alert.at("old") == Sample.generation(status: "processing"))
    }

    @Test func `says null for what was never seen, and when it ended`() async throws {
        var alert = Sample.alert(previous: .null)
        alert.resolvedAt = Sample.time("2026-05-04T11:00:00Z")
        let body = try JSON.parse(
            await request([:], Sample.delivery(Sample.notification(reason: .resolved, alerts: [alert]))).body ?? [])
        #expect(body.text("type") == "alert.resolved")
        #expect(body.at("data.alerts.0.old") == .null)
        #expect(body.text("data.alerts.0.resolved_at") == "2026-05-04T11:00:00Z")
    }

    @Test func `of a digest has every alert`() async throws {
        let delivery = Sample.delivery(Sample.notification(alerts: Array(repeating: Sample.alert(), count: 300)))
        let body = try JSON.parse(await request([:], delivery).body ?? [])
        guard case .list(let alerts)? = body.at("data.alerts") else { throw Failure() }
        #expect(alerts.count == 300)
    }

    @Test func `carries a prompt of a megabyte whole`() async throws {
        let prompt = String(repeating: "<cat> & \"dog\"\u{2028}\\ ", count: 60_000)
        let alert = Sample.alert(current: Sample.generation(prompt: prompt))
        let body = try JSON.parse(await request([:], Sample.delivery(Sample.notification(alerts: [alert]))).body ?? [])
        #expect(body.text("data.alerts.0.self.prompt") == prompt)
    }

    @Test func `keeps its id and takes the time of each attempt`() async throws {
        let secret = ["secret": SettingValue.secretList([Secret(Fixture.signingSecret)])]
        let first = try await request(secret)
        let second = try await request(secret, Sample.delivery(attempt: 2), at: Sample.time("2026-05-04T10:05:20.900Z"))
        #expect(first.field("webhook-id") == Sample.notification().id.rawValue)
        #expect(second.field("webhook-id") == first.field("webhook-id"))
        #expect(first.field("webhook-id")?.contains(".") == false)
        #expect(first.field("webhook-timestamp") == "1777888820")
        #expect(second.field("webhook-timestamp") == "1777889120")
        #expect(second.field("webhook-signature") != first.field("webhook-signature"))
        #expect(second.body == first.body)
    }

    @Test func `without a secret is not signed`() async throws {
        #expect(try await request().field("webhook-signature") == nil)
    }

    @Test func `has the header fields of its configuration`() async throws {
        let fields: [NamedText] = [
            NamedText(name: "Authorization", value: .secret(Secret("Bearer x"))),
            NamedText(name: "user-agent", value: .plain("mine")),
        ]
        let request = try await request(["headers": .stringMap(fields)])
        #expect(request.field("Authorization") == "Bearer x")
        #expect(request.headerFields.filter { $0.isNamed("User-Agent") }.map(\.value) == ["mine"])
    }

    @Test func `passes trust and time on`() async throws {
        let folder = try TemporaryFolder()
        let (ca, certificate, key) = ("\(folder.path)/ca", "\(folder.path)/certificate", "\(folder.path)/key")
        for file in [ca, certificate, key] { try "".write(toFile: file, atomically: true, encoding: .utf8) }
        let request = try await request([
            "ca": .string(ca), "client_certificate": .string(certificate), "client_key": .string(key),
            "proxy": .string("http://proxy:3128"), "timeout": .duration(.seconds(3)),
        ])
        #expect(
            request.trust
                == TrustSettings(
                    caFile: ca, clientCertificateFile: certificate, clientKeyFile: key,
                    proxy: "http://proxy:3128"))
        #expect(request.timeouts == Timeouts(connect: .seconds(3), exchange: .seconds(3)))
    }

    @Test func `may be a CloudEvent`() async throws {
        let request = try await request(["format": .string("cloudevents")])
        #expect(request.field("Content-Type") == "application/cloudevents+json")
        let event = try JSON.parse(request.body ?? [])
        #expect(event.text("specversion") == "1.0")
        #expect(event.text("id") == request.field("webhook-id"))
        #expect(event.text("source") == "/auspex/sources/studio")
        #expect(event.text("type") == "alert.fired")
        #expect(event.text("time") == "2026-05-04T10:00:15.120Z")
        #expect(event.text("subject") == "img_01k")
        #expect(event.text("data.alerts.0.self.status") == "failed")
    }

    @Test(.enabled(if: Programs.hasCloudEvents, "the cloudevents package for Python is not installed"))
    func `is a CloudEvent to the official library`() async throws {
        let request = try await request(["format": .string("cloudevents")])
        let script = """
            import sys
            from cloudevents.http import from_http
            event = from_http({"content-type": "application/cloudevents+json"}, sys.stdin.buffer.read())
            print(event["id"], event["type"], event.data["alerts"][0]["resource_id"])
            """
        #expect(
            try Programs.python(script, input: request.body ?? [])
                == "\(Sample.notification().id.rawValue) alert.fired img_01k\n")
    }

    private struct Failure: Error {}
}

@Suite struct `A signature` {
    private static let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    private static let body = Array(#"{"test": 2432232314}"#.utf8)
    private static let shared = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    private static let sharedSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    private static let pair = "6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
    private static let pairSignature =
        "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="

    private func value(_ secrets: [Secret]) throws -> String? {
        try #require(WebhookSignature(secrets)).value(id: Self.id, timestamp: 1_614_265_330, body: Self.body)
    }

    @Test func `is that of the published vectors`() throws {
        #expect(try value([Self.shared]) == Self.sharedSignature)
        #expect(try value([Secret("whsk_" + Self.pair)]) == Self.pairSignature)
    }

    @Test func `of a seed is that of the whole pair`() throws {
        let seed = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc="
        #expect(try value([Secret(seed)]) == Self.pairSignature)
    }

    @Test func `comes once for each key, in order, with one space between`() throws {
        #expect(
            try value([Secret("whsk_" + Self.pair), Self.shared, Self.shared])
                == "\(Self.pairSignature) \(Self.sharedSignature) \(Self.sharedSignature)")
    }

    @Test func `needs a key`() throws {
        #expect(try value([]) == nil)
        #expect(WebhookSignature([Secret("whsec_***")]) == nil)
    }

    @Test(.enabled(if: Programs.hasStandardWebhooks, "the standardwebhooks package for Python is not installed"))
    func `is accepted by the official library, with the old key and the new`() async throws {
        let keys = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]
        let http = ScriptedHTTP()
        let webhook = try sink(
            "webhook", ["url": .string("https://x.example/"), "secret": .secretList(keys.map { Secret($0) })],
            http: http)
        for hostile in HostileText.all where hostile.text.utf8.count < 100_000 {
            _ = await webhook.attempt(Sample.delivery(saying: hostile.text), at: Sample.now)
        }
        let script = """
            import sys, datetime, standardwebhooks.webhooks as w
            class Clock(datetime.datetime):
                @classmethod
                def now(cls, tz=None): return datetime.datetime.fromtimestamp(1777888822, tz)
            w.datetime = Clock
            data = sys.stdin.buffer.read()
            fields = dict(zip(["webhook-id", "webhook-timestamp", "webhook-signature"], sys.argv[1:4]))
            for key in sys.argv[4:]:
                w.Webhook(key).verify(data, fields)
                try:
                    w.Webhook(key).verify(data + b" ", fields)
                except w.WebhookVerificationError: continue
                raise SystemExit("a changed body was accepted")
            """
        for request in http.requests {
            let fields = ["webhook-id", "webhook-timestamp", "webhook-signature"].map { request.field($0) ?? "" }
            try Programs.python(script, fields + keys, input: request.body ?? [])
        }
        #expect(http.requests.count > 20)
    }
}
