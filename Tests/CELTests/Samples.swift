import CEL

/// A small world for the tests: a generation as `self`, and a few variables.
enum Sample {
    static let generation = ObjectType(
        name: "Generation",
        fields: [
            FieldDeclaration("id", .string),
            FieldDeclaration("status", .string, knownValues: ["pending", "processing", "succeeded", "failed"]),
            FieldDeclaration("prompt", .string, nullable: true),
            FieldDeclaration("error_message", .string, nullable: true),
            FieldDeclaration("created_at", .timestamp),
            FieldDeclaration("completed_at", .timestamp, nullable: true),
            FieldDeclaration("duration_ms", .int, nullable: true),
            FieldDeclaration("seed", .int),
            FieldDeclaration("gone", .bool),
            FieldDeclaration("cost", .map(.string, .dyn)),
            FieldDeclaration("loras", .list(.map(.string, .string))),
        ])

    static let environment = Environment(
        Declarations(variables: [
            ("self", .object(generation)), ("old", .nullable(.object(generation))), ("changed", .list(.string)),
            ("now", .timestamp), ("raw", .dyn), ("x", .int),
        ]))

    /// Failed after 27 seconds. `completed_at` is null, `seed` is absent.
    static let record = CELRecord(
        shape: generation.shape,
        values: [
            "img_1", "failed", "a \"cat\"", "Content policy violation", time("2026-05-04T10:00:15.120Z"), .null,
            .int(27_000), nil, false, .map(CELMap([("amount", .double(2.25))])),
            [.map(CELMap([("id", "lora_1"), ("name", "Sunset Glow")]))],
        ])

    static let activation = environment.activation([
        "self": .record(record), "old": .null, "changed": ["status"], "now": time("2026-05-04T11:00:15.120Z"),
        "raw": .map(CELMap([("a", .int(1)), ("b", .null), ("c", ["x"])])), "x": .int(5),
    ])

    static func time(_ text: String) -> CELValue { CELTimestamp(rfc3339: text).map(CELValue.timestamp) ?? .null }

    /// The value as a literal, or what went wrong.
    static func outcome(_ text: String, checked: Bool = true) -> String {
        let compilation = environment.compile(text, checked: checked)
        guard let program = compilation.program else {
            return "does not compile: \(compilation.diagnostics.map(\.message).joined(separator: "; "))"
        }
        do throws(EvaluationError) {
            return try program.evaluate(activation).literal
        } catch {
            return "\(error.kind): \(error.message)"
        }
    }

    static func errorKind(_ text: String, checked: Bool = false) -> EvaluationError.Kind? {
        do throws(EvaluationError) {
            _ = try environment.compile(text, checked: checked).program?.evaluate(activation)
            return nil
        } catch {
            return error.kind
        }
    }
}
