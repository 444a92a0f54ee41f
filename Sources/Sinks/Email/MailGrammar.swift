import CEL
import Core

/// Writes texts as plain text and as HTML, so that only the author of the rule can link and mark up.
enum MailGrammar {
    /// How much of a text a mail carries, in characters.
    static let textLimit = 20_000
    private static let tags: Set<String> = [
        "b", "strong", "i", "em", "u", "s", "code", "pre", "p", "ul", "ol", "li", "blockquote", "h1", "h2", "h3", "br",
        "hr",
    ]

    static func plain(_ pieces: [TemplatePiece]) -> String {
        var text = ""
        for token in MarkupScanner.tokens(of: pieces, limit: textLimit) {
            switch token {
            case .markup(let words): text += words
            case .literal(let value): text += LinkBreaker.broken(value).replacing("\n", with: "\n> ")
            case .link(let url, let label):
                text += label.isEmpty ? url : "\(LinkBreaker.broken(label.plain)) <\(url)>"
            case .bracket(let inner):
                if let anchor = anchor(inner) { text += "<\(anchor)> " } else if !isTag(inner) { text += "<\(inner)>" }
            }
        }
        return isCut(pieces) ? text + "…" : text
    }

    static func html(_ pieces: [TemplatePiece]) -> String {
        var html = ""
        var isInAnchor = false
        for token in MarkupScanner.tokens(of: pieces, limit: textLimit) {
            switch token {
            case .markup(let words): html += HTMLText.escaped(words)
            case .literal(let value): html += literal(value)
            case .link(let url, let label):
                let words = label.isEmpty ? HTMLText.escaped(url) : htmlLabel(label)
                html += "\(openingAnchor(url))\(words)</a>"
            case .bracket(let inner):
                if let anchor = anchor(inner), !isInAnchor {
                    html += openingAnchor(anchor)
                    isInAnchor = true
                } else if inner == "/a", isInAnchor {
                    html += "</a>"
                    isInAnchor = false
                } else {
                    html += isTag(inner) && inner != "/a" ? "<\(inner)>" : HTMLText.escaped("<\(inner)>")
                }
            }
        }
        if isInAnchor { html += "</a>" }
        return isCut(pieces) ? html + "…" : html
    }

    private static func openingAnchor(_ url: String) -> String {
        "<a href=\"\(HTMLText.escaped(url))\" rel=\"noopener\">"
    }

    private static func htmlLabel(_ label: [TemplatePiece]) -> String {
        var html = ""
        for piece in label {
            switch piece {
            case .markup(let words): html += HTMLText.escaped(words)
            case .literal(let value): html += literal(value)
            }
        }
        return html
    }

    /// `bdi` keeps text that is written from right to left from turning what stands beside it.
    static func literal(_ text: String) -> String {
        "<bdi style=\"background:#f2f2f2\">\(HTMLText.escaped(LinkBreaker.broken(text)))</bdi>"
    }

    private static func isCut(_ pieces: [TemplatePiece]) -> Bool { pieces.plain.count > textLimit }

    private static func isTag(_ inner: String) -> Bool {
        let name = inner.hasPrefix("/") ? inner.dropFirst() : inner.hasSuffix("/") ? inner.dropLast() : inner[...]
        return tags.contains(name.trimmingWhitespace.lowercased()) || inner == "/a"
    }

    /// The address in `a href="https://…"`.
    private static func anchor(_ inner: String) -> String? {
        for quote in ["\"", "'"] where inner.hasPrefix("a href=\(quote)") && inner.hasSuffix(quote) {
            let address = inner.dropFirst("a href=\"".count).dropLast()
            guard address.hasPrefix("https://") || address.hasPrefix("http://") || address.hasPrefix("mailto:"),
                !address.contains(Character(quote))
            else { return nil }
            return String(address)
        }
        return nil
    }
}

/// HTML's grammar.
enum HTMLText {
    /// Fit for text and for quoted attributes. Line ends become `<br>`.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n": result += "<br>\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
