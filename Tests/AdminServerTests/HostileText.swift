import Testing

/// What a stranger may put into a prompt, a name or an error, and what the page may show of it.
struct HostileText: Sendable, CustomTestStringConvertible {
    var name: String
    var text: String
    var shown: String

    var testDescription: String { name }

    init(_ name: String, _ text: String, shown: String? = nil) {
        self.name = name
        self.text = text
        self.shown = shown ?? text
    }

    static let all = [
        HostileText("a script", "</bdi></td><script>alert(1)</script>"),
        HostileText("the end of the style", "</style><style>*{display:none}</style>"),
        HostileText("attributes", "\" onmouseover=\"alert(1)\" x='"),
        HostileText("an image", "<img src=x onerror=alert(1)>"),
        HostileText("a comment", "<!-- --><![CDATA[ x ]]>"),
        HostileText("an entity", "&lt;script&gt; &amp; &#60;b&#62; &"),
        HostileText("a reversal", "\u{202E}gpj.exe\u{2066}", shown: "\u{FFFD}gpj.exe\u{FFFD}"),
        HostileText(
            "hidden marks", "a\u{200F}b\u{FEFF}c\u{2063}d\u{E0041}", shown: "a\u{FFFD}b\u{FFFD}c\u{FFFD}d\u{FFFD}"),
        HostileText("controls", "a\u{0}b\u{1B}[31mc\u{7F}\u{9B}", shown: "a\u{FFFD}b\u{FFFD}[31mc\u{FFFD}\u{FFFD}"),
        HostileText("lines", "a\r\nb\u{2028}c\td", shown: "a  b c d"),
        HostileText("accents on a quote", "x\"\u{301}<\u{338}b>"),
        HostileText(
            "no characters", String(decoding: [0x61, 0xEF, 0xBF, 0xBE, 0x62, 0xEF, 0xB7, 0x90, 0x63], as: UTF8.self),
            shown: "a\u{FFFD}b\u{FFFD}c"),
        HostileText("a family", "👩‍👩‍👧‍👦 שלום"),
        HostileText(
            "too much", String(repeating: "<", count: 241), shown: String(repeating: "<", count: 240) + "…"),
    ]

    static let forbidden: Set<Unicode.Scalar> = ["\u{202E}", "\u{2066}", "\u{200F}", "\u{0}", "\u{1B}", "\u{FEFF}"]
}
