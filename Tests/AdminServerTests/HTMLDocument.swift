/// A strict reader of the HTML that we write: whatever is not plain tags, quoted attributes and text is an error.
struct HTMLDocument {
    struct Wrong: Error { var near: String }

    /// Every tag as it stands, in order.
    private(set) var shape: [String] = []
    /// The text between two tags, unescaped, as many as there are.
    private(set) var texts: [String] = []

    /// As it reads, with one space wherever there are several.
    var text: String { texts.joined(separator: " ").split(separator: " ").joined(separator: " ") }

    private static let void: Set<String> = ["meta", "link", "input", "path", "br", "!DOCTYPE"]

    init(parsing html: String) throws {
        var rest = Array(html.unicodeScalars)[...]
        var open: [String] = []
        while !rest.isEmpty {
            let words = rest.prefix { $0 != "<" }
            rest = rest.dropFirst(words.count)
            let text = String(String.UnicodeScalarView(words))
            if open.last != "style", !text.allSatisfy(\.isWhitespace) { texts.append(try Self.unescaped(text)) }
            guard !rest.isEmpty else { break }
            let tag = try Self.tag(&rest)
            shape.append(tag)
            let name = String(tag.dropFirst().drop { $0 == "/" }.prefix { $0 != " " && $0 != ">" && $0 != "/" })
            if tag.hasPrefix("</") {
                guard open.popLast() == name else { throw Wrong(near: tag) }
            } else if !Self.void.contains(name) {
                open.append(name)
            }
        }
        guard open.isEmpty else { throw Wrong(near: open.joined(separator: " ")) }
    }

    /// Up to the `>` that ends it, which is none inside quotes; `<` may only be in quotes, too.
    private static func tag(_ rest: inout ArraySlice<Unicode.Scalar>) throws -> String {
        var tag = String.UnicodeScalarView()
        var isQuoted = false
        while let scalar = rest.popFirst() {
            if scalar == "<", !tag.isEmpty { throw Wrong(near: String(tag)) }
            if scalar == "\"" { isQuoted.toggle() }
            tag.append(scalar)
            if scalar == ">", !isQuoted { return String(tag) }
        }
        throw Wrong(near: String(tag))
    }

    /// Scalar by scalar, as an accent may follow a semicolon.
    private static func unescaped(_ text: String) throws -> String {
        var result = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar != ">" else { throw Wrong(near: text) }
            guard scalar == "&" else {
                result.append(scalar)
                continue
            }
            let name = rest.prefix { $0 != ";" }
            guard let character = entities[String(name)] else { throw Wrong(near: text) }
            result.append(character)
            rest = rest.dropFirst(name.count + 1)
        }
        return String(result)
    }

    private static let entities: [String: Unicode.Scalar] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "#39": "'",
    ]
}
