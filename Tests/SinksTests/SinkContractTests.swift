import CEL
import Core
import Foundation
import Sinks
import Testing
import Transport

/// What holds for every kind of sink.
@Suite struct `Every sink` {
    @Test(arguments: Fixture.all) func `delivers a notification`(_ fixture: Fixture) async throws {
        let folder = try TemporaryFolder()
        let result = try await fixture.sink(http: slackFriendly(), folder: folder.path).attempt(
            Sample.delivery(), at: Sample.now)
        #expect(result.outcome == .delivered)
    }

    @Test(arguments: Fixture.all) func `sends the same ids at every attempt`(_ fixture: Fixture) async throws {
        let folder = try TemporaryFolder()
        let sink = try fixture.sink(folder: folder.path)
        let later = try #require(Timestamp(rfc3339: "2026-05-04T16:00:00Z"))
        for text in [
            sink.preview(Sample.delivery(attempt: 1), at: Sample.now),
            sink.preview(Sample.delivery(attempt: 7), at: later),
        ] where fixture.kind != "slack" {
            let id = fixture.kind == "email" ? Sample.delivery().id.rawValue : Sample.notification().id.rawValue
            #expect(text.contains(id))
        }
    }

    @Test(arguments: Fixture.all) func `shows no secret in a preview`(_ fixture: Fixture) throws {
        let preview = try fixture.sink().preview(Sample.delivery(), at: Sample.now)
        for secret in fixture.secrets { #expect(!preview.contains(secret)) }
        #expect(preview.contains(fixture.kind == "slack" ? "a cat" : "Refused"))
    }

    @Test(arguments: Fixture.all) func `survives every hostile text`(_ fixture: Fixture) async throws {
        let folder = try TemporaryFolder()
        for hostile in HostileText.all + [HostileText.huge] {
            let sink = try fixture.sink(http: slackFriendly(), folder: folder.path)
            let delivery = Sample.delivery(saying: hostile.text)
            let result = await sink.attempt(delivery, at: Sample.now)
            #expect(result.outcome == .delivered, "\(hostile.name)")
        }
    }

    @Test(arguments: Fixture.all) func `leaves redacted fields out, also from the text`(_ fixture: Fixture) async throws
    {
        let folder = try TemporaryFolder()
        let http = slackFriendly()
        let mail = ScriptedMail()
        let sink = try fixture.sink(
            http: http, mail: mail, folder: folder.path, adding: ["redact": .stringList(["self.prompt"])])
        let prompt = "a very private thought of somebody"
        let alert = Sample.alert(
            current: Sample.generation(prompt: prompt), previous: Sample.generation(prompt: prompt),
            changed: ["status", "prompt"])
        let delivery = Sample.delivery(
            Sample.notification(
                title: [.markup("Refused: "), .literal("a very private t…")], text: [.literal(prompt)],
                alerts: [alert]))
        let preview = sink.preview(delivery, at: Sample.now)
        _ = await sink.attempt(delivery, at: Sample.now)
        let sent =
            [preview] + http.requests.map(\.bodyText)
            + mail.transactions.map { String(decoding: $0.message, as: UTF8.self) }
        for text in sent {
            #expect(!text.contains("private"))
            #expect(!text.contains("\"prompt\""))
        }
    }

    @Test func `declares each setting once and with a summary`() {
        for kind in SinkCatalog.kinds {
            let settings = kind.settings + SinkCatalog.commonSettings
            #expect(Set(settings.map(\.name)).count == settings.count, "\(kind.name)")
            for setting in settings { #expect(!setting.summary.isEmpty && !setting.summary.contains("\n")) }
        }
    }

    @Test func `is found by its kind`() {
        #expect(SinkCatalog.kinds.map(\.name) == SinkCatalog.names)
        #expect(SinkCatalog.kind(named: "pigeon") == nil)
    }

    /// `ok` for an incoming webhook, and for the API all the same.
    private func slackFriendly() -> ScriptedHTTP { ScriptedHTTP(200, #"{"ok":true,"ts":"1.2"}"#) }
}

/// What holds for every sink that posts.
@Suite struct `Every sink that posts` {
    struct Row: CustomTestStringConvertible, Sendable {
        var status: Int
        var retryAfter: String?
        var expected: String
        var after: Duration?
        var testDescription: String { "\(status) \(retryAfter ?? "")" }
    }

    static let rows: [Row] = [
        Row(status: 100, expected: "failed"),
        Row(status: 301, expected: "failed"), Row(status: 302, expected: "failed"),
        Row(status: 304, expected: "failed"),
        Row(status: 307, retryAfter: "7", expected: "failed", after: .seconds(7)),
        Row(status: 400, expected: "refused"), Row(status: 401, expected: "refused"),
        Row(status: 403, expected: "refused"),
        Row(status: 404, retryAfter: "5", expected: "refused"), Row(status: 405, expected: "refused"),
        Row(status: 408, expected: "failed"), Row(status: 410, expected: "refused"),
        Row(status: 413, expected: "refused"),
        Row(status: 422, expected: "refused"),
        Row(status: 425, retryAfter: "3", expected: "failed", after: .seconds(3)),
        Row(status: 429, expected: "failed"),
        Row(status: 429, retryAfter: "120", expected: "throttled", after: .seconds(120)),
        Row(status: 429, retryAfter: "Mon, 04 May 2026 10:01:00 GMT", expected: "throttled", after: .seconds(40)),
        Row(status: 429, retryAfter: "99999999999999999999999", expected: "throttled", after: .seconds(86_400)),
        Row(status: 429, retryAfter: "soon", expected: "failed"), Row(status: 429, retryAfter: "0", expected: "failed"),
        Row(status: 500, expected: "failed"), Row(status: 502, expected: "failed"),
        Row(status: 503, retryAfter: "30", expected: "failed", after: .seconds(30)),
        Row(status: 503, retryAfter: "Fri, 04 May 2029 10:01:00 GMT", expected: "failed", after: .seconds(86_400)),
        Row(status: 504, expected: "failed"), Row(status: 599, expected: "failed"),
        Row(status: 999, expected: "failed"),
    ]

    @Test(arguments: Fixture.http, rows) func `judges a status`(_ fixture: Fixture, _ row: Row) async throws {
        let fields = row.retryAfter.map { [HeaderField("retry-after", $0)] } ?? []
        let sink = try fixture.sink(http: ScriptedHTTP(row.status, "no", fields))
        let outcome = await sink.attempt(Sample.delivery(), at: Sample.now).outcome
        #expect(outcome.name == row.expected)
        switch outcome {
        case .failed(_, let after): #expect(after == row.after)
        case .throttled(let after, _): #expect(after == row.after)
        default: #expect(row.after == nil)
        }
    }

    @Test(arguments: Fixture.http) func `tells a sink that is set up wrongly from a message that is not liked`(
        _ fixture: Fixture
    ) async throws {
        let expected: [Int: Misconfiguration] = [
            401: .certain, 404: .certain, 407: .certain, 410: .certain, 403: .likely,
        ]
        for status in [400, 401, 403, 404, 405, 407, 409, 410, 413, 422, 429, 500, 503] {
            let sink = try fixture.sink(http: ScriptedHTTP(status, "no"))
            let result = await sink.attempt(Sample.delivery(), at: Sample.now)
            #expect(result.misconfiguration == expected[status], "\(status)")
        }
        let forbidden = ScriptedHTTP(failing: .refusedByPolicy(address: "169.254.169.254"), mayHaveBeenReceived: false)
        let sink = try fixture.sink(http: forbidden)
        #expect(await sink.attempt(Sample.delivery(), at: Sample.now).misconfiguration == .certain)
    }

    @Test(arguments: Fixture.http) func `does not know what became of a request without an answer`(_ fixture: Fixture)
        async throws
    {
        let sink = try fixture.sink(http: ScriptedHTTP(failing: .timedOut(bytesSent: true), mayHaveBeenReceived: true))
        #expect(await sink.attempt(Sample.delivery(), at: Sample.now).outcome.name == "unknown")
    }

    @Test(arguments: Fixture.http) func `tries again what never arrived, but not what cannot be sent`(
        _ fixture: Fixture
    ) async throws {
        for (kind, expected) in [
            (TransportError.Kind.connect, "failed"), (.resolve, "failed"), (.tls, "failed"),
            (.timedOut(bytesSent: false), "failed"), (.cancelled, "failed"), (.sendFailed, "failed"),
            (.invalidRequest(reason: "bad"), "refused"), (.refusedByPolicy(address: "169.254.169.254"), "refused"),
        ] {
            let sink = try fixture.sink(http: ScriptedHTTP(failing: kind))
            #expect(await sink.attempt(Sample.delivery(), at: Sample.now).outcome.name == expected, "\(kind)")
        }
    }

    @Test(arguments: Fixture.http) func `keeps no secret of what a receiver echoes`(_ fixture: Fixture) async throws {
        let echo =
            fixture.secrets.joined(separator: " ") + " " + fixture.secrets.map(percentEncoded).joined(separator: "&")
            + fixture.secrets.map { Data($0.utf8).base64EncodedString() }.joined(separator: " ")
        for status in [200, 400, 503] {
            let sink = try fixture.sink(http: ScriptedHTTP(status, echo))
            let result = await sink.attempt(Sample.delivery(), at: Sample.now)
            for secret in fixture.secrets {
                for form in [secret, percentEncoded(secret), Data(secret.utf8).base64EncodedString()] {
                    #expect(!result.answer.contains(form))
                    #expect(result.outcome.reason?.contains(form) != true)
                }
            }
            #expect(result.answer.contains("***"))
        }
    }

    @Test(arguments: Fixture.http) func `keeps little of a long answer, whole characters only`(_ fixture: Fixture)
        async throws
    {
        let sink = try fixture.sink(http: ScriptedHTTP(500, "x" + String(repeating: "é", count: 8000)))
        let answer = await sink.attempt(Sample.delivery(), at: Sample.now).answer
        #expect(answer.utf8.count <= NotificationLimits.answerBytes)
        #expect(answer.utf8.count > NotificationLimits.answerBytes - 4)
        #expect(answer.hasPrefix("HTTP 500\nxé") && answer.hasSuffix("é"))
    }

    @Test(arguments: Fixture.http) func `reads a bounded answer and judges by its status`(_ fixture: Fixture)
        async throws
    {
        let http = ScriptedHTTP()
        _ = try await fixture.sink(http: http).attempt(Sample.delivery(), at: Sample.now)
        let request = try #require(http.requests.first)
        #expect(request.onBodyLimit == .truncate)
        #expect(request.responseBodyLimitBytes == SinkLimits.responseBodyBytes)
        #expect(request.timeouts.exchange == SinkLimits.httpTimeout)
        #expect(request.field("User-Agent") == "auspex/1.2.3")
    }

    @Test(.enabled(if: Programs.hasCurl, "curl is not installed"), arguments: Fixture.http)
    func `previews a curl line that sends the same bytes`(_ fixture: Fixture) async throws {
        let receiver = LoopbackReceiver()
        defer { receiver.stop() }
        let transport = CurlTransport(options: CurlTransport.Options())
        defer { transport.shutdown() }
        // Without secrets, so that nothing is masked.
        let address = SettingValue.string("http://127.0.0.1:\(receiver.port)")
        let values: [String: SettingValue] =
            fixture.kind == "webhook"
            ? ["url": address, "format": fixture.values["format"] ?? .string("json")]
            : fixture.values["token"] == nil
                ? ["url": address] : ["api": address, "token": .string("tok"), "channel": .string("C1")]
        let kind = try #require(SinkCatalog.kind(named: fixture.kind))
        let sink = try kind.make(configuration(values), services(http: transport))
        let hostile = HostileText.all.filter { $0.text.utf8.count < 200_000 }
        var script = ""
        for text in hostile {
            let delivery = Sample.delivery(saying: text.text)
            _ = await sink.attempt(delivery, at: Sample.now)
            script += sink.preview(delivery, at: Sample.now) + " || exit 1\n"
        }
        try Programs.run(["sh"], input: Array(script.utf8))
        let requests = receiver.requests
        #expect(requests.count == 2 * hostile.count)
        for (text, (attempt, preview)) in zip(hostile, zip(requests, requests.dropFirst(hostile.count))) {
            #expect(preview.body == attempt.body, "\(text.name)")
            #expect(fields(preview.head) == fields(attempt.head), "\(text.name)")
        }
    }

    /// The request line and the fields, whose order does not matter.
    private func fields(_ head: String) -> Set<String> { Set(head.split(separator: "\r\n").map(String.init)) }

    private func percentEncoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
                || "-._~".utf8.contains(byte)
            return isPlain
                ? String(Unicode.Scalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
