import CEL
import Testing

@Suite struct `An expression` {
    struct Case: CustomTestStringConvertible, Sendable {
        let expression: String
        let value: String
        var testDescription: String { expression }

        init(_ expression: String, _ value: String) {
            self.expression = expression
            self.value = value
        }
    }

    static let values: [Case] = [
        // Text is code points, never graphemes.
        Case(#"'e\u0301' == 'é'"#, "false"), Case(#"{'é': 1, 'e\u0301': 2}.size()"#, "2"),
        Case(#"'\r\n'.size()"#, "2"), Case("'👍🏽'.contains('👍')", "true"), Case("'🇩🇪🇺🇸'.contains('🇪🇺')", "true"),
        Case("'héllo'.indexOf('l')", "2"), Case("'aXaXa'.lastIndexOf('aXa')", "2"),
        Case("'aXaXa'.lastIndexOf('aXa', 1)", "0"),
        Case("'aab'.replace('ab', 'x') + 'aaab'.split('aab')[0]", #""axa""#), Case("'abc'.lastIndexOf('', 1)", "1"),
        Case("lists.range(50).map(i, 'aab').join('a').contains(lists.range(12).map(i, 'aab').join('a'))", "true"),
        Case("lists.range(50).map(i, 'aab').join('a').contains(lists.range(12).map(i, 'aab').join('b'))", "false"),
        Case("'a' < 'B'", "false"), Case("'' == ''", "true"),
        // Numbers share a line, but do not mix.
        Case("dyn(9223372036854775807) == 9223372036854775808.0", "true"), Case("[1] == dyn([1.0])", "true"),
        Case("dyn(2.0) in [1, 2]", "true"), Case("1 < 2.0 && 1u < 2", "true"), Case("-7 / 2", "-3"),
        Case("-7 % 2", "-1"),
        Case("-9223372036854775808", "-9223372036854775808"), Case("-0x8000000000000000", "-9223372036854775808"),
        Case("0.0 / 0.0 == 0.0 / 0.0", "false"), Case("1.0 / 0.0", #"double("Infinity")"#), Case("uint(1.9)", "1u"),
        Case("string(1.0)", #""1""#), Case("string(1e8)", #""1e+08""#), Case("string(1234567.0)", #""1.234567e+06""#),
        Case("string(0.00001)", #""1e-05""#), Case("string(123456.5)", #""123456.5""#),
        // Errors are absorbed from either side.
        Case("1 / 0 > 1 || true", "true"), Case("false && 1 / 0 > 1", "false"), Case("1 / 0 > 1 && false", "false"),
        Case("[1, 2, 3].exists(i, 6 / (2 - i) == 6)", "true"), Case("[1, 2, 3].all(i, 6 / (2 - i) == 6)", "false"),
        // Fields, keys and optionals.
        Case("self.status", #""failed""#), Case("self['status']", #""failed""#), Case("has(self.prompt)", "true"),
        Case("has(self.seed)", "false"), Case("has(self.completed_at)", "true"),
        Case("self.completed_at == null", "true"),
        Case("'seed' in self", "false"), Case("self.size()", "10"), Case("raw.?zz.orValue(3)", "3"),
        Case("self.?prompt.orValue('')", #""a \"cat\"""#), Case("raw.?c[?0].orValue('')", #""x""#),
        Case("raw.?c[?5].hasValue()", "false"), Case("optional.of(1).orValue(1 / 0)", "1"),
        Case("{?'a': optional.none(), 'b': 1}", #"{"b": 1}"#), Case("[?optional.of(2), ?optional.none()]", "[2]"),
        Case("{true: 1, 2: 'b', 3u: 'c'}[dyn(3.0)]", #""c""#), Case(".x + 1", "6"), Case("[0].map(x, .x)", "[5]"),
        Case("old == null || old.status != self.status", "true"), Case("changed.exists(c, c == 'status')", "true"),
        // Times.
        Case("now - self.created_at", #"duration("3600s")"#),
        Case("timestamp('2024-07-01T00:00:00Z').getHours('Europe/Berlin')", "2"),
        Case("timestamp('2024-01-01T00:00:00Z').getHours('Europe/Berlin')", "1"),
        Case("timestamp('2024-02-29T12:00:00Z').getDayOfYear()", "59"),
        Case("timestamp('2024-06-01T12:00:00+02:00')", #"timestamp("2024-06-01T10:00:00Z")"#),
        Case("string(timestamp('2024-06-01T12:00:00.500Z'))", #""2024-06-01T12:00:00.5Z""#),
        Case("duration('-90m').getHours()", "-1"), Case("duration('1h1m1.5s')", #"duration("3661.5s")"#),
        Case("duration('1us') + duration('1ns')", #"duration("0.000001001s")"#),
        // Macros.
        Case("[1, 2, 3].map(i, i > 1, i * 2)", "[4, 6]"), Case("{'a': 1}.map(k, k)", #"["a"]"#),
        Case("['a', 'b'].transformMap(i, v, v + string(i))", #"{0: "a0", 1: "b1"}"#),
        Case("[3, 1, 2].sortBy(i, -i)", "[3, 2, 1]"), Case("cel.bind(a, x * x, a + a)", "50"),
        Case("cel.bind(a, 1 / 0, true || a > 1)", "true"),
        // Literals.
        Case(#"b'\351\xff\\'"#, #"b"\xe9\xff\\""#), Case(#"'\351'"#, #""é""#), Case(#"r'\q' + "\"""#, #""\\q\"""#),
        Case("[1, 2.0, 3u, null, b'x', type(1)]", #"[1, 2.0, 3u, null, b"x", int]"#),
        Case("[,].size() + {,}.size()", "0"),
        Case("{'if': 1}.if + {'a-b': 1}.`a-b`", "2"), Case("'''a\nb'''", #""a\nb""#),
        // Patterns are RE2's.
        Case(#"'\u2028'.matches('^.$')"#, "true"), Case(#"'é'.matches('^\\w$')"#, "false"),
        Case(#"'abc\n'.matches('^abc$')"#, "false"), Case("'xay'.matches('a')", "true"),
        Case("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('^(a+)+$')", "false"),
        // Texts for people.
        Case("'truncate me please'.truncate(10)", #""truncate …""#), Case("'short'.truncate(10)", #""short""#),
        Case("'exactly 10'.truncate(10)", #""exactly 10""#), Case(#"'a\n b\t'.oneline()"#, #""a b""#),
        Case("'👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦'.truncate(2).endsWith('👦…')", "true"),
        Case("'%.2f %e %x %b'.format([3.14159, 12345.678, -255, 5])", #""3.14 1.234568e+04 -ff 101""#),
        Case("'%.20f'.format([0.1])", #""0.10000000000000000555""#), Case("'%.0f'.format([2.5])", #""2""#),
        Case("'abc'.replace('', '-')", #""-a-b-c-""#), Case("'añb'.split('')", #"["a", "ñ", "b"]"#),
        Case("[3, 1, 2].sort() + [1, 1].distinct()", "[1, 2, 3, 1]"), Case("math.greatest(1, 2.5, 3u)", "3u"),
        Case("base64.decode('aGk')", #"b"hi""#), Case("sets.equivalent([1, 1], [1])", "true"),
        Case("cidr('10.0.0.0/8').containsIP('10.1.2.3')", "true"),
    ]

    @Test(arguments: values)
    func `has the value that the language gives it`(expected: Case) {
        #expect(Sample.outcome(expected.expression) == expected.value)
    }

    static let errors: [(String, EvaluationError.Kind)] = [
        ("9223372036854775807 + 1", .overflow), ("-9223372036854775808 / -1", .overflow),
        ("-9223372036854775808 % -1", .overflow), ("int(9223372036854775807.0)", .overflow), ("uint(-1)", .overflow),
        ("timestamp('9999-12-31T00:00:00Z') - timestamp('0001-01-01T00:00:00Z')", .overflow),
        ("1 / 0", .divisionByZero), ("1u % 0u", .divisionByZero), ("[1][1]", .invalidArgument),
        ("[1][-1]", .invalidArgument),
        ("[1][0.5]", .invalidArgument), ("{'a': 1}.b", .noSuchKey), ("self.seed", .noSuchKey),
        ("self.nothing", .noSuchKey),
        ("self.completed_at > now", .noMatchingOverload), ("null.size()", .noMatchingOverload),
        ("1u + 1", .noMatchingOverload),
        ("true < 1", .noMatchingOverload), ("x && true", .noMatchingOverload), ("'a' in 'abc'", .noMatchingOverload),
        ("has(raw.b.c)", .noMatchingOverload), ("null < 1", .noMatchingOverload), ("duration('1d')", .invalidArgument),
        ("int(' 1')", .invalidArgument), ("double('0x10')", .invalidArgument), ("bool('yes')", .invalidArgument),
        ("timestamp('2024-02-30T00:00:00Z')", .invalidArgument), ("string(b'\\xff')", .invalidArgument),
        ("'a'.matches('(')", .invalidArgument), ("'a'.matches('(?=a)')", .invalidArgument),
        ("timestamp(0).getHours('Mars/Base')", .invalidArgument), ("{1: 'a', 1u: 'b'}", .invalidArgument),
        ("{null: 1}", .invalidArgument), ("{'a': 1 / 0}", .divisionByZero),
        ("optional.none().value()", .invalidArgument),
        ("'%d'.format(['a'])", .noMatchingOverload), ("'%s %s'.format([1])", .invalidArgument),
        ("f(1)", .unknownFunction),
        ("nobody", .unboundVariable), ("cel.index(3)", .unboundVariable), ("Foo{}", .unboundVariable),
        ("[1, 'a'].sort()", .noMatchingOverload), ("base64.decode('#')", .invalidArgument),
    ]

    @Test(arguments: errors)
    func `without a value is an error of its kind`(expression: String, kind: EvaluationError.Kind) {
        #expect(Sample.errorKind(expression) == kind, "\(expression)")
    }

    @Test func `says where it failed`() throws {
        let program = try #require(Sample.environment.compile("x > 1 && 10 / (x - 5) == 2").program)
        let error = #expect(throws: EvaluationError.self) { try program.evaluateBool(Sample.activation) }
        #expect(error?.range == 9..<21)
    }

    @Test func `that needs no variable is computed when it is compiled`() {
        #expect(
            Sample.environment.compile("duration('1h') + duration('30m')").program?.constant?.literal
                == #"duration("5400s")"#)
        #expect(Sample.environment.compile("1 / 0").program?.constant == nil)
        #expect(Sample.environment.compile("x + 1").program?.constant == nil)
    }

    @Test func `knows the variables that it uses`() throws {
        let program = try #require(Sample.environment.compile("[1].exists(now, now > x)").program)
        #expect(program.references("x"))
        #expect(!program.references("now"), "it is the macro's own name")
        #expect(!program.references("self"))
    }

    @Test func `can be taken apart, and its parts evaluated`() throws {
        let program = try #require(Sample.environment.compile("now - self.created_at > duration('30m')").program)
        guard case .binary(.greater, let elapsed, let limit) = program.expression.kind else {
            Issue.record("not a comparison")
            return
        }
        let parts = [elapsed, limit].map { Sample.environment.compile(expression: $0).program }
        #expect(try parts[0]?.evaluate(Sample.activation).literal == #"duration("3600s")"#)
        #expect(try parts[1]?.evaluate(Sample.activation).literal == #"duration("1800s")"#)
    }

    @Test func `is unparsed to text that means the same`() throws {
        let texts = [
            "1 + 2 * 3 - (4 - 5)", "(1 + 2) * 3", "!(x > 1 && x < 3) || x == 2", "-(x + 1) > -5",
            "x > 1 ? (x > 2 ? 1 : 2) : 3",
            "(x > 1 ? true : false) ? 1 : 2", "raw.?a.orValue([?optional.of(1)][?0])", "{?'a': optional.of(1), 2: 'b'}",
            "[1].exists_one(i, i > 0)", "[1].map(i, i > 0, i)", "[1].transformMap(i, v, v > 0, v)",
            "cel.bind(a, 1, a + a)",
            "cel.block([1, cel.index(0) + 1], cel.index(1))", "optional.of(1).optMap(a, a + 1)", "has(self.prompt)",
            #"{'a-b': 1}.`a-b` == 1 && "é\n\u2028\"" != r'\'"#, "(-5).x", "x in [1, 2] == true", "[1][0].a.b(c).d[e]",
        ]
        for text in texts {
            let first = try #require(Sample.environment.compile(text, checked: false).program, "\(text)")
            let second = try #require(
                Sample.environment.compile(first.expression.text, checked: false).program, "\(text)")
            #expect(second.expression.text == first.expression.text)
            #expect(Sample.outcome(text, checked: false) == Sample.outcome(first.expression.text, checked: false))
        }
        let program = Sample.environment.compile("((x))+(1 *(2))>3&&(((true)))").program
        #expect(program?.expression.text == "x + 1 * 2 > 3 && true")
    }

    @Test func `reads an activation of another environment by name`() throws {
        let other = Environment(Declarations(variables: [("extra", .dyn), ("x", .int)]))
        let program = try #require(Sample.environment.compile("x * 2").program)
        #expect(try program.evaluate(other.activation(["x": .int(21)])) == .int(42))
        #expect(throws: EvaluationError.self) { try program.evaluate(other.activation()) }
    }
}
