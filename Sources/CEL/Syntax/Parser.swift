/// Recursive descent over the grammar of the language definition.
struct Parser {
    private var lexer: Lexer
    private var token: Token
    private var previousEnd: Int
    private let limits: Limits
    private var depth = 0

    /// Parses all of `bytes[range]` as one expression; ranges in it are offsets of `bytes`.
    static func parse(_ bytes: [UInt8], in range: Range<Int>, limits: Limits) throws(SyntaxError) -> Expression {
        guard range.count <= limits.sourceBytes else { throw SyntaxDiagnostics.tooLarge(limits.sourceBytes) }
        var parser = try Parser(bytes, range, limits)
        if parser.token.kind == .end { throw SyntaxDiagnostics.empty(range.lowerBound..<range.lowerBound) }
        let expression = try parser.expression()
        guard parser.token.kind == .end else { throw SyntaxDiagnostics.trailing(parser.token, after: expression) }
        return expression
    }

    private init(_ bytes: [UInt8], _ range: Range<Int>, _ limits: Limits) throws(SyntaxError) {
        lexer = Lexer(bytes, in: range)
        token = try lexer.next()
        previousEnd = range.lowerBound
        self.limits = limits
    }

    // Tokens

    private mutating func advance() throws(SyntaxError) {
        previousEnd = token.range.upperBound
        token = try lexer.next()
    }

    private mutating func take(_ symbol: Token.Symbol) throws(SyntaxError) -> Bool {
        guard token.kind == .symbol(symbol) else { return false }
        try advance()
        return true
    }

    private mutating func close(_ open: Token.Symbol, _ close: Token.Symbol, from start: Int) throws(SyntaxError) {
        guard try take(close) else {
            throw SyntaxDiagnostics.unclosed(open.rawValue, close.rawValue, found: token, start..<(start + 1))
        }
    }

    /// Counts a level of nesting. Chains call it too: a chain is as deep a tree as it is long.
    private mutating func descend() throws(SyntaxError) {
        depth += 1
        if depth > limits.nesting { throw SyntaxDiagnostics.tooDeep(limits.nesting, token.range) }
    }

    private func made(_ kind: Expression.Kind, from start: Int) -> Expression {
        Expression(kind: kind, range: start..<previousEnd)
    }

    // Operators

    private mutating func expression() throws(SyntaxError) -> Expression {
        try descend()
        let level = depth
        defer { depth = level - 1 }
        let start = token.range.lowerBound
        let condition = try chain(of: .or)
        guard try take(.question) else { return condition }
        let first = try chain(of: .or)
        guard try take(.colon) else { throw SyntaxDiagnostics.expected("':' of a conditional", found: token) }
        let second = try expression()
        return made(.conditional(condition, first, second), from: start)
    }

    private mutating func chain(of symbol: Token.Symbol) throws(SyntaxError) -> Expression {
        let start = token.range.lowerBound
        var operands = [try symbol == .or ? chain(of: .and) : relation()]
        while try take(symbol) { operands.append(try symbol == .or ? chain(of: .and) : relation()) }
        if operands.count == 1 { return operands[0] }
        return made(symbol == .or ? .or(operands) : .and(operands), from: start)
    }

    private mutating func relation() throws(SyntaxError) -> Expression { try binary(minimumPrecedence: 0) }

    /// Precedence climbing: all binary operators in one function, so that a level of nesting takes less of the stack.
    private mutating func binary(minimumPrecedence: Int) throws(SyntaxError) -> Expression {
        let start = token.range.lowerBound
        let level = depth
        defer { depth = level }
        var left = try unary()
        while let operation = binaryOperator, operation.precedence >= minimumPrecedence {
            try descend()
            try advance()
            let right = try binary(minimumPrecedence: operation.precedence + 1)
            left = made(.binary(operation, left, right), from: start)
        }
        return left
    }

    private var binaryOperator: BinaryOperator? {
        switch token.kind {
        case .symbol(let symbol): BinaryOperator(rawValue: symbol.rawValue)
        case .identifier("in"): .isIn
        default: nil
        }
    }

