import CEL
import Core
import Glibc
import Logging

/// How log lines are written.
enum LogFormat: String, CaseIterable {
    case text, json
}

/// Writes log lines to standard error: for people as text, for programs as one JSON object per line.
struct LineLogHandler: LogHandler {
    var format: LogFormat
    var palette: Palette
    var now: @Sendable () -> Timestamp
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel: Logger.Level = .info
    /// What is cut from a value in a line for people, in characters: reasons end with what to do.
    private static let valueLimit = 400

    init(format: LogFormat, palette: Palette, now: @escaping @Sendable () -> Timestamp) {
        self.format = format
        self.palette = palette
        self.now = now
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }.sorted { $0.key < $1.key }
        switch format {
        case .json: Console.error(json(event, fields))
        case .text: Console.error(text(event, fields))
        }
    }

    private func json(_ event: LogEvent, _ fields: [(key: String, value: Logger.Metadata.Value)]) -> String {
        var members: [(String, CELValue)] = [
            ("time", .string(now().rfc3339)), ("level", .string(event.level.rawValue)),
            ("message", .string(event.message.description)),
        ]
        for (key, value) in fields { members.append((key, .string(value.description))) }
        return JSON.serialize(.map(CELMap(members)))
    }

    private func text(_ event: LogEvent, _ fields: [(key: String, value: Logger.Metadata.Value)]) -> String {
        var line = palette.paint(String(now().rfc3339.dropFirst(11).prefix(8)), .faint)
        let level = event.level.rawValue.padded(to: 7)
        switch event.level {
        case .error, .critical: line += " " + palette.paint(level, .red)
        case .warning: line += " " + palette.paint(level, .yellow)
        default: line += " " + palette.paint(level, .faint)
        }
        line += " " + event.message.description
        for (key, value) in fields {
            line +=
                " " + palette.paint("\(key)=", .faint)
                + Table.harmless(value.description, limit: LineLogHandler.valueLimit)
        }
        return line
    }
}

extension String {
    /// At least `width` characters, filled with spaces.
    func padded(to width: Int) -> String {
        count < width ? self + String(repeating: " ", count: width - count) : self
    }
}
