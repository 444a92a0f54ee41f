/// What happened in a story, as one number to compare runs by, and as lines for people where they are asked for.
struct Trace {
    private let isTold: Bool
    private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    private(set) var lines: [String] = []

    init(isTold: Bool) { self.isTold = isTold }

    mutating func absorb(_ numbers: UInt64...) {
        for number in numbers { hash = (hash ^ number) &* 0x0000_0100_0000_01b3 }
    }

    mutating func note(_ text: String, at time: Kernel.Time) {
        absorb(UInt64(truncatingIfNeeded: time))
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        if isTold { lines.append("\(Trace.clock(time)) \(text)") }
    }

    /// Minutes, seconds and milliseconds of the story.
    static func clock(_ time: Kernel.Time) -> String {
        let milliseconds = time / 1_000_000
        func padded(_ number: Int64, _ width: Int) -> String {
            String(repeating: "0", count: max(0, width - "\(number)".count)) + "\(number)"
        }
        return padded(milliseconds / 60_000, 2) + ":" + padded(milliseconds / 1000 % 60, 2) + "."
            + padded(milliseconds % 1000, 3)
    }
}
