import Crypto
import FoundationEssentials
import SimulatedAurous
import Testing

@Suite struct `A callback receiver` {
    private let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private let body = #"{"test": 2432232314}"#

    private func withReceiver(
        secrets: [String]? = nil, bodyLimit: Int = 1 << 20,
        _ work: (CallbackReceiver, SocketClient) async throws -> Void
    ) async throws {
        let receiver = CallbackReceiver(secrets: secrets ?? [secret], bodyLimit: bodyLimit) { ManualClock.start }
        let client = SocketClient(port: try await receiver.start(), key: nil)
        do {
            try await work(receiver, client)
        } catch {
            await receiver.stop()
            throw error
        }
        await receiver.stop()
    }

    private func headers(
        id: String = "msg_1", age: Int64 = 0, secret: String? = nil, signed: String? = nil
    ) -> [(String, String)] {
        let time = ManualClock.start.seconds - age
        let signature = StandardWebhook.sign(
            id: id, timestamp: time, body: Array((signed ?? body).utf8), secret: secret ?? self.secret)
        return [("webhook-id", id), ("webhook-timestamp", String(time)), ("webhook-signature", signature)]
    }

    @Test func `agrees with the signature that the specification prints`() {
        let signature = StandardWebhook.sign(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Array(body.utf8), secret: secret)
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func `accepts a genuine delivery with 204 and hands it over whole`() async throws {
        try await withReceiver { receiver, client in
            let reply = try await client.send("/hooks?x=1", method: "POST", headers: headers(), body: body)
            #expect(reply?.status == 204)
            let callback = try #require(await receiver.received(atLeast: 1).first)
            #expect(callback.verdict == .verified)
            #expect(callback.target == "/hooks?x=1")
            #expect(callback.body == Array(body.utf8))
            #expect(callback[header: "Webhook-Id"] == "msg_1")
            #expect(callback.status == 204)
        }
    }

    @Test func `refuses what is unsigned, signed by another, changed, or old`() async throws {
        try await withReceiver { receiver, client in
            let attempts = [
                [], headers(secret: "whsec_b3RoZXI="), headers(signed: body + " "), headers(age: 301),
                headers(age: -301), [("webhook-id", "msg_2")] + headers().dropFirst(),
            ]
            var statuses: [Int?] = []
            for headers in attempts {
                statuses.append(try await client.send("/", method: "POST", headers: headers, body: body)?.status)
            }
            #expect(statuses == Array(repeating: 401, count: 6))
            #expect(
                receiver.received.map(\.verdict) == [
                    .unsigned, .wrongSignature, .wrongSignature, .stale(seconds: 301), .stale(seconds: -301),
                    .wrongSignature,
                ])
        }
    }

    @Test func `accepts either of two secrets, and one good signature among several`() {
        let time = ManualClock.start
        let old = StandardWebhook.sign(id: "m", timestamp: time.seconds, body: [1], secret: "whsec_b2xk")
        let new = StandardWebhook.sign(id: "m", timestamp: time.seconds, body: [1], secret: "whsec_bmV3")
        let webhook = StandardWebhook(secrets: ["whsec_bmV3", "whsec_dGhpcmQ="])
        func verdict(_ signature: String) -> CallbackVerdict {
            webhook.verdict(id: "m", timestamp: String(time.seconds), signature: signature, body: [1], at: time)
        }
        #expect(verdict("\(old) \(new)") == .verified)
        #expect(verdict(old) == .wrongSignature)
        #expect(verdict("v1a,\(new.dropFirst(3))") == .wrongSignature)
        #expect(verdict("v1,!!! nonsense , v1") == .wrongSignature)
    }

    @Test func `checks Ed25519 signatures with a public key`() throws {
        let key = Curve25519.Signing.PrivateKey()
        let time = ManualClock.start
        let publicKey = "whpk_" + base64(key.publicKey.rawRepresentation)
        let content = Array("m.\(time.seconds).body".utf8)
        let signature = try "v1a," + base64(key.signature(for: content))
        let webhook = StandardWebhook(secrets: [publicKey])
        func verdict(_ body: String) -> CallbackVerdict {
            webhook.verdict(
                id: "m", timestamp: String(time.seconds), signature: signature, body: Array(body.utf8), at: time)
        }
        #expect(verdict("body") == .verified)
        #expect(verdict("b0dy") == .wrongSignature)
    }

    @Test func `answers as it was told, then as usual`() async throws {
        try await withReceiver(secrets: []) { receiver, client in
            receiver.answer(with: .status(503, retryAfter: "9"), .close, .delayed(milliseconds: 1, status: 200))
            var replies: [SocketReply?] = []
            for _ in 0..<4 { replies.append(try await client.send("/", method: "POST", body: body)) }
            #expect(replies.map { $0?.status } == [503, nil, 200, 204])
            #expect(replies[0]?[header: "Retry-After"] == "9")
            #expect(receiver.received.map(\.status) == [503, 0, 200, 204])
            #expect(receiver.received.allSatisfy { $0.verdict == .notChecked })
        }
    }

    @Test func `takes no body beyond its limit and nothing but POST`() async throws {
        try await withReceiver(secrets: [], bodyLimit: 1000) { receiver, client in
            let large = String(repeating: "x", count: 1001)
            let statuses = try await [
                client.send("/", method: "POST", body: large)?.status, client.send("/")?.status,
            ]
            #expect(statuses == [413, 405])
            #expect(receiver.received.isEmpty)
        }
    }
}

@Suite struct `A hint of the API` {
    @Test func `is signed over its time and body with the whole secret`() {
        let hint = AurousHint(
            event: "image.completed", id: "evt_1", at: ManualClock.start, resource: ["id": "img_1"])
        let signature = hint.signature(at: WorldTime(seconds: 1_700_000_000), secret: "whsec_abc")
        let content = Array("1700000000.".utf8) + hint.body
        let key = SymmetricKey(data: Array("whsec_abc".utf8))
        let code = HMAC<SHA256>.authenticationCode(for: content, using: key)
        let digits = code.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        #expect(signature == "t=1700000000,v1=\(digits)")
    }
}

private func base64(_ data: Data) -> String { data.base64EncodedString() }
