import AdminServer
import AurousAPI
import CEL
import Core
import Crypto
import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

/// A service that verifies hints as the real one does, and counts those that it took.
private final class HintedState: AdminState {
    static let secret = "whsec_of-a-test"
    private let taken = Mutex(0)

    var hints: Int { taken.withLock { $0 } }

    func readiness() async -> Readiness { Readiness() }
    func overview() async throws -> Overview { Overview() }
    func metrics() async throws -> [MetricFamily] { [] }

    func hint(source: String, body: [UInt8], header: String?) async -> HintVerdict {
        guard source == "studio" else { return .unknownSource }
        switch AurousWebhookSignature.verify(
            header: header, body: body, secrets: [Secret(Self.secret)], now: Sample.noon.seconds)
        {
        case .valid: break
        case .malformed, .wrong: return .badSignature
        case .stale: return .stale
        }
        _ = AurousHint(body: body)
        taken.withLock { $0 += 1 }
        return .accepted
    }

    /// The signature that the API would send.
    static func signature(of body: [UInt8], at seconds: Int64 = Sample.noon.seconds) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("\(seconds).".utf8) + body, using: SymmetricKey(data: Array(secret.utf8)))
        return "t=\(seconds),v1=" + code.map { String(format: "%02x", Int($0)) }.joined()
    }
}

/// Runs a server for as long as the body runs.
private func withServer(
    _ state: HintedState, token: String? = nil, _ body: (_ port: Int) async throws -> Void
) async throws {
    let server = AdminServer(
        options: .init(host: "127.0.0.1", port: 0, token: token.map(Secret.init), version: "1.2.3"), state: state,
        now: { Sample.noon }, logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() })
    let (ports, started) = AsyncStream.makeStream(of: Int.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { started.finish() }
            try await server.run { started.yield($0) }
        }
        if let port = await ports.first(where: { _ in true }) { try await body(port) }
        group.cancelAll()
        try await group.waitForAll()
    }
}

/// The status of an answer; nil where it has none.
private func status(_ answer: [UInt8]) -> Int? {
    let line = String(decoding: answer.prefix(40), as: UTF8.self)
    guard line.hasPrefix("HTTP/1.1 ") || line.hasPrefix("HTTP/1.0 ") else { return nil }
    return Int(line.dropFirst(9).prefix(3))
}

