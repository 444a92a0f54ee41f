import CEL
import Core

/// A text with `${…}` for where a stranger's words could do harm: a program's argument, a topic.
///
/// Only ids, names of the configuration and enumerated values are in scope, and what they insert is percent-encoded but
/// for letters, digits and `-._~:`, so that it is one inert word. With `allowsText` title, text and resource are in
/// scope too, and are inserted as they are written, on one line.
struct InertTemplate: Sendable {
    private let template: Template
    private let environment: Environment
    private let allowsText: Bool

    private static let titleAndText = [
        FieldDeclaration("title", .string), FieldDeclaration("text", .string),
    ]
    private static let words = environment(notification: [])
    private static let texts = environment(
        notification: titleAndText, more: [("self", .dyn), ("old", .dyn)])

    private static func environment(
        notification more: [FieldDeclaration], more variables: [Declarations.Variable] = []
    ) -> Environment {
        let strings = { (names: [String]) in names.map { FieldDeclaration($0, .string) } }
        let objects: [Declarations.Variable] = [
            ("delivery", .object(ObjectType(name: "Delivery", fields: strings(["id"])))),
            (
                "notification",
                .object(
                    ObjectType(
                        name: "Notification",
                        fields: strings(["id", "type", "timestamp", "severity", "rule"])
                            + [FieldDeclaration("alerts", .int)] + more))
            ),
            (
                "alert",
                .object(
                    ObjectType(
                        name: "Alert", fields: strings(["id", "state", "source", "kind", "resource_id", "since"])))
            ),
        ]
        return Environment(Declarations(variables: objects + variables))
    }

    /// - Returns: nil after telling `reader` what is wrong with the text, under `key`.
    init?(_ text: String, allowsText: Bool, key: String, _ reader: inout SettingReader) {
        let environment = allowsText ? InertTemplate.texts : InertTemplate.words
        let (template, diagnostics) = Template.compile(text, in: environment)
        guard let template else {
            let problem = diagnostics.first { $0.severity == .error }
            let isFreeText = !allowsText && Template.compile(text, in: InertTemplate.texts).template != nil
            let hint = isFreeText ? "it inserts what strangers wrote; allow_text: true allows that" : problem?.hint
            reader.reject(key, (problem?.message ?? "cannot be read") + (hint.map { "; \($0)" } ?? ""))
            return nil
        }
        self.template = template
        self.environment = environment
        self.allowsText = allowsText
    }

    /// Whether an expression is in it.
    var isFixed: Bool { template.programs.isEmpty }

    func text(_ delivery: OutgoingDelivery) throws(EvaluationError) -> String {
        var result = ""
        for piece in try template.render(environment.activation(values(delivery))) {
            switch piece {
            case .markup(let text): result += text
            case .literal(let text): result += inserted(text, isAtStart: result.isEmpty)
            }
        }
        return result
    }

    /// What is inserted at the start must not look like an option.
    private func inserted(_ text: String, isAtStart: Bool) -> String {
        let isOption = isAtStart && text.hasPrefix("-")
        guard allowsText else {
            let word = PercentEncoding.encode(text).replacing("%3A", with: ":")
            return isOption ? "%2D" + word.dropFirst() : word
        }
        let line = TextNormaliser.oneLine(TextCut.utf8(text, limit: SinkLimits.insertedTextBytes))
        return line.hasPrefix("-") && isAtStart ? " " + line : line
    }

    private func values(_ delivery: OutgoingDelivery) -> [String: CELValue] {
        let notification = delivery.notification
        let alert = notification.alerts.first
        return [
            "delivery": .map(CELMap([("id", .string(delivery.id.rawValue))])),
            "notification": .map(
                CELMap([
                    ("id", .string(notification.id.rawValue)), ("type", .string(notification.reason.rawValue)),
                    ("timestamp", .string(notification.timestamp.rfc3339)),
                    ("severity", .string(notification.severity.rawValue)), ("rule", .string(notification.rule)),
                    ("alerts", .int(Int64(notification.alerts.count))),
                    ("title", .string(Headline.plain(of: notification))),
                    ("text", .string(notification.text.plain)),
                ])),
            "alert": .map(
                CELMap([
                    ("id", .string(alert?.id.rawValue ?? "")), ("state", .string(alert?.state ?? "")),
                    ("source", .string(alert?.resource.source ?? "")),
                    ("kind", .string(alert?.resource.kind.rawValue ?? "")),
                    ("resource_id", .string(alert?.resource.id ?? "")),
                    ("since", .string(alert?.since.rfc3339 ?? "")),
                ])),
            "self": alert?.current ?? .null,
            "old": alert?.previous ?? .null,
        ]
    }
}