    private mutating func unary() throws(SyntaxError) -> Expression {
        let start = token.range.lowerBound
        if try take(.not) {
            try descend()
            defer { depth -= 1 }
            return made(.unary(.not, try unary()), from: start)
        }
        guard token.kind == .symbol(.minus) else { return try member() }
        try advance()
        if let literal = try negativeLiteral(from: start) { return try postfix(literal, from: start) }
        try descend()
        defer { depth -= 1 }
        return made(.unary(.negate, try unary()), from: start)
    }

    /// The minus belongs to the number that follows it, so that the smallest int can be written.
    private mutating func negativeLiteral(from start: Int) throws(SyntaxError) -> Expression? {
        let value: CELValue
        switch token.kind {
        case .int(let magnitude): value = .int(-magnitude)
        case .intMagnitudeOfMinimum: value = .int(.min)
        case .double(let magnitude): value = .double(-magnitude)
        default: return nil
        }
        try advance()
        return made(.literal(value), from: start)
    }

    // Members

    private mutating func member() throws(SyntaxError) -> Expression {
        let start = token.range.lowerBound
        return try postfix(try primary(), from: start)
    }

    private mutating func postfix(_ operand: Expression, from start: Int) throws(SyntaxError) -> Expression {
        var operand = operand
        let level = depth
        defer { depth = level }
        while true {
            if try take(.dot) {
                try descend()
                operand = try selectionOrCall(on: operand, from: start)
            } else if token.kind == .symbol(.openBracket) {
                try descend()
                let open = token.range.lowerBound
                try advance()
                let isOptional = try take(.question)
                let index = try expression()
                try close(.openBracket, .closeBracket, from: open)
                operand = made(.index(operand, index, isOptional: isOptional), from: start)
            } else if token.kind == .symbol(.openBrace), let (name, isAbsolute) = operand.qualifiedName {
                operand = try message(named: isAbsolute ? "." + name : name, from: start)
            } else {
                return operand
            }
        }
    }

    private mutating func selectionOrCall(on operand: Expression, from start: Int) throws(SyntaxError) -> Expression {
        let isOptional = try take(.question)
        let fieldRange = token.range
        let field: String
        let isCallable: Bool
        switch token.kind {
        case .identifier(let name) where !["in", "true", "false", "null"].contains(name):
            (field, isCallable) = (name, true)
        case .quotedField(let name): (field, isCallable) = (name, false)
        default: throw SyntaxDiagnostics.expected("a field name after '.'", found: token)
        }
        try advance()
        if isCallable, !isOptional, token.kind == .symbol(.openParenthesis) {
            let arguments = try self.arguments()
            return try Macros.expand(
                Expression.Call(
                    function: field, functionRange: fieldRange, target: operand, arguments: arguments, isAbsolute: false
                ),
                range: start..<previousEnd)
        }
        let selection = Expression.Selection(
            operand: operand, field: field, fieldRange: fieldRange, isOptional: isOptional)
        return made(.select(selection), from: start)
    }

    private mutating func arguments() throws(SyntaxError) -> [Expression] {
        let open = token.range.lowerBound
        try advance()
        var arguments: [Expression] = []
        if try take(.closeParenthesis) { return arguments }
        repeat { arguments.append(try expression()) } while try take(.comma)
        try close(.openParenthesis, .closeParenthesis, from: open)
        return arguments
    }

    private mutating func primary() throws(SyntaxError) -> Expression {
        let start = token.range.lowerBound
        switch token.kind {
        case .int(let value): return try literal(.int(value))
        case .uint(let value): return try literal(.uint(value))
        case .double(let value): return try literal(.double(value))
        case .string(let value): return try literal(.string(value))
        case .bytes(let value): return try literal(.bytes(value))
        case .intMagnitudeOfMinimum: throw SyntaxDiagnostics.numberOutOfRange("int", token.range)
        case .identifier("true"): return try literal(.bool(true))
        case .identifier("false"): return try literal(.bool(false))
        case .identifier("null"): return try literal(.null)
        case .identifier, .symbol(.dot): return try nameOrCall()
        case .symbol(.openParenthesis):
            try advance()
            let inner = try expression()
            if token.kind == .symbol(.comma) { throw SyntaxDiagnostics.listInParentheses(token.range) }
            try close(.openParenthesis, .closeParenthesis, from: start)
            return inner
        case .symbol(.openBracket): return try list()
        case .symbol(.openBrace): return try map()
        default: throw SyntaxDiagnostics.unexpected(token)
        }
    }

