/// A text with `${expressions}` in it: `"Refused: ${self.prompt.truncate(60)}"`.
///
/// An expression ends at the brace that closes it, so texts and maps inside it may hold braces. `$${` writes `${`.
package struct Template: Sendable {
    /// The author's text, or an expression.
    package enum Part: Sendable {
        case markup(String)
        case expression(Program)
    }

    package let text: String
    /// In order. Two expressions may stand side by side, two of the author's texts never do.
    package let parts: [Part]

    /// Compiles all expressions. Positions in the diagnostics are UTF-8 offsets of the template's text.
    /// - Returns: nil if there are errors, and everything that is wrong or doubtful.
    package static func compile(
        _ text: String, in environment: Environment
    ) -> (template: Template?, diagnostics: [Diagnostic]) {
        var scanner = TemplateScanner(text)
        let pieces: [TemplateScanner.Piece]
        do throws(SyntaxError) {
            pieces = try scanner.scan()
        } catch {
            return (nil, [Diagnostic(error)])
        }
        var parts: [Part] = []
        var diagnostics: [Diagnostic] = []
        let bytes = Array(text.utf8)
        for piece in pieces {
            switch piece {
            case .markup(let markup): parts.append(.markup(markup))
            case .expression(let range):
                let compilation = environment.compile(bytes, in: range, expecting: nil, checked: true)
                diagnostics += compilation.diagnostics
                if let program = compilation.program { parts.append(.expression(program)) }
            }
        }
        let isFaulty = diagnostics.contains { $0.severity == .error }
        return (isFaulty ? nil : Template(text: text, parts: parts), diagnostics)
    }

    /// Whether the template is one `${…}` and nothing else: then ``value(_:)`` keeps the type.
    package var isSingleExpression: Bool {
        if parts.count == 1, case .expression = parts[0] { true } else { false }
    }

    /// The expressions, in order.
    package var programs: [Program] {
        parts.compactMap { part in
            if case .expression(let program) = part { program } else { nil }
        }
    }

    package func references(_ variable: String) -> Bool { programs.contains { $0.references(variable) } }

    /// The author's text and the inserted values, kept apart, so that a sink can escape the values.
    ///
    /// Values are written as `string()` writes them, times as RFC 3339; null is `null`; lists, maps and objects are
    /// JSON.
    /// - Throws: the first expression's error; there is no half a text.
    package func render(_ activation: Activation) throws(EvaluationError) -> [TemplatePiece] {
        var pieces: [TemplatePiece] = []
        for part in parts {
            switch part {
            case .markup(let markup): pieces.append(.markup(markup))
            case .expression(let program): pieces.append(.literal(try program.evaluate(activation).inserted))
            }
        }
        return pieces
    }

    /// The value of a lone `${…}` as it is, of any other template its text.
    package func value(_ activation: Activation) throws(EvaluationError) -> CELValue {
        if parts.count == 1, case .expression(let program) = parts[0] { return try program.evaluate(activation) }
        return .string(try render(activation).map(\.text).joined())
    }
}

/// A part of a rendered template.
package enum TemplatePiece: Sendable, Hashable {
    /// What the rule's author wrote.
    case markup(String)
    /// What an expression gave: anybody's text.
    case literal(String)

    package var text: String {
        switch self {
        case .markup(let text), .literal(let text): text
        }
    }
}

extension CELValue {
    /// The value as it stands in a text.
    package var inserted: String {
        switch self {
        case .null, .optional(nil): "null"
        case .optional(let content?): content.inserted
        case .string(let text): text
        case .timestamp(let timestamp): timestamp.rfc3339
        case .list, .map, .record: JSON.serialize(self)
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self) ?? Base64.encode(bytes)
        case .double(let double): DoubleText.shortestPositional(double)
        case .type(let type): type.runtimeName
        default: (try? StandardLibrary.string(self)) ?? literal
        }
    }
}
