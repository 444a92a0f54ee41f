import Core

/// What the way a program ended means. The codes are those of `sysexits.h`, where that has one.
///
/// | exit code | outcome |
/// |---|---|
/// | 0 | delivered |
/// | 64–68, 76–78 (usage, data, input, user, host, protocol, permission, configuration) | refused |
/// | 79 | throttled: for as long as a line `Retry-After: SECONDS` of the output says, else a minute |
/// | 75 (for now) and all others; 126 and 127 mean that a program was not found | failed; `Retry-After` is a floor |
/// | none: ended by a signal or by the time limit | unknown: it may have done its work |
enum ExecOutcome {
    static let throttledCode: Int32 = 79

    private static let refusals: [Int32: String] = [
        64: "usage", 65: "data", 66: "no input", 67: "no such user", 68: "no such host", 76: "protocol",
        77: "no permission", 78: "configuration",
    ]

    /// - Parameters:
    ///   - program: the program's path, for the reason.
    ///   - output: what it wrote, normalised, without secrets.
    static func of(
        _ ending: ProgramRun.Ending, program: String, timeout: Duration, output: String, now: Timestamp
    ) -> AttemptOutcome {
        switch ending {
        case .exited(0): return .delivered
        case .exited(let code): return exit(code, output, retryAfter(output, now: now))
        case .signalled(let signal):
            return .unknown(reason: reason("was ended by signal \(signal); it may have done its work", output))
        case .timedOut:
            let limit = "was ended as it took longer than \(timeout.formattedSeconds)"
            return .unknown(reason: reason("\(limit); it may have done its work", output))
        case .cancelled: return .unknown(reason: "was ended as Auspex stops; it may have done its work")
        case .notStarted(let why): return .failed(reason: "\(program) cannot be started: \(why)", after: nil)
        }
    }

    private static func exit(_ code: Int32, _ output: String, _ after: Duration?) -> AttemptOutcome {
        switch code {
        case throttledCode:
            return .throttled(
                after: after ?? SinkLimits.programThrottle, reason: reason("exit code \(code) (throttled)", output))
        case 75: return .failed(reason: reason("exit code 75 (for now)", output), after: after)
        case 126: return .failed(reason: reason("exit code 126 (a program cannot be run)", output), after: after)
        case 127: return .failed(reason: reason("exit code 127 (a program was not found)", output), after: after)
        default:
            if let meaning = refusals[code] {
                return .refused(reason: reason("exit code \(code) (\(meaning))", output))
            }
            return .failed(reason: reason("exit code \(code)", output), after: after)
        }
    }

    private static func reason(_ what: String, _ output: String) -> String {
        let line = TextCut.graphemes(TextNormaliser.oneLine(output), limit: SinkLimits.reasonCharacters)
        return line.isEmpty ? what : "\(what): \(line)"
    }

    private static func retryAfter(_ output: String, now: Timestamp) -> Duration? {
        let field = "retry-after:"
        let line = output.split(separator: "\n").last { $0.lowercased().hasPrefix(field) }
        return RetryAfter.delay(line.map { String($0.dropFirst(field.count)) }, now: now)
    }
}

extension Duration {
    /// `30 s`, `0.5 s`.
    fileprivate var formattedSeconds: String {
        let seconds = self / .seconds(1)
        return seconds == seconds.rounded() ? "\(Int64(seconds)) s" : "\(seconds) s"
    }
}
