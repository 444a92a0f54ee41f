/// Breaks what programs would turn into a link or a mention by themselves, with a character that people do not see:
/// behind `:` in `://` and in `tel:`, behind `@`, behind `#` and `~` before a name, behind the dots of a domain name,
/// and within what looks like a telephone number.
enum LinkBreaker {
    static let zeroWidthSpace: Character = "\u{200b}"
    /// Finders of telephone numbers read on behind a zero-width space, and not behind this.
    static let invisibleSeparator: Character = "\u{2063}"

    static func broken(_ text: String) -> String {
        guard text.utf8.contains(where: isSuspect) else { return text }
        let characters = Array(text)
        var result = ""
        for (position, character) in characters.enumerated() {
            result.append(character)
            if let breaker = breaker(after: character, at: position, in: characters) { result.append(breaker) }
        }
        return result
    }

    private static func isSuspect(_ byte: UInt8) -> Bool {
        byte >= 0x80 || byte == 0x3a || byte == 0x40 || byte == 0x2e || byte == 0x23 || byte == 0x7e || byte == 0x2b
            || byte == 0x2d || byte == 0x29
    }

    /// What is to be put behind the character at `position`, if anything.
    static func breaker(after character: Character, at position: Int, in characters: [Character]) -> Character? {
        switch character {
        case ":": isScheme(position, characters) ? zeroWidthSpace : nil
        case "@": position + 1 < characters.count && !characters[position + 1].isWhitespace ? zeroWidthSpace : nil
        case ".", "。", "．", "｡": isDomainDot(position, characters) ? zeroWidthSpace : nil
        case "#", "~": isName(position + 1, characters) ? zeroWidthSpace : nil
        case "+", "-", " ", ")", "‐", "–": PhoneNumber.isWithin(position, characters) ? invisibleSeparator : nil
        default: nil
        }
    }

    /// What some services take for a command, and a currency's name: `/start`, `$USD`.
    static func breaksCommand(at position: Int, in characters: [Character]) -> Bool {
        guard characters[position] == "/" || characters[position] == "$" else { return false }
        let isInside = position > 0 && (isWord(characters[position - 1]) || characters[position - 1] == "/")
        return !isInside && position + 1 < characters.count && isWord(characters[position + 1])
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    private static func isName(_ position: Int, _ characters: [Character]) -> Bool {
        position < characters.count && (characters[position].isLetter || characters[position] == "_")
    }

    /// Schemes that programs open although no `//` follows.
    private static let schemes: Set<String> = [
        "data", "javascript", "vbscript", "mailto", "tel", "sms", "smsto", "callto", "facetime", "sip", "skype", "xmpp",
        "magnet", "geo", "intent", "market", "tg", "slack", "discord", "msteams", "zoommtg", "whatsapp", "bitcoin",
        "ethereum", "file", "view-source", "about", "blob", "cid",
    ]
    private static let longestScheme = 11

    private static func isScheme(_ position: Int, _ characters: [Character]) -> Bool {
        guard position + 1 < characters.count, !characters[position + 1].isWhitespace else { return false }
        if isNext("/", position, characters), isNext("/", position + 1, characters) { return true }
        var start = position
        while start > 0, position - start <= longestScheme, isSchemeCharacter(characters[start - 1]) { start -= 1 }
        return schemes.contains(String(characters[start..<position]).lowercased())
    }

    private static func isSchemeCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character == "-")
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

/// What the telephones' own finders take for a number to call: seven digits and more in groups, or behind a plus sign.
///
/// Digits in one piece are left alone, as they are mostly ids, and so are dates.
private enum PhoneNumber {
    private static let fewestDigits = 7
    private static let longest = 24

    /// Whether the sign at `position` has such a number around or behind it.
    static func isWithin(_ position: Int, _ characters: [Character]) -> Bool {
        guard isFollowed(position, characters) else { return false }
        var start = position
        while start > 0, position - start < longest, isPart(characters[start - 1]) { start -= 1 }
        while start < position, characters[start] == " " { start += 1 }
        var end = position + 1
        while end < characters.count, end - position < longest, isPart(characters[end]) { end += 1 }
        let run = characters[start..<end]
        guard run.count(where: isDigit) >= fewestDigits, !isDate(run) else { return false }
        return start == 0 || !(characters[start - 1].isLetter || characters[start - 1] == "_")
    }

    /// A digit comes next, perhaps behind one more sign.
    private static func isFollowed(_ position: Int, _ characters: [Character]) -> Bool {
        let next = position + 1
        guard next < characters.count else { return false }
        if isDigit(characters[next]) { return true }
        return isPart(characters[next]) && next + 1 < characters.count && isDigit(characters[next + 1])
    }

    private static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }

    private static func isPart(_ character: Character) -> Bool { isDigit(character) || "+-() ‐–".contains(character) }

    /// `2026-05-04`, and a time behind it.
    private static func isDate(_ run: ArraySlice<Character>) -> Bool {
        let pattern = "0000-00-00"
        let text = run.drop { $0 == " " }
        return text.count >= pattern.count && zip(text, pattern).allSatisfy { $1 == "0" ? isDigit($0) : $0 == $1 }
    }
}
