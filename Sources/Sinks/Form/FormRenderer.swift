import CEL
import Core

/// Evaluates the templates of a form in one situation.
///
/// What the form's author and the operator wrote goes in as it is; anybody else's text is normalised, cut and escaped.
struct FormRenderer {
    let form: Form
    let situation: FormSituation
    /// With the declared texts, written.
    private(set) var activation: Activation
    private var pieces: [String: [TemplatePiece]] = [:]

    /// How long a value may be that is inserted outside of a declared text, in the form's unit; `data` is not cut.
    static let looseLimit = 2000

    init(_ form: Form, _ situation: FormSituation) {
        self.form = form
        self.situation = situation
        activation = form.scope.request.activation(situation.values)
        pieces["title"] = Headline.pieces(of: situation.notification)
        pieces["text"] = situation.notification.text.normalised
        for text in form.texts {
            var rendered = render(text)
            if text.isOneLine { rendered = rendered.mapTexts { $0.replacing("\n", with: " ") } }
            rendered = rendered.trimmed
            pieces[text.name] = rendered
            let limit = text.limit.map(situation.squeeze.limit)
            activation[text.name] = .string(text.grammar.written(rendered, limit: limit, unit: form.unit))
        }
    }

    /// A text that fails to render is replaced by a plain one that says so.
    private func render(_ text: FormText) -> [TemplatePiece] {
        do throws(EvaluationError) {
            var result: [TemplatePiece] = []
            for part in text.parts {
                switch part {
                case .markup(let markup): result.append(.markup(markup))
                case .insert(let insert): result += try pieces(of: insert)
                }
            }
            return result.normalised
        } catch {
            return FormRenderer.apology("this text", error)
        }
    }

    private static func apology(_ place: String, _ error: EvaluationError) -> [TemplatePiece] {
        [.markup("(\(place) could not be rendered: "), .literal(error.message), .markup(")")]
    }

    private func pieces(of insert: FormInsert) throws(EvaluationError) -> [TemplatePiece] {
        switch insert {
        case .text(let name): return pieces[name] ?? []
        case .conditional(let condition, let first, let second):
            return try pieces(of: condition.evaluateBool(activation) ? first : second)
        case .optional(let content, let leavesOutEmpty):
            let inner = try pieces(of: content)
            return leavesOutEmpty && inner.plain.isEmpty ? [] : inner
        case .value(let program, let origin):
            let value = try program.evaluate(activation)
            if case .optional(nil) = value { return [] }
            if case .foreign = origin { return [.literal(value.inserted)] }
            return [.markup(value.inserted)]
        }
    }

    /// The value of a leaf in JSON; nil where it is to be left out.
    func value(_ leaf: FormLeaf) -> CELValue? {
        do throws(EvaluationError) {
            if let lone = leaf.lone { return try value(lone) }
            return .string(try text(leaf))
        } catch {
            return leaf.isTyped
                ? nil
                : .string(
                    form.grammar.written(
                        FormRenderer.apology(leaf.place, error), limit: looseLimit, unit: form.unit))
        }
    }

    /// A leaf as text.
    func text(_ leaf: FormLeaf) throws(EvaluationError) -> String {
        var result = ""
        for part in leaf.parts {
            switch part {
            case .markup(let markup): result += markup
            case .insert(let insert): result += try value(insert)?.inserted ?? ""
            }
        }
        return result
    }

    /// A leaf as text; nil where it is one expression without a value.
    func optionalText(_ leaf: FormLeaf) throws(EvaluationError) -> String? {
        guard let lone = leaf.lone else { return try text(leaf) }
        return try value(lone)?.inserted
    }

    /// What an expression inserts, fit to be seen; nil for null and for an optional without a value.
    func value(_ insert: FormInsert) throws(EvaluationError) -> CELValue? {
        switch insert {
        case .text(let name):
            if let limit = looseLimit, let pieces = pieces[name], name == "title" || name == "text" {
                return .string(form.grammar.written(pieces, limit: limit, unit: form.unit))
            }
            return activation[name]
        case .conditional(let condition, let first, let second):
            return try value(condition.evaluateBool(activation) ? first : second)
        case .optional(let content, let leavesOutEmpty):
            let inner = try value(content)
            if leavesOutEmpty, case .string("")? = inner { return nil }
            return inner
        case .value(let program, let origin):
            let value = try program.evaluate(activation)
            guard let content = value.content else { return nil }
            if case .foreign = origin { return content.mapTextsAndKeys(escaped) }
            return content
        }
    }

    /// A condition that cannot be evaluated does not hold.
    func holds(_ condition: Program) -> Bool { (try? condition.evaluateBool(activation)) ?? false }

    /// What an insert of an address gives, to be encoded there.
    func rawText(_ insert: FormInsert) throws(EvaluationError) -> String? {
        switch insert {
        case .text(let name): return pieces[name]?.plain
        case .conditional(let condition, let first, let second):
            return try rawText(condition.evaluateBool(activation) ? first : second)
        case .optional(let content, _): return try rawText(content)
        case .value(let program, _):
            return try program.evaluate(activation).content.map { TextNormaliser.oneLine($0.inserted) }
        }
    }

    private var looseLimit: Int? { form.grammar == .data ? nil : situation.squeeze.limit(FormRenderer.looseLimit) }

    private func escaped(_ text: String) -> String {
        guard let limit = looseLimit else { return TextNormaliser.normalised(text) }
        let beginning = [TemplatePiece.literal(text)].beginning(limit).normalised.plain
        return form.grammar.escaped(beginning, limit: limit, unit: form.unit)
    }

    /// A tree as a value; members and elements without one are left out.
    func value(_ tree: FormTree) -> CELValue? {
        switch tree {
        case .constant(let value): value
        case .leaf(let leaf): value(leaf)
        case .list(let items): .list(items.flatMap { values($0) })
        case .conditional(let condition, let tree): holds(condition) ? value(tree) : nil
        case .eachAlert(let tree): .list(values(.eachAlert(tree)))
        case .mapping(let members):
            .map(CELMap(members.compactMap { member in value(member.value).map { (member.name, $0) } }))
        }
    }
}

extension FormRenderer {
    /// What an item of a list becomes: none, one, or one for each alert.
    private func values(_ item: FormTree) -> [CELValue] {
        guard case .eachAlert(let tree) = item else { return value(item).map { [$0] } ?? [] }
        let alerts = situation.notification.alerts
        guard alerts.count > 1 else { return value(tree).map { [$0] } ?? [] }
        return alerts.compactMap { FormRenderer(form, situation.about($0)).value(tree) }
    }
}

extension FormLeaf {
    /// Whether it is one expression that gives no text, so that no text can stand for it.
    var isTyped: Bool {
        guard let lone else { return false }
        return lone.isTyped
    }
}

extension FormInsert {
    fileprivate var isTyped: Bool {
        switch self {
        case .text: false
        case .conditional(_, let first, let second): first.isTyped || second.isTyped
        case .optional: true
        case .value(let program, _):
            switch program.resultType.nonNull {
            case .string, .dyn: false
            default: true
            }
        }
    }
}

extension CELValue {
    /// The value itself, without the optional around it; nil for null and for nothing.
    var content: CELValue? {
        switch self {
        case .null, .optional(nil): nil
        case .optional(let content?): content.content
        default: self
        }
    }
}
