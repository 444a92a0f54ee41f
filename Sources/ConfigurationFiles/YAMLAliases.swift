import Yams

/// Refuses aliases that the YAML library would unfold before anybody can count.
///
/// It compares the keys of a mapping with all that is in them, so that forty lines as a key keep it busy for years. Hence
/// a file with anchors is first read without its aliases: with a letter of nobody's in place of each asterisk.
enum YAMLAliases {
    private static let letter: Unicode.Scalar = "\u{E000}"

    static func compose(_ text: String) throws(YAMLProblem) -> Node? {
        do {
            return try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw YAMLProblem(error)
        } catch {
            throw YAMLProblem(position: FilePosition(line: 1, column: 1), message: "\(error)")
        }
    }

    static func refuseThoseWithoutEnd(in file: FileText) throws(YAMLProblem) {
        let bytes = file.text.utf8
        guard bytes.contains(UInt8(ascii: "*")), bytes.contains(UInt8(ascii: "&")) else { return }
        var rest: [Node] = []
        do throws(YAMLProblem) {
            rest = try compose(file.text.replacing("*", with: letter)).map { [$0] } ?? []
        } catch {
            throw YAMLProblem(position: error.position, message: error.message.replacing(letter, with: "*"))
        }
        while let node = rest.popLast() {
            switch node {
            case .alias: break
            case .scalar(let scalar): try check(scalar, in: file)
            case .sequence(let items): rest += items
            case .mapping(let members):
                for (key, value) in members {
                    let place = FilePosition(key.mark)
                    guard key.scalar != nil, file.character(at: place) != "*" else {
                        throw YAMLProblem(
                            position: place, message: "a key must be a single value, not a collection or an alias")
                    }
                    rest.append(value)
                }
            }
        }
    }

    /// An alias ends with its name. Otherwise the library would read it and what follows as something else: `[*a:b]`
    /// has a key in it.
    private static func check(_ scalar: Node.Scalar, in file: FileText) throws(YAMLProblem) {
        let place = FilePosition(scalar.mark)
        guard file.character(at: place) == "*" else { return }
        let isName = scalar.string.unicodeScalars.dropFirst().allSatisfy { character in
            character.isASCII && (character.properties.isAlphabetic || ("0"..."9").contains(character))
                || character == "_" || character == "-"
        }
        guard isName else {
            throw YAMLProblem(
                position: place, message: "what begins with * is an alias to YAML; put the text in quotes")
        }
    }
}

extension FilePosition {
    init(_ mark: Mark?) { self.init(line: mark?.line ?? 1, column: mark?.column ?? 1) }
}

extension String {
    /// By scalars: a mark behind an asterisk does not hide it.
    fileprivate func replacing(_ scalar: Unicode.Scalar, with other: Unicode.Scalar) -> String {
        String(UnicodeScalarView(unicodeScalars.map { $0 == scalar ? other : $0 }))
    }
}
