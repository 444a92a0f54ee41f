import CEL

/// Makes a text from outside harmless to whatever shows it, before it is cut and escaped.
///
/// - Line ends of every kind become LF; LF and TAB stay, all other control characters (C0, DEL, C1) go.
/// - Characters that reorder what follows (U+202A–U+202E, U+2066–U+2069) and noncharacters go.
/// - Of the combining marks on one base ``SinkLimits/combiningMarks`` stay, of zero-width characters in a row
///   ``SinkLimits/zeroWidthRun``.
///
/// Text is not brought into a normal form: nothing here compares texts, and receivers show either form alike.
package enum TextNormaliser {
    package static func normalised(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f || $0 == 0x0a || $0 == 0x09 }) { return text }
        var result = String.UnicodeScalarView()
        var run = Run()
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            defer { previous = scalar }
            switch scalar.value {
            case 0x0a where previous == "\r": break
            case 0x0a, 0x0d, 0x0b, 0x0c, 0x85, 0x2028, 0x2029:
                run = Run()
                result.append("\n")
            case 0x09, 0x20..<0x7f:
                run = Run()
                result.append(scalar)
            case 0..<0xa0, 0x202a...0x202e, 0x2066...0x2069, 0xfdd0...0xfdef: break
            case let value where value & 0xfffe == 0xfffe: break
            default:
                if run.admits(scalar) { result.append(scalar) }
            }
        }
        return String(result)
    }

    /// The text as one line: every run of blanks and line ends becomes one space, none at the ends.
    package static func oneLine(_ text: String) -> String {
        normalised(text).unicodeScalars.split { $0 == "\n" || $0 == "\t" || $0 == " " }
            .map { String($0) }.joined(separator: " ")
    }

    /// What has piled up on the present base character.
    private struct Run {
        var marks = 0
        var zeroWidths = 0

        mutating func admits(_ scalar: Unicode.Scalar) -> Bool {
            if isZeroWidth(scalar) {
                zeroWidths += 1
                return zeroWidths <= SinkLimits.zeroWidthRun
            }
            if isMark(scalar) {
                marks += 1
                return marks <= SinkLimits.combiningMarks
            }
            self = Run()
            return true
        }

        private func isZeroWidth(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar.value {
            case 0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180e, 0x200b...0x200f, 0x2060...0x2065,
                0x206a...0x206f, 0x3164, 0xfeff, 0xffa0, 0xfff9...0xfffb, 0x1d173...0x1d17a:
                true
            default: false
            }
        }

        private func isMark(_ scalar: Unicode.Scalar) -> Bool {
            // Tags build flags of regions, eight at most, and can otherwise hide whole texts.
            if (0xe0000...0xe0fff).contains(scalar.value) { return true }
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .enclosingMark, .spacingMark: return true
            default: return false
            }
        }
    }
}

extension [TemplatePiece] {
    /// Every piece normalised; empty ones are left out.
    var normalised: [TemplatePiece] { mapTexts(TextNormaliser.normalised) }

    /// Without blanks and line ends around it.
    var trimmed: [TemplatePiece] {
        var pieces = self
        while let first = pieces.first, first.text.first?.isWhitespace ?? true {
            pieces[0] = first.with { String($0.drop(while: \.isWhitespace)) }
            if pieces[0].text.isEmpty { pieces.removeFirst() }
        }
        while let last = pieces.last, last.text.last?.isWhitespace ?? true {
            pieces[pieces.count - 1] = last.with { text in
                String(text[..<(text.lastIndex { !$0.isWhitespace }.map(text.index(after:)) ?? text.startIndex)])
            }
            if pieces[pieces.count - 1].text.isEmpty { pieces.removeLast() }
        }
        return pieces
    }

    /// The first `count` characters, so that what a sink cuts anyway is not worked on first; and no more than
    /// ``SinkLimits/characterBytes`` for each, as one character may be made of any number of scalars.
    func beginning(_ count: Int) -> [TemplatePiece] {
        var room = count
        return mapTexts { text in
            let start = TextCut.utf8(text, limit: room * SinkLimits.characterBytes).prefix(room)
            room -= start.count
            return String(start)
        }
    }

    /// Every piece changed by `change`; those that become empty are left out.
    func mapTexts(_ change: (String) -> String) -> [TemplatePiece] {
        compactMap { piece in
            let changed = piece.with(change)
            return changed.text.isEmpty ? nil : changed
        }
    }
}

extension TemplatePiece {
    /// The piece with its text changed.
    fileprivate func with(_ change: (String) -> String) -> TemplatePiece {
        switch self {
        case .markup(let text): .markup(change(text))
        case .literal(let text): .literal(change(text))
        }
    }
}
