import Glibc
import Synchronization

/// The terminal: data goes to standard output, messages to standard error.
enum Console {
    /// The line that stays below everything else on the terminal's standard error, while there is one.
    private static let footer = Mutex<String?>(nil)
    private static let erase = "\r\u{1b}[K"

    static func output(_ text: String) { write(text, to: STDOUT_FILENO) }
    static func error(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Shows a line that is drawn over, or takes it away. Only for a terminal.
    static func setFooter(_ line: String?) {
        footer.withLock { footer in
            guard line != nil || footer != nil else { return }
            footer = line
            send(erase + (line ?? ""), to: STDERR_FILENO)
        }
    }

    /// Whole lines, one writer at a time.
    private static func write(_ text: String, to descriptor: CInt) {
        footer.withLock { footer in
            let line = text.last == "\n" ? text : text + "\n"
            guard let footer else { return send(line, to: descriptor) }
            send(erase, to: STDERR_FILENO)
            send(line, to: descriptor)
            send(footer, to: STDERR_FILENO)
        }
    }

    /// A reader that went away is no error of ours.
    private static func send(_ text: String, to descriptor: CInt) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Whether people look at it and want colour. `NO_COLOR` (no-color.org) and a pipe turn it off.
    static func hasColour(_ descriptor: CInt, environment: [String: String]) -> Bool {
        isTerminal(descriptor) && environment["NO_COLOR"].map(\.isEmpty) ?? true && environment["TERM"] != "dumb"
    }

    static func isTerminal(_ descriptor: CInt) -> Bool { isatty(descriptor) == 1 }
}

/// Colours that a terminal's own palette decides on.
struct Palette {
    var isOn: Bool

    enum Tint: String {
        case red = "31", green = "32", yellow = "33", blue = "34", magenta = "35", cyan = "36", faint = "2", bold = "1"
    }

    func paint(_ text: String, _ tint: Tint) -> String {
        isOn ? "\u{1b}[\(tint.rawValue)m\(text)\u{1b}[0m" : text
    }
}
