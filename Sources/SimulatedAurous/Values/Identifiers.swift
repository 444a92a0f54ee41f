/// Makes ids as the API's look: a prefix and a ULID that grows with time, within a millisecond too.
package struct IdentifierMint: Sendable {
    private var last: Int64 = .min
    private var high: UInt64 = 0
    private var low: UInt64 = 0

    package init() {}

    /// `img_01HXMQ7Z3K8Y2NABCDEFGHJKMR`. For ids in order of time, ask in order of time.
    package mutating func next(_ prefix: String, at time: WorldTime, using chance: inout Chance) -> String {
        if time.milliseconds == last {
            low &+= 1
        } else {
            last = time.milliseconds
            high = chance.next() & 0xFFFF
            // The top bit stays free, so that counting up within a millisecond cannot wrap.
            low = chance.next() >> 1
        }
        return prefix + Self.ulid(milliseconds: UInt64(clamping: last), high: high, low: low)
    }

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    private static func ulid(milliseconds: UInt64, high: UInt64, low: UInt64) -> String {
        var characters = [UInt8](repeating: 48, count: 26)
        for index in 0..<10 {
            characters[9 - index] = alphabet[Int(milliseconds >> UInt64(5 * index) & 31)]
        }
        // Eighty bits in sixteen characters: the low thirteen are of `low` alone but for the topmost bit.
        for index in 0..<16 {
            let shift = UInt64(5 * index)
            let bits = shift < 64 ? low >> shift | (shift > 59 ? high << (64 - shift) : 0) : high >> (shift - 64)
            characters[25 - index] = alphabet[Int(bits & 31)]
        }
        return String(decoding: characters, as: UTF8.self)
    }
}
