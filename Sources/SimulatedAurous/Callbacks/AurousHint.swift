import Crypto
import FoundationEssentials

/// A webhook of the Aurous API itself, as it tells a team that something happened.
package struct AurousHint: Sendable {
    /// The bytes to send, and to sign.
    package var body: [UInt8]

    /// - Parameters:
    ///   - event: such as `image.completed`.
    ///   - resource: what is named, as the API shows it; null for events that name nothing.
    package init(event: String, id: String, at time: WorldTime, resource: SimulatedJSON) {
        let json: SimulatedJSON = [
            "id": .string(id), "type": .string(event), "created_at": .string(time.description), "data": resource,
        ]
        body = Array(json.serialized.utf8)
    }

    /// The value of `Aurous-Webhook-Signature`: `t=<unix seconds>,v1=<hex>` with the whole secret as the key.
    package func signature(at time: WorldTime, secret: String) -> String {
        let signed = Data("\(time.seconds).".utf8) + Data(body)
        let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: Data(secret.utf8)))
        let digits = Array("0123456789abcdef".utf8)
        let hexadecimal = code.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return "t=\(time.seconds),v1=\(String(decoding: hexadecimal, as: UTF8.self))"
    }
}
