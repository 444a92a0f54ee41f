import AurousAPI
import Core
import Testing

private let body = Array(#"{"type":"image.failed"}"#.utf8)
private let time: Int64 = 1_780_000_000
/// `printf '1780000000.{"type":"image.failed"}' | openssl dgst -sha256 -hmac whsec_test`
private let right = "494b78fd76c2ae9fc25649f1e29a885f3bf6659c4a5d09f9bb414958eb79fecf"
private let wrong = String(repeating: "0", count: 64)

private func verdict(
    _ header: String?, body: [UInt8] = body, secrets: [String] = ["whsec_test"], now: Int64 = time
) -> AurousWebhookSignature.Verdict {
    AurousWebhookSignature.verify(header: header, body: body, secrets: secrets.map { Secret($0) }, now: now)
}

@Suite struct `A hint's signature` {
    @Test func `is valid for its secret, time and body`() {
        #expect(verdict("t=\(time),v1=\(right)") == .valid)
        #expect(verdict(" t=\(time) , v1=\(right.uppercased())") == .valid)
    }

    @Test func `is valid when any secret made any of its parts`() {
        #expect(verdict("t=\(time),v1=\(wrong),v1=\(right),v2=later", secrets: ["old", "", "whsec_test"]) == .valid)
    }

    @Test func `is wrong for another body, time, secret or digit`() {
        #expect(verdict("t=\(time),v1=\(right)", body: body + [0x20]) == .wrong)
        #expect(verdict("t=\(time + 1),v1=\(right)") == .wrong)
        #expect(verdict("t=0\(time),v1=\(right)") == .wrong, "what was signed is the time as written")
        #expect(verdict("t=\(time),v1=\(right)", secrets: ["test"]) == .wrong)
        #expect(verdict("t=\(time),v1=\(right)", secrets: []) == .wrong)
        #expect(verdict("t=\(time),v1=\(wrong)") == .wrong)
        #expect(verdict("t=\(time),v1=\(wrong)", secrets: [""]) == .wrong)
    }

    @Test(arguments: [(-301, false), (-300, true), (0, true), (300, true), (301, false)] as [(Int64, Bool)])
    func `is stale beyond five minutes either way`(_ row: (offset: Int64, isFresh: Bool)) {
        #expect(verdict("t=\(time),v1=\(right)", now: time + row.offset) == (row.isFresh ? .valid : .stale))
    }

    @Test func `does not say that it is stale to who cannot sign`() {
        #expect(verdict("t=\(time),v1=\(wrong)", now: .max) == .wrong)
        #expect(verdict("t=\(time),v1=\(right)", now: .min) == .stale)
    }

    @Test(
        arguments: [
            nil, "", "v1=\(right)", "t=\(time)", "t=,v1=\(right)", "t=-5,v1=\(right)", "t=1e9,v1=\(right)",
            "t=\(time),v1=",
            "t=\(time),v1=\(right)0", "t=\(time),v1=zz\(right.dropFirst(2))", "t=\(time),t=\(time),v1=\(right)",
            "nonsense",
            "t=99999999999999999999,v1=\(right)", "t=\(time),v1=é\(right.dropFirst(1))",
            "t=\(time)" + String(repeating: ",v1=\(right)", count: 9), String(repeating: ",", count: 100_000),
        ] as [String?])
    func `that is malformed is said to be`(_ header: String?) {
        #expect(verdict(header) == .malformed)
    }
}
