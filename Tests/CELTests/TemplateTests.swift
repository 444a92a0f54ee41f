import CEL
import Testing

@Suite struct `A template` {
    private func pieces(_ text: String) throws -> [TemplatePiece] {
        let (template, diagnostics) = Template.compile(text, in: Sample.environment)
        return try #require(template, "\(diagnostics)").render(Sample.activation)
    }

    @Test func `keeps what is inserted apart from what the author wrote`() throws {
        #expect(
            try pieces("Refused: ${self.prompt} (${self.duration_ms} ms)")
                == [.markup("Refused: "), .literal("a \"cat\""), .markup(" ("), .literal("27000"), .markup(" ms)")])
    }

    @Test func `may have braces and texts in its expressions`() throws {
        #expect(try pieces(#"${{"a}": {"b": "}"}}["a}"].b}!"#) == [.literal("}"), .markup("!")])
        #expect(try pieces("${'a' // }\n + 'b'}") == [.literal("ab")])
    }

    @Test func `writes the opening itself where it is escaped`() throws {
        #expect(try pieces("$${x} costs $5 {x} ${x}") == [.markup("${x} costs $5 {x} "), .literal("5")])
    }

    @Test func `writes values as people and programs read them`() throws {
        #expect(
            try pieces(
                "${null}|${true}|${1.0}|${2.5}|${self.created_at}|${now - self.created_at}|${self.loras}|${b'hi'}"
            )
            .filter { $0 != .markup("|") }.map(\.text) == [
                "null", "true", "1", "2.5", "2026-05-04T10:00:15.120Z", "3600s",
                #"[{"id":"lora_1","name":"Sunset Glow"}]"#, "hi",
            ])
    }

    @Test func `of one expression keeps its type`() throws {
        let template = try #require(Template.compile("${x + 1}", in: Sample.environment).template)
        #expect(template.isSingleExpression)
        #expect(try template.value(Sample.activation) == .int(6))
        let text = try #require(Template.compile("${x} ", in: Sample.environment).template)
        #expect(!text.isSingleExpression)
        #expect(try text.value(Sample.activation) == "5 ")
    }

    @Test func `knows the variables that it uses`() throws {
        let template = try #require(Template.compile("now ${x}", in: Sample.environment).template)
        #expect(template.references("x"))
        #expect(!template.references("now"))
    }

    @Test func `reports all mistakes at their place in the text`() {
        let (template, diagnostics) = Template.compile("é ${self.statsu} and ${nobody}", in: Sample.environment)
        #expect(template == nil)
        #expect(diagnostics.map(\.range) == [10..<16, 24..<30])
    }

    @Test(arguments: ["${", "a ${x", "${'}", "${}", "${x + }", "${{}"])
    func `that does not parse is refused`(text: String) {
        let (template, diagnostics) = Template.compile(text, in: Sample.environment)
        #expect(template == nil)
        #expect(diagnostics.contains { $0.severity == .error })
    }

    @Test func `fails as a whole`() throws {
        let template = try #require(Template.compile("${x} ${self.seed}", in: Sample.environment).template)
        #expect(throws: EvaluationError.self) { try template.render(Sample.activation) }
    }

    @Test func `without expressions is its own text`() throws {
        #expect(try pieces("plain $ } {") == [.markup("plain $ } {")])
        #expect(try pieces("") == [])
    }
}
