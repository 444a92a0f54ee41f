import CEL
import Core

/// Instants as people read them.
enum Ages {
    /// `<time>` with the age as text and the instant for machines and for whoever points at it.
    static func ago(_ time: Timestamp, now: Timestamp) -> Markup {
        "<time datetime=\"\(time.rfc3339)\" title=\"\(time.rfc3339)\">\(text(now.duration(since: time)))</time>"
    }

    static func ago(_ time: Timestamp?, now: Timestamp, otherwise: String) -> Markup {
        time.map { ago($0, now: now) } ?? "\(otherwise)"
    }

    /// `just now`, `40 s ago`, `3 min ago`, `2 h ago`, `5 d ago`; `in 30 s` for what is to come.
    static func text(_ age: Duration) -> String {
        let seconds = age.components.seconds
        if seconds.magnitude < 5 { return "just now" }
        let length = length(seconds.magnitude)
        return seconds < 0 ? "in \(length)" : "\(length) ago"
    }

    private static func length(_ seconds: UInt64) -> String {
        switch seconds {
        case ..<90: "\(seconds) s"
        case ..<5_400: "\((seconds + 30) / 60) min"
        case ..<129_600: "\((seconds + 1_800) / 3_600) h"
        default: "\((seconds + 43_200) / 86_400) d"
        }
    }
}
