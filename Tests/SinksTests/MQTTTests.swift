import CEL
import Core
import Foundation
import Sinks
import Testing
import Transport

private func mqtt(
    _ transport: any MQTTTransport, adding values: [String: SettingValue] = [:]
) throws -> any Sink {
    let kind = try #require(SinkCatalog.kind(named: "mqtt"))
    var services = services()
    services.mqtt = transport
    return try kind.make(configuration(Fixture.mqtt.values.merging(values) { $1 }), services)
}

@Suite struct `A message to a broker` {
    @Test func `is the callback, on a topic of ids`() async throws {
        let broker = ScriptedMQTT()
        var alert = Sample.alert()
        alert.resource.id = "a/+#b"
        let result = try await mqtt(
            broker, adding: ["topic": .string("aurous/${alert.kind}/${alert.resource_id}"), "retain": .boolean(true)]
        ).attempt(Sample.delivery(Sample.notification(alerts: [alert])), at: Sample.now)
        #expect(result.outcome == .delivered)
        let sent = try #require(broker.publications.first)
        #expect(sent.topic == "aurous/generation/a%2F%2B%23b")
        #expect(try JSON.parse(sent.payload).text("data.id") == Sample.notification().id.rawValue)
        #expect(sent.quality == 1 && sent.isRetained && sent.version == .five)
        #expect(sent.username == "watcher" && sent.password == "br0ker-s3cret")
        #expect(sent.deliveryID == Sample.delivery().id.rawValue)
    }

    @Test(arguments: [
        (TransportError(kind: .loginDenied(code: 135, text: "Not authorized")), "refused"),
        (TransportError(kind: .loginDenied(code: 4, text: "bad")), "refused"),
        (TransportError(kind: .brokerRefused(code: 135, text: "Not authorized")), "refused"),
        (TransportError(kind: .brokerRefused(code: 132, text: "Unsupported protocol version")), "refused"),
        (TransportError(kind: .brokerRefused(code: 149, text: "Packet too large")), "refused"),
        (TransportError(kind: .brokerRefused(code: 137, text: "Server busy")), "failed"),
        (TransportError(kind: .brokerRefused(code: 3, text: "unavailable")), "failed"),
        (TransportError(kind: .brokerRefused(code: 151, text: "Quota exceeded")), "failed"),
        (TransportError(kind: .connect), "failed"), (TransportError(kind: .tls), "failed"),
        (TransportError(kind: .resolve), "failed"), (TransportError(kind: .timedOut(bytesSent: false)), "failed"),
        (TransportError(kind: .timedOut(bytesSent: true), mayHaveBeenReceived: true), "unknown"),
        (TransportError(kind: .receiveFailed, mayHaveBeenReceived: true), "unknown"),
        (TransportError(kind: .invalidRequest(reason: "x")), "refused"),
        (TransportError(kind: .refusedByPolicy(address: "169.254.1.1")), "refused"),
    ])
    func `judges an answer`(_ row: (error: TransportError, expected: String)) async throws {
        let result = try await mqtt(ScriptedMQTT(row.error)).attempt(Sample.delivery(), at: Sample.now)
        #expect(result.outcome.name == row.expected)
        #expect(result.outcome.reason?.isEmpty == false)
    }