    private mutating func literal(_ value: CELValue) throws(SyntaxError) -> Expression {
        let start = token.range.lowerBound
        try advance()
        return made(.literal(value), from: start)
    }

    private mutating func nameOrCall() throws(SyntaxError) -> Expression {
        let start = token.range.lowerBound
        let isAbsolute = try take(.dot)
        guard case .identifier(let name) = token.kind, name != "in" else {
            throw isAbsolute
                ? SyntaxDiagnostics.expected("a name after '.'", found: token) : SyntaxDiagnostics.unexpected(token)
        }
        let nameRange = token.range
        if reservedWords.contains(name) { throw SyntaxDiagnostics.reserved(name, nameRange) }
        try advance()
        guard token.kind == .symbol(.openParenthesis) else {
            return made(.identifier(name, isAbsolute: isAbsolute), from: start)
        }
        let arguments = try self.arguments()
        return try Macros.expand(
            Expression.Call(
                function: name, functionRange: nameRange, target: nil, arguments: arguments, isAbsolute: isAbsolute),
            range: start..<previousEnd)
    }

    // Aggregates

    private mutating func list() throws(SyntaxError) -> Expression {
        let start = token.range.lowerBound
        try advance()
        var elements: [Expression.ListElement] = []
        while token.kind != .symbol(.closeBracket) {
            if elements.isEmpty, try takeLoneComma(before: .closeBracket) { break }
            let isOptional = try take(.question)
            elements.append(.init(value: try expression(), isOptional: isOptional))
            guard try take(.comma) else { break }
        }
        try close(.openBracket, .closeBracket, from: start)
        return made(.list(elements), from: start)
    }

    private mutating func map() throws(SyntaxError) -> Expression {
        let start = token.range.lowerBound
        try advance()
        var entries: [Expression.MapEntry] = []
        while token.kind != .symbol(.closeBrace) {
            if entries.isEmpty, try takeLoneComma(before: .closeBrace) { break }
            let isOptional = try take(.question)
            let key = try expression()
            guard try take(.colon) else { throw SyntaxDiagnostics.expected("':' after a map key", found: token) }
            entries.append(.init(key: key, value: try expression(), isOptional: isOptional))
            guard try take(.comma) else { break }
        }
        try close(.openBrace, .closeBrace, from: start)
        return made(.map(entries), from: start)
    }

    /// `[,]` and `{,}` are empty.
    private mutating func takeLoneComma(before close: Token.Symbol) throws(SyntaxError) -> Bool {
        guard try take(.comma) else { return false }
        guard token.kind == .symbol(close) else { throw SyntaxDiagnostics.unexpected(token) }
        return true
    }

    private mutating func message(named name: String, from start: Int) throws(SyntaxError) -> Expression {
        let open = token.range.lowerBound
        try advance()
        var fields: [Expression.MessageField] = []
        while token.kind != .symbol(.closeBrace) {
            if fields.isEmpty, try takeLoneComma(before: .closeBrace) { break }
            _ = try take(.question)
            switch token.kind {
            case .identifier(let field), .quotedField(let field):
                try advance()
                guard try take(.colon) else { throw SyntaxDiagnostics.expected("':' after a field", found: token) }
                fields.append(.init(name: field, value: try expression()))
            default: throw SyntaxDiagnostics.expected("a field name", found: token)
            }
            guard try take(.comma) else { break }
        }
        try close(.openBrace, .closeBrace, from: open)
        return made(.message(name: name, fields), from: start)
    }
}
