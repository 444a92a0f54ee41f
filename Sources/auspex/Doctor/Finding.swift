import CEL

/// What one check came to.
struct Finding: Sendable, Equatable {
    enum Verdict: String, Sendable {
        case ok, warning, failed
    }

    /// Such as `source/studio/clock`; the same in every report.
    var id: String
    var verdict: Verdict
    /// What was found, in a sentence without a full stop.
    var message: String
    /// What to do about it.
    var advice: String?

    static func ok(_ id: String, _ message: String) -> Finding { Finding(id: id, verdict: .ok, message: message) }

    static func warning(_ id: String, _ message: String, _ advice: String? = nil) -> Finding {
        Finding(id: id, verdict: .warning, message: message, advice: advice)
    }

    static func failed(_ id: String, _ message: String, _ advice: String? = nil) -> Finding {
        Finding(id: id, verdict: .failed, message: message, advice: advice)
    }

    /// A row of `auspex doctor --json`.
    var json: CELValue {
        .map(
            CELMap([
                ("id", .string(id)), ("verdict", .string(verdict.rawValue)), ("message", .string(message)),
                ("advice", advice.map(CELValue.string) ?? .null),
            ]))
    }

    /// A line for people, and a second one with what to do.
    func text(idWidth: Int, palette: Palette) -> String {
        let tint: Palette.Tint =
            switch verdict {
            case .ok: .green
            case .warning: .yellow
            case .failed: .red
            }
        let mark = palette.paint(verdict.rawValue.padded(to: 7), tint)
        var line = "\(mark)  \(id.padded(to: idWidth))  \(Table.harmless(message, limit: Finding.lineLimit))"
        if let advice { line += "\n" + String(repeating: " ", count: 11 + idWidth) + "→ " + advice }
        return line
    }

    private static let lineLimit = 300
}