    @Test func `goes only where allow and deny let it`() async throws {
        let broker = ScriptedMQTT()
        let denying: [String: SettingValue] = ["deny": .stringList(["127.0.0.0/8", "::1"])]
        _ = try await mqtt(broker, adding: denying).attempt(Sample.delivery(), at: Sample.now)
        let policy = try #require(broker.publications.first?.destination)
        #expect(!policy.allows(try #require(IPAddress("127.0.0.1"))))
        let literal = denying.merging(["server": .string("mqtts://127.0.0.1:8883")]) { $1 }
        #expect(
            try problems("mqtt", Fixture.mqtt.values.merging(literal) { $1 }).first?.contains("do not allow") == true)
    }

    /// Port 9 of this machine, where nobody listens: who had tried to connect would say so.
    @Test(arguments: ["mqtt://localhost:9", "mqtts://localhost:9"])
    func `does not even try to connect to what is denied`(server: String) async throws {
        let publication = MQTTPublication(
            server: server, topic: "x", payload: [], deliveryID: "d", username: "u", password: "p",
            destination: DestinationPolicy(allowedNetworks: []))
        do throws(TransportError) {
            _ = try await MosquittoTransport().publish(publication)
            Issue.record("it was published")
        } catch {
            guard case .refusedByPolicy = error.kind else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test func `shows no password that a broker echoes`() async throws {
        let error = TransportError(kind: .brokerRefused(code: 135, text: "no br0ker-s3cret"))
        let result = try await mqtt(ScriptedMQTT(error)).attempt(Sample.delivery(), at: Sample.now)
        #expect(!"\(result)".contains("s3cret"))
    }

    @Test func `has settings that are checked when they are read`() throws {
        func problem(_ values: [String: SettingValue]) throws -> String? {
            try problems("mqtt", Fixture.mqtt.values.merging(values) { $1 }).first
        }
        #expect(try problem([:]) == nil)
        for server in ["https://x.example", "mqtts://x.example/y", "mqtts://u:p@x.example", "x.example"] {
            #expect(try problem(["server": .string(server)])?.hasPrefix("server: must be mqtts://") == true)
        }
        #expect(try problem(["server": .string("mqtt://x.example")])?.contains("not encrypted") == true)
        #expect(
            try problem(["server": .string("mqtt://x.example"), "insecure": .boolean(true)])?
                .contains("a password is not sent") == true)
        #expect(try problem(["server": .string("mqtt://127.0.0.1:1883")]) == nil)
        #expect(try problem(["server": .string("mqtts://169.254.169.254")])?.contains("refused") == true)
        #expect(try problem(["topic": .string("a/+/b")])?.contains("wildcards") == true)
        #expect(try problem(["topic": .string("$SYS/x")])?.contains("broker's own") == true)
        #expect(try problem(["topic": .string("x/${notification.title}")])?.contains("inserts what strangers") == true)
        #expect(try problem(["qos": .integer(0)])?.hasPrefix("qos: must be 1 or 2") == true)
        #expect(try problem(["qos": .integer(2)]) == nil)
    }
}

@Suite(.enabled(if: Mosquitto.isInstalled, "mosquitto, mosquitto-clients or openssl is not installed"))
struct `A real broker` {
    private func values(_ broker: Mosquitto) -> [String: SettingValue] {
        ["server": .string(broker.server), "topic": .string("aurous/${alert.source}/${alert.kind}")]
    }

    @Test(arguments: ["5", "3.1.1"], [1, 2])
    func `gets every hostile text whole`(_ version: String, _ quality: Int) async throws {
        let broker = try Mosquitto()
        let sink = try mqtt(
            MosquittoTransport(),
            adding: values(broker).merging(["version": .string(version), "qos": .integer(quality)]) { $1 })
        let hostile = quality == 1 && version == "5" ? HostileText.all : Array(HostileText.all.prefix(3))
        for text in hostile {
            let result = await sink.attempt(Sample.delivery(saying: text.text), at: Sample.now)
            #expect(result.outcome == .delivered, "\(text.name): \(result)")
        }
        let messages = try broker.messages(hostile.count)
        #expect(messages.count == hostile.count)
        let isFive = version == "5"
        for message in messages {
            #expect(message[0] == "aurous/studio/generation" && message[1] == "\(quality)")
            #expect(message[2] == (isFive ? "delivery-id:\(Sample.delivery().id.rawValue)" : ""))
            #expect(message[3] == (isFive ? "application/json" : ""))
            #expect(try JSON.parse(Array(message[4].utf8)).text("data.alerts.0.resource_id") == "img_01k")
        }
    }

    @Test func `keeps a retained message`() async throws {
        let broker = try Mosquitto()
        let sink = try mqtt(
            MosquittoTransport(), adding: values(broker).merging(["retain": .boolean(true)]) { $1 })
        #expect(await sink.attempt(Sample.delivery(), at: Sample.now).outcome == .delivered)
        #expect(try broker.retained("aurous/studio/generation").contains("img_01k"))
    }

    @Test func `refuses a wrong password`() async throws {
        let broker = try Mosquitto()
        for version in ["5", "3.1.1"] {
            let wrong: [String: SettingValue] = [
                "password": .secret(Secret("wr0ng-s3cret")), "version": .string(version),
            ]
            let result = try await mqtt(MosquittoTransport(), adding: values(broker).merging(wrong) { $1 })
                .attempt(Sample.delivery(), at: Sample.now)
            #expect(result.outcome.name == "refused", "\(result)")
            #expect(result.outcome.reason?.contains("check username and password") == true)
            #expect(!"\(result)".contains("s3cret"))
        }
    }

