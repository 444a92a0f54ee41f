import CEL

/// How long the five conditions take that the rules of this program are like, in nanoseconds per evaluation.
///
/// Every number is the median of batches after a warm-up; the limits are on, as they always are. The same conditions
/// run in cel-python with `Tests/Benchmarks/cel/celpy_benchmark.py`, where Python has it.
enum CELBenchmark {
    struct Measurement {
        let name: String
        let expression: String
        let nanoseconds: Double
        let compilationMicroseconds: Double
    }

    static func run() {
        Report.line("CEL, ns per evaluation (checked, limits on); compilation in µs")
        for measurement in measureAll() {
            Report.line(
                pad(measurement.name, 3) + pad(text(measurement.nanoseconds), 10)
                    + pad(text(measurement.compilationMicroseconds), 9) + measurement.expression)
        }
    }

    private static let generation = ObjectType(
        name: "Generation",
        fields: [
            FieldDeclaration("id", .string),
            FieldDeclaration("status", .string, knownValues: ["pending", "processing", "succeeded", "failed"]),
            FieldDeclaration("prompt", .string, nullable: true), FieldDeclaration("created_at", .timestamp),
            FieldDeclaration("completed_at", .timestamp, nullable: true),
            FieldDeclaration("media_type", .string, nullable: true),
            FieldDeclaration("error_message", .string, nullable: true),
            FieldDeclaration("duration_ms", .int, nullable: true),
            FieldDeclaration("width", .int, nullable: true), FieldDeclaration("height", .int, nullable: true),
            FieldDeclaration("inference_type", .string, nullable: true),
            FieldDeclaration("cost", .map(.string, .dyn)), FieldDeclaration("loras", .list(.map(.string, .string))),
        ])

    private static let conditions: [(name: String, expression: String, status: String)] = [
        ("a", "self.status == 'failed'", "failed"),
        ("b", "self.status == 'failed' && self.error_message.contains('policy')", "failed"),
        ("c", "self.status == 'failed' && self.error_message.matches('(?i)content.policy')", "failed"),
        ("d", "self.loras.exists(l, l.name.startsWith('Sunset')) && self.cost.amount > 1.5", "failed"),
        (
            "e", "now - self.created_at > duration('30m') && self.status in ['pending', 'processing']",
            "processing"
        ),
    ]

    static func measureAll() -> [Measurement] {
        let environment = Environment(
            Declarations(variables: [("self", .object(generation)), ("now", .timestamp)]))
        return conditions.compactMap { name, expression, status in
            guard let program = environment.compile(expression, expecting: .bool).program else { return nil }
            let activation = environment.activation([
                "self": .record(record(status: status)), "now": time("2026-05-04T11:00:00Z"),
            ])
            return Measurement(
                name: name, expression: expression,
                nanoseconds: median { (try? program.evaluateBool(activation)) ?? false },
                compilationMicroseconds: median { environment.compile(expression, expecting: .bool).program != nil }
                    / 1_000)
        }
    }

    private static func record(status: String) -> CELRecord {
        func lora(_ id: String, _ name: String) -> CELValue {
            .map(CELMap([("id", .string(id)), ("name", .string(name))]))
        }
        return CELRecord(
            shape: generation.shape,
            values: [
                "img_01JTDEXAMPLE", .string(status), "a lighthouse above the sea at night, oil on canvas",
                time("2026-05-04T10:00:15.120Z"), time("2026-05-04T10:00:42Z"), "image",
                "Generation refused: content policy violation", .int(27_000), .int(1_024), .int(1_536), "t2i",
                .map(CELMap([("amount", .double(2.25)), ("currency", "credit")])),
                [lora("lora_1", "Film Grain"), lora("lora_2", "Oil Paint"), lora("lora_3", "Sunset Glow")],
            ])
    }

    private static func time(_ text: String) -> CELValue {
        CELTimestamp(rfc3339: text).map(CELValue.timestamp) ?? .null
    }

    /// Nanoseconds of one call: the median of eleven batches of at least a tenth of a second.
    private static func median(_ body: () -> Bool) -> Double {
        let clock = ContinuousClock()
        var iterations = 64
        func batch() -> Double {
            var trues = 0
            let elapsed = clock.measure {
                for _ in 0..<iterations where body() { trues &+= 1 }
            }
            precondition(trues == iterations, "every condition of the benchmark is true")
            let (seconds, attoseconds) = elapsed.components
            return Double(seconds) * 1e9 + Double(attoseconds) / 1e9
        }
        while batch() < 1e8 { iterations *= 2 }
        let results = (0..<11).map { _ in batch() / Double(iterations) }
        return results.sorted()[5]
    }

    private static func text(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.utf8.count))
    }
}
