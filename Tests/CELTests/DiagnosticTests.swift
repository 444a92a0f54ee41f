import CEL
import Testing

@Suite struct `A mistake in an expression` {
    /// One per line, each where a condition is wanted.
    static let mistakes = #"""
        self.statsu == "failed"
        status == "failed"
        Self.status == "failed"
        self.status == failed
        self.status = "failed"
        self.status === "failed"
        self.status == "failed" and self.prompt == "x"
        self.status == "failed" & self.prompt == "x"
        self.status == "failed" or true
        not self.gone
        self.status == "failed
        self.status == 'failed"
        self.status == “failed”
        self.status.equals("failed")
        self.status == 1
        self.duration_ms > "1000"
        self.created_at > "2026-01-01"
        self.created_at > 100
        now - self.created_at > 30
        now - self.created_at > "30m"
        now - self.created_at > 30m
        now - self.created_at > duration("1d")
        now - self.created_at > duration(30)
        now() - self.created_at > duration("30m")
        self.created_at + 5 > now
        self.prompt.includes("cat")
        self.prompt.startswith("cat")
        self.prompt.length > 5
        self.prompt.length() > 5
        len(self.prompt) > 5
        contains(self.prompt, "cat")
        self.prompt.contains('a', 'b')
        self.prompt.contains(5)
        self.prompt.matches("(")
        "cat" in self.prompt
        self.status in "failed"
        self.status == ["failed", "x"]
        self.status in ("failed", "pending")
        self.prompt
        self.duration_ms
        self.status == "failed" ? true
        self.status == "failed" ? 1 : "a"
        self.loras.exists(l.name == "x")
        self.loras.any(l, l.name == "x")
        self.loras.exists(l, l.name)
        self.prompt.exists(c, c == "a")
        self.loras[0].name = "x"
        self.loras["a"]
        self.prompt[0]
        has(self.statsu)
        has(prompt)
        self.status != null
        !self.status
        -self.status
        self.duration_ms && true
        self.gone == "true"
        self.status == None
        (self.status == "failed"
        self.status == "failed")
        [1, 2
        self.foo.bar.baz
        self.status.foo
        size(5)
        math.max(1, 2)
        max(1, 2)
        if self.gone then true
        self.status == "failed";
        ${self.status}
        self.status == "sucess"
        self.duration_ms / 1000.0 > 3
        "a" + 1
        "took " + self.duration_ms + " ms"
        self.status.lower() == "x"
        self.created_at.getHour() == 3
        timestamp("2026-01-01")
        changed.contains("status")
        changed == "status"
        self.?prompt == "x"
        string(self.loras)
        self->status
        self.status == "a" ||
        == "a"
        self.statsu == "a" && self.prompt.contain("x") && nw - self.created_at > "30m"
        self.status in ["failed", "sucess"]
        self.status != "sucess"
        old.statsu == "a"
        [1, "a"].map(i, i + 1) == 2
        x == 1.0
        1 + 1.0
        1u + 1
        "é" + 1
        Foo{a: 1}
        base64.encod("x")
        optional.of(1).orValue("a")
        x.getHours()
        self.created_at.getHours(5)
        "\q"
        0x
        1e
        9223372036854775808
        `a-b`
        {"a": 1, 2}
        [1, 2
        cel.bind(a.b, 1, 2)
        [1].map(i, i, i, i)
        [1].exists(i, i, true)
        self.duration_ms.size()
        x ? 1 : 2
        self.gone || "a"
        {1: "a"}["b"]
        self.prompt.format("a")
        self.loras.exists(l, l.nme == 1)
        and
        null + 1
        """#

    @Test func `is answered with its place, what is wrong, and the remedy`() throws {
        var answers = ""
        for text in Self.mistakes.split(separator: "\n").map(String.init) {
            let compilation = Sample.environment.compile(text, expecting: .bool)
            #expect(!compilation.diagnostics.isEmpty, "nothing is said of \(text)")
            for diagnostic in compilation.diagnostics {
                answers += diagnostic.render(file: "rules/example.yaml", text: text) + "\n"
            }
            answers += "\n"
        }
        try expectGolden(answers, "mistakes.txt")
    }

    @Test func `is shown in the file that it stands in`() {
        let text = #"self.statsu == "failed""#
        let diagnostic = Sample.environment.compile(text).diagnostics[0]
        #expect(diagnostic.range == 5..<11)
        #expect(
            diagnostic.render(file: "rules/x.yaml", line: 14, column: 14, lineText: "  when: self.statsu == \"failed\"")
                == """
                rules/x.yaml:14:14: error: type 'Generation' has no field 'statsu'
                  14 |   when: self.statsu == "failed"
                     |              ^ did you mean 'status'?
                """)
    }

    @Test func `does not hide the others`() {
        let diagnostics = Sample.environment.compile(
            #"self.statsu == "a" && self.prompt.contain("x") && self.duration_ms > "3""#
        ).diagnostics
        #expect(diagnostics.map(\.range.lowerBound) == [5, 34, 69])
    }

    @Test func `counts columns in characters, not bytes`() {
        let position = SourcePosition(utf8Offset: "äöü\nß😀".utf8.count, in: "äöü\nß😀x")
        #expect(position.line == 2)
        #expect(position.column == 3)
        #expect(position.lineText == "ß😀x")
    }

    @Test func `of an open set of values is only a warning`() {
        let compilation = Sample.environment.compile(#"self.status == "sucess""#, expecting: .bool)
        #expect(compilation.program != nil)
        #expect(compilation.diagnostics.map(\.severity) == [.warning])
        #expect(compilation.diagnostics.first?.hint == #"did you mean "succeeded"?"#)
    }

    @Test func `in a constant can be made a warning`() {
        var environment = Sample.environment
        #expect(environment.compile(#"true || duration("1d") > duration("1s")"#).program == nil)
        environment.badConstants = .warning
        let compilation = environment.compile(#"true || duration("1d") > duration("1s")"#)
        #expect(compilation.program?.constant == .bool(true))
        #expect(compilation.diagnostics.map(\.severity) == [.warning])
    }

    @Test func `is not seen where types are not checked`() {
        #expect(Sample.outcome("1 == 1.0", checked: false) == "true")
        #expect(Sample.outcome("nobody || true", checked: false) == "true")
        #expect(Sample.errorKind("nobody") == .unboundVariable)
        #expect(Sample.errorKind("f(1)") == .unknownFunction)
    }

    @Test func `is said at most so many times`() {
        let text = Array(repeating: "nobody", count: 1_000).joined(separator: " && ")
        #expect(Sample.environment.compile(text).diagnostics.count == Limits.standard.diagnostics)
    }
}
