/// The unit in which a service counts its limits.
enum TextUnit: String, Sendable, CaseIterable {
    case utf16, scalars, graphemes, bytes

    func measure(_ text: String) -> Int {
        switch self {
        case .utf16: text.utf16.count
        case .scalars: text.unicodeScalars.count
        case .graphemes: text.count
        case .bytes: text.utf8.count
        }
    }
}

/// Gathers parts that must stay whole, up to a length; what does not fit becomes `…`.
struct LimitedText {
    private(set) var text = ""
    private var used = 0
    private var lastRoom: String.Index
    private let limit: Int
    private let unit: TextUnit
    private let markLength: Int

    init(limit: Int, unit: TextUnit = .utf16) {
        self.limit = limit
        self.unit = unit
        markLength = unit.measure("…")
        lastRoom = text.startIndex
    }

    /// Appends the part, or `…` in its place.
    ///
    /// - Parameter cost: what the part counts, where that is not its own length.
    /// - Returns: whether more may be appended.
    mutating func append(_ part: String, cost: Int? = nil) -> Bool {
        used += cost ?? unit.measure(part)
        guard used <= limit else {
            text = text[..<lastRoom] + (markLength <= limit ? "…" : "")
            return false
        }
        text += part
        if used + markLength <= limit { lastRoom = text.endIndex }
        return true
    }
}
