import CEL
import Core

/// The names that a form's expressions may use, and whose values they are.
struct FormScope: Sendable {
    /// For requests and texts.
    let request: Environment
    /// For what is decided by an answer.
    let answer: Environment
    /// For what is decided before anything is sent.
    let checks: Environment
    private let settingsType: ObjectType
    private let keptType: ObjectType

    /// Names whose values anybody may have written.
    static let foreignNames: Set<String> = [
        "rule", "labels", "alerts", "alert", "self", "old", "title", "text", "origin", "listing", "callback",
        "cloudevent",
    ]
    /// Names that a declared text may not take.
    static let reservedNames = Set(common.map(\.name)).union(["title", "text", "settings", "kept"])

    /// - Parameters:
    ///   - mayBeNull: whether all settings may be missing; otherwise those that are neither required nor have a default.
    ///   - texts: the names of the declared texts.
    init(settings: [SettingDeclaration], mayBeNull: Bool, kept: [String], texts: [String]) {
        settingsType = ObjectType(
            name: "Settings", fields: settings.map { FormScope.field($0, mayBeNull: mayBeNull) })
        keptType = ObjectType(
            name: "Kept", fields: kept.map { FieldDeclaration($0, .string, nullable: true) })
        let shared: [Declarations.Variable] =
            FormScope.common + [("settings", .object(settingsType)), ("kept", .object(keptType))]
        request = Environment(
            Declarations(
                variables: shared + [("title", .string), ("text", .string)] + texts.map { ($0, .string) }))
        answer = Environment(
            Declarations(
                variables: shared + [
                    ("status", .int), ("headers", .map(.string, .string)), ("body", .dyn), ("text", .string),
                ]))
        checks = Environment(Declarations(variables: [("settings", .object(settingsType))]))
    }

    private static let schema = ResourceSchema.notification.objectType
    private static let alertsType = schema["alerts"]?.type ?? .dyn
    private static let alertType: CELType = if case .list(let element) = alertsType { element } else { .dyn }

    private static let common: [Declarations.Variable] = [
        ("id", .string), ("delivery", .string), ("key", .string), ("reason", .string), ("resolved", .bool),
        ("reminder", .bool), ("severity", .string), ("opening", .string), ("origin", .string), ("listing", .string),
        ("title_has_markup", .bool), ("is_test", .bool), ("version", .string),
        ("timestamp", .timestamp), ("since", .timestamp), ("rule", schema["rule"]?.type ?? .dyn),
        ("labels", .map(.string, .string)), ("alerts", alertsType), ("alert", alertType), ("self", .dyn),
        ("old", .dyn), ("callback", .map(.string, .dyn)), ("cloudevent", .map(.string, .dyn)),
    ]

    private static func field(_ setting: SettingDeclaration, mayBeNull: Bool) -> FieldDeclaration {
        let type: CELType =
            switch setting.type {
            case .text, .path: .string
            case .textList: .list(.string)
            case .textMap: .map(.string, .string)
            case .integer: .int
            case .boolean: .bool
            case .duration: .duration
            case .tree, .values: .dyn
            }
        let isThere = !mayBeNull && (setting.isRequired || setting.defaultValue != nil)
        return FieldDeclaration(
            setting.name, type, nullable: !isThere, knownValues: setting.allowedValues ?? [],
            documentation: setting.summary)
    }

    /// What stands for a setting or a kept value that there is not: null.
    func settings(_ values: [String: SettingValue]) -> CELValue {
        .record(
            CELRecord(
                shape: settingsType.shape,
                values: settingsType.fields.map { field in
                    // An empty text that may be left out was left out.
                    guard let value = values[field.name], !(field.nullable && value.isEmpty) else { return .null }
                    return value.expressionValue ?? .null
                }))
    }

    func kept(_ values: [String: String]) -> CELValue {
        .record(
            CELRecord(
                shape: keptType.shape,
                values: keptType.fields.map { field in
                    values[field.name].flatMap { $0.isEmpty ? nil : .string($0) } ?? .null
                }))
    }
}

extension SettingValue {
    /// The value in an expression; nil for what is no value.
    var expressionValue: CELValue? {
        switch self {
        case .string(let text): .string(text)
        case .secret(let secret): .string(secret.reveal().trimmingWhitespace)
        case .stringList(let texts): .list(texts.map { .string($0) })
        case .secretList(let secrets): .list(secrets.map { .string($0.reveal().trimmingWhitespace) })
        case .integer(let number): .int(Int64(number))
        case .boolean(let flag): .bool(flag)
        case .duration(let duration): .duration(CELDuration(nanoseconds: duration.wholeNanoseconds))
        case .stringMap(let entries): .map(CELMap(entries.map { ($0.name, .string($0.value.reveal())) }))
        case .tree, .named: nil
        }
    }
}

extension Duration {
    /// Nanoseconds, of durations as configurations have them.
    var wholeNanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
