/// Shows what strangers wrote.
enum OutsideText {
    /// Unicode scalars of a title, an error or a name; more would only push the rest off the screen.
    static let longest = 240

    /// In a direction of its own, so that what stands around it stays in order.
    static func isolated(_ text: String) -> Markup { "<bdi>\(cleaned(text))</bdi>" }

    /// One line without controls, and without the marks that make text run backwards or hide parts of it.
    static func cleaned(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var scalars = text.unicodeScalars.makeIterator()
        for _ in 0..<longest {
            guard let scalar = scalars.next() else { return String(result) }
            result.append(shown(scalar))
        }
        if scalars.next() != nil { result.append("…") }
        return String(result)
    }

    private static func shown(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x85, 0x2028, 0x2029: " "
        case 0x00...0x1F, 0x7F...0x9F: "\u{FFFD}"
        // Directional marks, embeddings, overrides and isolates; invisible operators; tags.
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F:
            "\u{FFFD}"
        // Not characters, which HTML forbids.
        case 0xFDD0...0xFDEF: "\u{FFFD}"
        case let value where value & 0xFFFE == 0xFFFE: "\u{FFFD}"
        default: scalar
        }
    }
}
