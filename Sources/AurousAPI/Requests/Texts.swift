import Core

extension String {
    /// Everything but the unreserved characters of RFC 3986, section 2.3, as `%XX`.
    var percentEncoded: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in utf8 {
            if byte.isUnreserved {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The text with `***` for every occurrence of the secret, compared as bytes; of a long text only the beginning.
    ///
    /// Mask before any cut: a cut could leave the better part of a secret.
    func masking(_ secret: Secret) -> String {
        // Too short to hold it, as most header fields are.
        if utf8.count < min(secret.reveal().utf8.count, AurousLimits.strayBytes) { return self }
        let hidden = Array(secret.reveal().utf8)
        var bytes = Array(utf8.prefix(AurousLimits.strayBytes))
        if bytes.count == AurousLimits.strayBytes { bytes.removeLast(min(hidden.count, bytes.count)) }
        guard let first = hidden.first else { return String(decoding: bytes, as: UTF8.self) }
        var masked: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == first, bytes[index...].starts(with: hidden) {
                masked += Array("***".utf8)
                index += hidden.count
            } else {
                masked.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: masked, as: UTF8.self)
    }

    /// One line of at most 300 characters for a log: control and format characters and runs of space become one space.
    var excerpt: String {
        if utf8.count < AurousLimits.excerptCharacters - 2, utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) { return self }
        var line = ""
        var count = 0
        var isGap = false
        for character in self {
            if character.isWhitespace || character.unicodeScalars.contains(where: \.isUnprintable) {
                isGap = count > 0
                continue
            }
            // Room for the space, the character and the ellipsis.
            guard count + 3 <= AurousLimits.excerptCharacters else { return line + "…" }
            if isGap { line.append(" ") }
            line.append(character)
            count += isGap ? 2 : 1
            isGap = false
        }
        return line
    }

    /// `application/json` of `Application/JSON; charset=utf-8`.
    var mediaType: String? {
        let type = prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
        return type.isEmpty ? nil : type
    }

    /// Whether it is the media type of nearly all answers, as nearly all spell it.
    var isPlainlyJSON: Bool {
        let plain = "application/json"
        return hasPrefix(plain) && (utf8.count == plain.utf8.count || utf8.dropFirst(plain.utf8.count).first == 0x3B)
    }

    /// Whether a media type is one of JSON (RFC 6838, section 4.2.8, for the suffix).
    var isJSON: Bool { self == "application/json" || self == "text/json" || hasSuffix("+json") }
}

extension UInt8 {
    fileprivate var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isUnprintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
