import CEL
import Core
import Store

/// An answer to "why", for people and for programs.
protocol Explanation: Sendable {
    var text: String { get }
    var json: CELValue { get }
}

/// Lines of an explanation, laid out for a terminal; what strangers wrote in them is made harmless.
enum ExplanationText {
    /// A moment and what happened then.
    struct Event {
        var at: Timestamp
        var what: String
        /// More about it, each line by itself.
        var details: [String] = []
    }

    /// What a terminal line may be long.
    private static let width = 300

    static func line(_ text: String) -> String { Table.harmless(text, limit: width) }

    static func timeline(_ events: [Event]) -> [String] {
        // What happened at one time stays in the order in which it was noted.
        events.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.flatMap { _, event in
            ["  \(event.at.rfc3339)  \(line(event.what))"] + event.details.map { "      \(line($0))" }
        }
    }

    /// What a rule made of a resource: its verdict, and the condition as a tree with every value.
    static func look(_ look: RuleLook) -> [String] {
        let verdict =
            switch look.verdict {
            case .holds: "holds"
            case .fails: "does not hold"
            case .unknown(let reason): "has no answer: \(reason)"
            }
        return ["  \(line("\(look.rule) \(verdict)"))"]
            + look.parts.map { part in
                "    " + String(repeating: "  ", count: part.depth)
                    + line("\(part.text)  →  \(part.value ?? "not evaluated")")
            }
    }
}

extension JournalLine {
    /// In words.
    var words: String {
        switch step {
        case .pending: "pending: \(detail)"
        case .fired: "fired: \(detail)"
        case .cleared: "goes on: \(detail)"
        case .holdsAgain: "the condition holds again"
        case .forgotten: "over before it fired: \(detail)"
        case .resolved: "resolved"
        case .told: "told by \(detail)"
        case .attempt: detail
        }
    }

    var json: CELValue {
        .map(
            CELMap([
                ("at", .string(at.rfc3339)), ("step", .string(step.rawValue)), ("detail", .string(detail)),
            ]))
    }
}

extension RuleLook {
    var json: CELValue {
        let (said, reason): (String, CELValue) =
            switch verdict {
            case .holds: ("true", .null)
            case .fails: ("false", .null)
            case .unknown(let reason): ("unknown", .string(reason))
            }
        return .map(
            CELMap([
                ("rule", .string(rule)), ("verdict", .string(said)), ("reason", reason),
                ("condition", .string(condition)),
                (
                    "parts",
                    .list(
                        parts.map { part in
                            .map(
                                CELMap([
                                    ("depth", .int(Int64(part.depth))), ("text", .string(part.text)),
                                    ("value", part.value.map(CELValue.string) ?? .null),
                                ]))
                        })
                ),
            ]))
    }
}

extension ResourceLook {
    var json: CELValue {
        .map(
            CELMap([
                ("at", .string(at.rfc3339)), ("occasion", .string(occasion.rawValue)),
                ("rules", .list(rules.map(\.json))),
            ]))
    }
}