    @Test func `refuses a topic that is not ours`() async throws {
        let broker = try Mosquitto()
        let result = try await mqtt(
            MosquittoTransport(), adding: values(broker).merging(["topic": .string("other/x")]) { $1 }
        ).attempt(Sample.delivery(), at: Sample.now)
        #expect(result.outcome.name == "refused", "\(result)")
        #expect(result.outcome.reason?.contains("135") == true)
    }

    @Test func `refuses what is too large for it`() async throws {
        let broker = try Mosquitto(["max_packet_size 2000"])
        let text = String(repeating: "x", count: 5_000)
        let result = try await mqtt(MosquittoTransport(), adding: values(broker)).attempt(
            Sample.delivery(saying: text), at: Sample.now)
        #expect(result.outcome.name == "refused", "\(result)")
    }

    @Test func `is believed only with its authority's certificate, and wants ours`() async throws {
        let broker = try Mosquitto(encrypted: true)
        let trust: [String: SettingValue] = [
            "ca": .string(broker.caFile), "client_certificate": .string(broker.clientFile),
        ]
        let sink = try mqtt(MosquittoTransport(), adding: values(broker).merging(trust) { $1 })
        let result = await sink.attempt(Sample.delivery(), at: Sample.now)
        #expect(result.outcome == .delivered, "\(result)")
        #expect(try broker.messages(1).first?.last?.contains("img_01k") == true)
        for worse: [String: SettingValue] in [
            [:], ["ca": .string(broker.caFile)], ["client_certificate": .string(broker.clientFile)],
        ] {
            let result = try await mqtt(MosquittoTransport(), adding: values(broker).merging(worse) { $1 })
                .attempt(Sample.delivery(), at: Sample.now)
            #expect(result.outcome.name == "failed", "\(result)")
        }
        // The certificate is for localhost.
        let other: [String: SettingValue] = ["server": .string("mqtts://127.0.0.1:\(broker.port)")]
        let stranger = try mqtt(
            MosquittoTransport(), adding: values(broker).merging(trust) { $1 }.merging(other) { $1 })
        let refusal = await stranger.attempt(Sample.delivery(), at: Sample.now)
        #expect(refusal.outcome.name == "failed", "\(refusal)")
        #expect(refusal.outcome.reason?.contains("no trusted TLS connection") == true, "\(refusal)")
    }

    @Test func `that nobody runs is tried again later`() async throws {
        let result = try await mqtt(
            MosquittoTransport(), adding: ["server": .string("mqtt://127.0.0.1:1")]
        ).attempt(Sample.delivery(), at: Sample.now)
        #expect(result.outcome.name == "failed", "\(result)")
    }

    @Test(.timeLimit(.minutes(30))) func `that says nothing is given up in time, and when its task is cancelled`()
        async throws
    {
        let silent = try #require(SilentServer())
        let slow = try mqtt(
            MosquittoTransport(),
            adding: ["server": .string("mqtt://127.0.0.1:\(silent.port)"), "timeout": .duration(.milliseconds(300))])
        #expect(await slow.attempt(Sample.delivery(), at: Sample.now).outcome.name == "failed")
        let patient = try mqtt(
            MosquittoTransport(),
            adding: ["server": .string("mqtt://127.0.0.1:\(silent.port)"), "timeout": .duration(.seconds(600))])
        let task = Task { await patient.attempt(Sample.delivery(), at: Sample.now) }
        task.cancel()
        #expect(await task.value.outcome.reason?.contains("cancelled") == true)
    }

    @Test func `that welcomes us and then says nothing may have the message`() async throws {
        for version in ["5", "3.1.1"] {
            let greeting: [UInt8] = version == "5" ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0]
            let silent = try #require(SilentServer(greeting: greeting))
            let sink = try mqtt(
                MosquittoTransport(),
                adding: [
                    "server": .string("mqtt://127.0.0.1:\(silent.port)"), "timeout": .duration(.milliseconds(500)),
                    "version": .string(version),
                ])
            let result = await sink.attempt(Sample.delivery(), at: Sample.now)
            #expect(result.outcome.name == "unknown", "\(result)")
        }
    }

    @Test func `does not mind many at once`() async throws {
        let broker = try Mosquitto()
        let sink = try mqtt(MosquittoTransport(), adding: values(broker))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<25 {
                        let result = await sink.attempt(Sample.delivery(), at: Sample.now)
                        #expect(result.outcome == .delivered, "\(result)")
                    }
                }
            }
        }
        #expect(try broker.messages(200).count == 200)
        #expect(try broker.connections() == 0)
    }
}
