extension Expression {
    /// The expression as source text: the same meaning, in one line, with no more parentheses than it needs.
    package var text: String { text(parentPrecedence: 0) }

    private var precedence: Int {
        switch kind {
        case .conditional: 0
        case .or: 1
        case .and: 2
        case .binary(let operation, _, _): operation.precedence
        case .unary: 6
        case .literal(.int(let value)) where value < 0: 6
        case .literal(.double(let value)) where value.sign == .minus: 6
        default: 7
        }
    }

    private func text(parentPrecedence: Int) -> String {
        let plain = plainText
        return precedence < parentPrecedence ? "(\(plain))" : plain
    }

    private var plainText: String {
        switch kind {
        case .literal(let value): value.literal
        case .identifier(let name, let isAbsolute): (isAbsolute ? "." : "") + Self.shown(name)
        case .select(let selection): Self.text(of: selection)
        case .presence(let selection): "has(\(Self.text(of: selection)))"
        case .index(let operand, let index, let isOptional):
            "\(operand.text(parentPrecedence: 7))[\(isOptional ? "?" : "")\(index.text)]"
        case .call(let call): Self.text(of: call)
        case .unary(let operation, let operand): Self.text(of: operation, operand)
        case .binary(let operation, let left, let right):
            left.text(parentPrecedence: operation.precedence) + " \(operation.rawValue) "
                + right.text(parentPrecedence: operation.precedence + 1)
        case .and(let operands): operands.map { $0.text(parentPrecedence: 3) }.joined(separator: " && ")
        case .or(let operands): operands.map { $0.text(parentPrecedence: 2) }.joined(separator: " || ")
        case .conditional(let condition, let first, let second):
            "\(condition.text(parentPrecedence: 1)) ? \(first.text(parentPrecedence: 1)) : \(second.text)"
        case .list(let elements):
            "[" + elements.map { ($0.isOptional ? "?" : "") + $0.value.text }.joined(separator: ", ") + "]"
        case .map(let entries):
            "{" + entries.map { "\($0.isOptional ? "?" : "")\($0.key.text): \($0.value.text)" }.joined(separator: ", ")
                + "}"
        case .message(let name, let fields):
            "\(name){" + fields.map { "\($0.name): \($0.value.text)" }.joined(separator: ", ") + "}"
        case .comprehension(let comprehension): Self.text(of: comprehension)
        case .bind(let variable, let value, let body): "cel.bind(\(Self.shown(variable)), \(value.text), \(body.text))"
        case .optionalMap(let operand, let variable, let body, let isFlat):
            operand.text(parentPrecedence: 7) + (isFlat ? ".optFlatMap" : ".optMap")
                + "(\(Self.shown(variable)), \(body.text))"
        case .block(let values, let body):
            "cel.block([\(values.map(\.text).joined(separator: ", "))], \(body.text))"
        }
    }

    /// A minus directly before a number would become part of it.
    private static func text(of operation: UnaryOperator, _ operand: Expression) -> String {
        let text = operand.text(parentPrecedence: 6)
        let isNumber = text.utf8.first.map { $0.isDigit || $0 == UInt8(ascii: ".") } ?? false
        return operation.rawValue + (operation == .negate && isNumber ? "(\(text))" : text)
    }

    private static func text(of selection: Selection) -> String {
        let isPlain = selection.field.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
        let field = isPlain && selection.field.utf8.first?.isDigit == false ? selection.field : "`\(selection.field)`"
        return selection.operand.text(parentPrecedence: 7) + (selection.isOptional ? ".?" : ".") + field
    }

    private static func text(of call: Call) -> String {
        let arguments = call.arguments.map(\.text).joined(separator: ", ")
        let prefix = call.target.map { $0.text(parentPrecedence: 7) + "." } ?? (call.isAbsolute ? "." : "")
        return "\(prefix)\(call.function)(\(arguments))"
    }

    private static func text(of comprehension: Comprehension) -> String {
        let name =
            comprehension.macro == .existsOne && comprehension.variables.count == 1
            ? "exists_one" : comprehension.macro.rawValue
        let arguments =
            comprehension.variables.map(shown)
            + (comprehension.filter.map { [$0.text] } ?? []) + [comprehension.body.text]
        return "\(comprehension.range.text(parentPrecedence: 7)).\(name)(\(arguments.joined(separator: ", ")))"
    }

    /// The hidden names of optimised expressions go back to the calls that they were.
    private static func shown(_ name: String) -> String {
        guard name.hasPrefix("@") else { return name }
        if name.hasPrefix("@index") { return "cel.index(\(name.dropFirst(6)))" }
        let parts = name.dropFirst().split(separator: ":")
        return "cel.\(parts[0])(\(parts.dropFirst().joined(separator: ", ")))"
    }
}
