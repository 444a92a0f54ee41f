/// A resource as the bytes it is served as, but for the tokens in its signed URLs, which every response makes anew.
/// Rendering once and copying ever after is what lets a page of a hundred cost a few microseconds.
struct RenderedItem: Sendable {
    /// Compact JSON without the tokens.
    private let bytes: [UInt8]
    /// Where tokens go, ascending.
    private let tokens: [Int32]

    /// The members whose URLs are signed.
    private static let signedMembers: Set<String> = ["output_urls", "output_video_url", "refs"]

    init(_ value: SimulatedJSON) {
        var bytes: [UInt8] = []
        var tokens: [Int32] = []
        if case .object(let members) = value {
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                SimulatedJSON.append(member.name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                let signed = Self.signedMembers.contains(member.name)
                member.value.append(to: &bytes, signed: signed, tokens: &tokens)
            }
            bytes.append(UInt8(ascii: "}"))
        } else {
            value.append(to: &bytes)
        }
        self.bytes = bytes
        self.tokens = tokens
    }

    /// The resource again, its tokens empty; nil if it was put as something that is no JSON.
    var value: SimulatedJSON? { try? SimulatedJSON(parsing: bytes) }

    /// At most so many bytes are appended.
    var byteCount: Int { bytes.count + tokens.count * TokenMint.length }

    /// Hands over the item piece by piece, a fresh token in each gap.
    func emit(tokens mint: inout TokenMint, into append: (ArraySlice<UInt8>) -> Void) {
        var start = 0
        for position in tokens {
            append(bytes[start..<Int(position)])
            append(mint.next()[...])
            start = Int(position)
        }
        append(bytes[start...])
    }
}

/// Makes the tokens of signed URLs: none is ever given twice.
struct TokenMint: Sendable {
    static let length = 32
    private static let digits = Array("0123456789abcdef".utf8)
    private var chance: Chance

    init(seed: UInt64) { chance = Chance(seed: seed) }

    mutating func next() -> [UInt8] {
        let halves = (chance.next(), chance.next())
        return [UInt8](unsafeUninitializedCapacity: Self.length) { buffer, count in
            for index in 0..<16 {
                let shift = UInt64(4 * index)
                buffer[index] = Self.digits[Int(halves.0 >> shift & 15)]
                buffer[16 + index] = Self.digits[Int(halves.1 >> shift & 15)]
            }
            count = Self.length
        }
    }
}
