import Crypto
import Foundation

/// Signature Version 4 as AWS's documentation computes it from a request that arrived, to hold against the one in it.
///
/// Everything a service takes from the request: the signed fields, the path encoded once more, the query sorted.
enum AWSSignature {
    /// Whether the signature in the Authorization field is that of the request.
    static func isRight(_ request: LoopbackReceiver.Request, secretKey: String) -> Bool {
        guard let line = request.head.split(separator: "\r\n").first,
            let authorization = request.field("authorization"), let date = request.field("x-amz-date"),
            let signed = part("SignedHeaders=", authorization), let signature = part("Signature=", authorization),
            let scope = part("Credential=", authorization)?.split(separator: "/").dropFirst(), scope.count == 4
        else { return false }
        let words = line.split(separator: " ")
        let target = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let names = signed.split(separator: ";").map(String.init)
        guard Set(["host", "x-amz-date"]).isSubset(of: names) else { return false }
        let fields = names.map { "\($0):\((request.field($0) ?? "").split(separator: " ").joined(separator: " "))\n" }
        let query = target.count > 1 ? target[1].split(separator: "&").sorted().joined(separator: "&") : ""
        let canonical = [
            String(words[0]), encoded(String(target[0])), query, fields.joined(), signed, hash(request.body),
        ].joined(separator: "\n")
        let text = ["AWS4-HMAC-SHA256", date, scope.joined(separator: "/"), hash(Array(canonical.utf8))]
            .joined(separator: "\n")
        var key = SymmetricKey(data: Array("AWS4\(secretKey)".utf8))
        for part in scope { key = SymmetricKey(data: code(String(part), key)) }
        return hex(code(text, key)) == signature
    }

    private static func part(_ name: String, _ authorization: String) -> String? {
        authorization.components(separatedBy: name).dropFirst().first?.prefix { $0 != "," }.description
    }

    private static func encoded(_ path: String) -> String {
        path.utf8.map { byte in
            let character = Character(Unicode.Scalar(byte))
            let isPlain = character.isASCII && (character.isLetter || character.isNumber || "-._~/".contains(character))
            return isPlain ? String(character) : String(format: "%%%02X", Int(byte))
        }.joined()
    }

    private static func code(_ text: String, _ key: SymmetricKey) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
    }

    private static func hash(_ bytes: [UInt8]) -> String { hex(Array(SHA256.hash(data: bytes))) }
    private static func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", Int($0)) }.joined() }
}
