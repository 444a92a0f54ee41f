import TestSupport

/// Makes inputs that nobody would write out of some that somebody did: the same ones from the same seed.
struct Mutator {
    private(set) var random: SeededRandom
    private let corpus: [[UInt8]]
    private let tokens: [[UInt8]]

    /// No input is longer, so that a case takes milliseconds.
    private static let longest = 64 << 10

    /// What is odd in every language.
    private static let commonTokens: [[UInt8]] =
        [
            "", "\0", "\n", "\r\n", "\r", "\t", " ", "\u{FEFF}", "\u{202E}", "\u{200B}", "\u{2028}", "e\u{301}", "é",
            "👩‍👩‍👧‍👦", "\"", "'", "\\", "\\\\", "${", "}", "{", "[", "]", "<", ">", "&", ",", ":", ";", "=", "%", "%00",
            "%zz", "-1", "0", "1", "-0", "00", "1e999", "-1e-999", "0.1", "255", "256", "65536", "2147483648",
            "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
            "18446744073709551616", "340282366920938463463374607431768211456", "NaN", "Infinity", "null", "true",
            "../", "/dev/null", "\u{1B}[31m", "%n%s", "<script>", "]]>", "-->", "\r\n\r\n",
        ].map { Array($0.utf8) } + [
            // An overlong NUL, a lone continuation, a surrogate, beyond Unicode, a cut sequence.
            [0xC0, 0x80], [0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xFF, 0xFE], [0xFF],
        ]

    /// - Parameter tokens: words of the language that is being tried.
    init(seed: UInt64, corpus: [[UInt8]], tokens: [String] = []) {
        precondition(!corpus.isEmpty, "there is nothing to begin with")
        random = SeededRandom(seed: seed)
        self.corpus = corpus
        self.tokens = tokens.map { Array($0.utf8) }
    }

    init(seed: UInt64, texts: [String], tokens: [String] = []) {
        self.init(seed: seed, corpus: texts.map { Array($0.utf8) }, tokens: tokens)
    }

    /// The next input: one of the corpus, mostly a little changed, seldom not at all.
    mutating func bytes() -> [UInt8] {
        var bytes = random.pick(corpus)
        for _ in 0..<random.pick([0, 1, 1, 1, 2, 2, 3, 5, 9]) { mutate(&bytes) }
        return bytes.count > Self.longest ? Array(bytes.prefix(Self.longest)) : bytes
    }

    /// The same as a text: what is not UTF-8 is replaced.
    mutating func text() -> String { String(decoding: bytes(), as: UTF8.self) }

    /// Whether something happens that happens once in `count` times.
    mutating func oneIn(_ count: Int) -> Bool { random.oneIn(count) }

    mutating func pick<Element>(_ choices: [Element]) -> Element { random.pick(choices) }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        switch number(below: 14) {
        case 0: if !bytes.isEmpty { bytes[place(in: bytes)] ^= 1 << UInt8(number(below: 8)) }
        case 1: if !bytes.isEmpty { bytes[place(in: bytes)] = random.pick([0, 0x20, 0x7F, 0x80, 0xFF, 0x0A, 0x22]) }
        case 2: bytes.removeSubrange(span(of: bytes))
        case 3: repeatSpan(of: &bytes)
        case 4, 5: bytes.insert(contentsOf: token(), at: number(below: bytes.count + 1))
        case 6: bytes.replaceSubrange(span(of: bytes), with: token())
        case 7: splice(&bytes)
        case 8: bytes.removeLast(number(below: bytes.count + 1))
        case 9: nest(&bytes)
        case 10: replaceNumber(in: &bytes)
        case 11, 12: moveLine(in: &bytes)
        default: swapSpans(of: &bytes)
        }
    }

    private mutating func number(below bound: Int) -> Int { Int.random(in: 0..<max(1, bound), using: &random) }

    private mutating func place(in bytes: [UInt8]) -> Int { number(below: bytes.count) }

    /// Mostly short, seldom anything.
    private mutating func span(of bytes: [UInt8]) -> Range<Int> {
        let start = number(below: bytes.count + 1)
        let length = random.oneIn(8) ? number(below: bytes.count + 1) : number(below: 12)
        return start..<min(bytes.count, start + length)
    }

    private mutating func token() -> [UInt8] {
        tokens.isEmpty || random.oneIn(3) ? random.pick(Self.commonTokens) : random.pick(tokens)
    }

    private mutating func repeatSpan(of bytes: inout [UInt8]) {
        let span = span(of: bytes)
        let piece = bytes[span]
        let times = random.pick([1, 1, 2, 3, 50, 1000])
        guard piece.count * times <= Self.longest else { return }
        bytes.insert(contentsOf: Array(repeatElement(piece, count: times).joined()), at: span.lowerBound)
    }

    private mutating func splice(_ bytes: inout [UInt8]) {
        let other = random.pick(corpus)
        bytes.replaceSubrange(span(of: bytes), with: other[span(of: other)])
    }

    private mutating func swapSpans(of bytes: inout [UInt8]) {
        let (first, second) = (span(of: bytes), span(of: bytes))
        guard first.upperBound <= second.lowerBound else { return }
        let moved = Array(bytes[first])
        bytes.replaceSubrange(first, with: bytes[second])
        bytes.insert(contentsOf: moved, at: min(bytes.count, second.lowerBound))
    }

    /// Opens something far more often than anybody reads, and closes it or not.
    private mutating func nest(_ bytes: inout [UInt8]) {
        let (open, close) = random.pick([
            ("[", "]"), ("{\"a\":", "}"), ("(", ")"), ("{a: ", "}"), ("- ", ""), ("!", ""), ("-", ""), ("${", "}"),
            ("a.", ""), ("? ", ""), ("1+(", ")"), ("\"\\\"", ""), ("[[", "]]"), ("a?b:", ""), ("{", "}"), ("(1+", ")"),
        ])
        let depth = random.pick([2, 10, 63, 64, 65, 128, 500, 2000])
        let span = span(of: bytes)
        let inner = Array(bytes[span])
        let isClosed = !random.oneIn(3)
        let opened = Array(repeatElement(Array(open.utf8), count: depth).joined())
        let closed = isClosed ? Array(repeatElement(Array(close.utf8), count: depth).joined()) : []
        bytes.replaceSubrange(span, with: opened + inner + closed)
    }

    private mutating func replaceNumber(in bytes: inout [UInt8]) {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let places = bytes.indices.filter { index in
            digits.contains(bytes[index]) && (index == 0 || !digits.contains(bytes[index - 1]))
        }
        guard !places.isEmpty else { return }
        let start = random.pick(places)
        let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.count
        let written = ["0", "-1", "1", "99999", "4294967295", "9223372036854775807", "1e9", "0x10", "1.5", "000", ""]
        bytes.replaceSubrange(start..<end, with: Array(random.pick(written).utf8))
    }

    /// Takes a line out, says it twice, puts it elsewhere, or moves it to the right.
    private mutating func moveLine(in bytes: inout [UInt8]) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
        let index = number(below: lines.count)
        switch number(below: 4) {
        case 0: lines.remove(at: index)
        case 1: lines.insert(lines[index], at: number(below: lines.count + 1))
        case 2:
            let line = lines.remove(at: index)
            lines.insert(line, at: number(below: lines.count + 1))
        default: lines[index].insert(contentsOf: [UInt8](repeating: 0x20, count: 1 + number(below: 4)), at: 0)
        }
        bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }
}
