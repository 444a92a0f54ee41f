/// Reads Markdown far enough to find what a stranger's text must not contain.
enum MarkdownReader {
    /// Unescaped markers, addresses and mentions. The samples' own texts have none.
    @Sendable static func findings(in text: String) -> [String] {
        var findings: [String] = []
        let scalars = Array(text.unicodeScalars)
        var isEscaped = false
        for (index, scalar) in scalars.enumerated() {
            defer { isEscaped = scalar == "\\" && !isEscaped }
            if isEscaped { continue }
            if "*`[]<>|~".unicodeScalars.contains(scalar) { findings.append("marker \(scalar) at \(index)") }
        }
        for needle in ["://", "@everyone", "@here", "@all", "evil.example"] where text.contains(needle) {
            findings.append(needle)
        }
        return findings
    }
}

/// Reads the HTML that chat services take.
enum HTMLReader {
    private static let tags: Set<String> = ["b", "i", "u", "s", "a", "code", "pre", "strong", "em"]

    /// Tags that are unknown, crossed or open, raw ampersands, and addresses that became links by themselves.
    @Sendable static func findings(_ text: String) -> [String] {
        var findings: [String] = []
        var open: [String] = []
        var rest = text[...]
        while let start = rest.firstIndex(where: { $0 == "<" || $0 == "&" }) {
            if rest[start] == "&" {
                let after = rest[start...].dropFirst()
                if !["amp;", "lt;", "gt;", "quot;"].contains(where: { after.hasPrefix($0) }) {
                    findings.append("a raw ampersand")
                }
                rest = after
                continue
            }
            guard let end = rest[start...].firstIndex(of: ">") else { return findings + ["an open bracket"] }
            let inner = rest[rest.index(after: start)..<end]
            let name = String(inner.prefix { $0 != " " })
            if name.hasPrefix("/") {
                if open.popLast() != String(name.dropFirst()) { findings.append("crossed \(name)") }
            } else if tags.contains(name) {
                open.append(name)
            } else {
                findings.append("the tag \(name)")
            }
            rest = rest[rest.index(after: end)...]
        }
        let shown = shown(text)
        for needle in ["http://", "@everyone", "evil.example"] where shown.contains(needle) { findings.append(needle) }
        return findings + open.map { "open \($0)" }
    }

    /// What people see.
    static func shown(_ text: String) -> String {
        var result = ""
        var isInTag = false
        for character in text {
            if character == "<" { isInTag = true }
            if !isInTag { result.append(character) }
            if character == ">" { isInTag = false }
        }
        return result.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
            .replacing("&amp;", with: "&")
    }
}
