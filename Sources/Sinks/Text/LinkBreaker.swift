/// Breaks what programs would turn into a link or a mention by themselves, with a zero-width space that people do
/// not see: behind `:` in `://`, behind `@`, and behind the dots of a domain name.
enum LinkBreaker {
    static let zeroWidthSpace: Character = "\u{200b}"

    static func broken(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x3a || $0 == 0x40 || $0 == 0x2e }) else { return text }
        let characters = Array(text)
        var result = ""
        for (position, character) in characters.enumerated() {
            result.append(character)
            if breaks(after: character, at: position, in: characters) { result.append(zeroWidthSpace) }
        }
        return result
    }

    /// Whether something is to be put behind the character at `position`.
    static func breaks(after character: Character, at position: Int, in characters: [Character]) -> Bool {
        switch character {
        case ":": isNext("/", position, characters) && isNext("/", position + 1, characters)
        case "@": position + 1 < characters.count && !characters[position + 1].isWhitespace
        case ".": isDomainDot(position, characters)
        default: false
        }
    }

    private static func isNext(_ wanted: Character, _ position: Int, _ characters: [Character]) -> Bool {
        position + 1 < characters.count && characters[position + 1] == wanted
    }

    /// `example.com`, `www.x.io`, `xn--p1ai.xn--p1ai`, but neither `3.5`, `15.120Z` nor the end of a sentence.
    private static func isDomainDot(_ position: Int, _ characters: [Character]) -> Bool {
        guard position > 0, position + 2 < characters.count else { return false }
        let before = characters[position - 1]
        return (before.isLetter || before.isNumber) && characters[position + 1].isLetter
            && (characters[position + 2].isLetter || characters[position + 2].isNumber
                || characters[position + 2] == "-")
    }
}