private let health = Array("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)

@Suite(.timeLimit(.minutes(30))) struct `Any request` {
    private static let hint = #"{"type":"image.succeeded","data":{"id":"img_1"}}"#
    private static let requests = [
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n",
        "HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /readyz HTTP/1.0\r\n\r\n",
        "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 7\r\nConnection: close\r\n\r\ntoken=x",
        "POST /hooks/aurous/studio HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            + "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: x\r\n\r\n",
        "POST /hooks/aurous/studio HTTP/1.1\r\nHost: a\r\nContent-Length: \(hint.utf8.count)\r\nConnection: close\r\n"
            + "Aurous-Webhook-Signature: \(HintedState.signature(of: Array(hint.utf8)))\r\n\r\n" + hint,
        "GET /?refresh=off HTTP/1.1\r\nHost: [::1]:80\r\nCookie: auspex_session=9.AA\r\nExpect: 100-continue\r\n\r\n",
    ]
    private static let tokens = [
        "GET ", "POST ", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", " HTTP/1.1\r\n", " HTTP/9.9\r\n", "\r\n\r\n",
        "Content-Length: ",
        "Content-Length: 99999999999999999999\r\n", "Transfer-Encoding: chunked\r\n", "Host: ",
        "Upgrade: websocket\r\n",
        "Connection: keep-alive\r\n", "FFFFFFFFFFFFFFFF\r\n", "0\r\n\r\n", "/hooks/aurous/", "%2F", "%00", "//",
        "http://a/",
        "Aurous-Webhook-Signature: ", "t=1,v1=", "Cookie: ", "Authorization: Bearer ", ": ", " folded\r\n",
    ]

    @Test func `whatever its bytes leaves a server that goes on answering`() async throws {
        try await withServer(HintedState()) { port in
            try await Fuzzing.run("request", usually: 120) { seed in
                var mutator = Mutator(seed: seed, texts: Self.requests, tokens: Self.tokens)
                let bytes = mutator.bytes()
                // What is no whole request gets no answer: the client does not wait for long.
                let answer = await exchange(bytes, port: port, patience: 30)
                if !answer.isEmpty {
                    guard let status = status(answer), status < 500 else {
                        return "answered: \(shown(answer))\nrequest: \(shown(bytes))"
                    }
                }
                guard status(await exchange(health, port: port, patience: 20_000)) == 200 else {
                    return "no answer afterwards\nrequest: \(shown(bytes))"
                }
                return nil
            }
        }
    }

    @Test(arguments: [nil, "token-of-the-team"])
    func `that is whole is answered, and not with an error of ours`(token: String?) async throws {
        try await withServer(HintedState(), token: token) { port in
            try await Fuzzing.run("whole-request", usually: 120) { seed in
                var mutator = Mutator(
                    seed: seed,
                    texts: ["/", "/healthz", "/metrics?x", "/hooks/aurous/studio", "/login", "a b; c=d", Self.hint],
                    tokens: [
                        "../", "%2e", "%00", "%", "?", "#", "&refresh=off", "//", "token=", "Bearer ",
                        "auspex_session=",
                    ])
                let method = mutator.pick(["GET", "HEAD", "POST", "PUT", "OPTIONS", "X"])
                let target =
                    mutator.pick(["/", "/hooks/aurous/", "/login?"]) + mutator.text().filter(\.isPlain).prefix(2000)
                let name = mutator.pick([
                    "Authorization", "Cookie", "Aurous-Webhook-Signature", "X-Forwarded-Proto", "Accept",
                ])
                let body = mutator.bytes()
                let head =
                    "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    + "\(name): \(mutator.text().filter(\.isPlain).prefix(4000))\r\n"
                    + "Content-Length: \(body.count)\r\n\r\n"
                let request = Array(head.utf8) + body
                let answer = await exchange(request, port: port, patience: 20_000)
                guard let status = status(answer), (200..<500).contains(status),
                    answer.isWhole(isHead: method == "HEAD")
                else { return "answered: \(shown(answer))\nrequest: \(shown(request))" }
                return nil
            }
        }
    }

    @Test func `is a hint only where it is signed as it stands`() async throws {
        let state = HintedState()
        try await withServer(state) { port in
            let signed = Array(Self.hint.utf8)
            let signature = HintedState.signature(of: signed)
            try await Fuzzing.run("hint", usually: 120) { seed in
                var mutator = Mutator(seed: seed, corpus: [signed])
                var headers = Mutator(seed: seed, texts: [signature], tokens: ["t=", "v1=", ",", "=", " "])
                let body = mutator.oneIn(3) ? signed : mutator.bytes()
                let header = mutator.oneIn(3) ? signature : headers.text().filter(\.isPlain)
                let before = state.hints
                let head =
                    "POST /hooks/aurous/studio HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                    + "Content-Length: \(body.count)\r\nAurous-Webhook-Signature: \(header)\r\n\r\n"
                let answer = await exchange(Array(head.utf8) + body, port: port, patience: 20_000)
                let isTaken = state.hints > before
                // Blanks and further fields of the header may differ; what is signed may not.
                let isRight = body == signed && header.contains(signature.suffix(64))
                let isSame = body == signed && header == signature
                guard let status = status(answer), isTaken == (200..<300).contains(status), isRight || !isTaken,
                    isTaken || !isSame
                else {
                    return "taken: \(isTaken)\nheader: \(shown(header))\nbody: \(shown(body))\nanswer: \(shown(answer))"
                }
                return nil
            }
        }
    }

    @Test func `read as a hint names a resource or none`() async throws {
        let texts = [
            Self.hint, #"{"event":"character.approved","data":{"character":{"id":"chr_1"}}}"#,
            #"{"event_type":"usage.threshold","data":"x","resource_id":"y"}"#, "[]", "",
        ]
        try await Fuzzing.run("hint-body", usually: 2000) { seed in
            var mutator = Mutator(
                seed: seed, texts: texts, tokens: [#""type":"#, #""data":"#, #""id":"#, #""image.x""#])
            let body = mutator.bytes()
            let hint = AurousHint(body: body)
            guard let id = hint.id else { return nil }
            let isSound = (1...256).contains(id.utf8.count) && hint.kinds.count == 1
            return isSound ? nil : "\(hint)\nbody: \(shown(body))"
        }
    }
}

extension Character {
    /// Whether it can stand in a request line or a header field.
    fileprivate var isPlain: Bool {
        isASCII && !isWhitespace && !unicodeScalars.contains { $0.value < 0x21 || $0.value == 0x7F }
    }
}

extension [UInt8] {
    /// Whether the body has the length that the head says.
    fileprivate func isWhole(isHead: Bool) -> Bool {
        let text = String(decoding: self, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return false }
        let body = text[end.upperBound...].utf8.count
        let field = text[..<end.lowerBound].lowercased().range(of: "content-length: ")
        guard let field else { return true }
        let length = Int(text[..<end.lowerBound].lowercased()[field.upperBound...].prefix { $0.isNumber })
        return isHead || length == body
    }
}
