import ConfigurationFiles
import Core

extension SettingsReader {
    /// Reads `{ env: NAME }`, `{ file: PATH }` or, with a warning, a plain text.
    mutating func secretReference(_ node: YAMLNode, what: String) -> SecretReference? {
        if case .scalar = node.value {
            guard let text = reader.text(node, what: what) else { return nil }
            if text.hasPrefix("$"), let name = SettingsReader.variableName(in: text) {
                reader.error(
                    at: node, "\(what) looks like a variable, and nothing is put in for it here",
                    hint: "write { env: \(name) }")
                return nil
            }
            plainSecrets.append(text)
            guard !text.isEmpty else {
                reader.error(at: node, "\(what) is empty", hint: "write { env: NAME } or { file: PATH }")
                return nil
            }
            guard isSound(text, at: node, what: what) else { return nil }
            reader.warning(
                at: node, "\(what) is written in the configuration itself, where others may read it",
                hint: "better { env: NAME } or { file: PATH }")
            return .value(Secret(text))
        }
        guard let members = reader.members(of: node, known: ["env", "file"], what: what) else { return nil }
        guard members.count == 1 else {
            reader.error(at: node, "\(what) must be either { env: NAME } or { file: PATH }")
            return nil
        }
        if let name = members["env"] {
            guard let variable = reader.text(name, what: "`env`") else { return nil }
            if variable.utf8.count > SettingsReader.longestVariable || variable.hasPrefix("al_live_") {
                plainSecrets.append(variable)
                reader.error(
                    at: name, "`env` takes the name of a variable, and this looks like the secret itself",
                    hint: "put the secret into a variable and write that one's name")
                return nil
            }
            guard let value = environment[variable], !value.isEmpty else {
                if needsSecrets {
                    reader.error(
                        at: name, "the environment has no \(variable), which \(what) needs",
                        hint: "set it before auspex starts")
                }
                return .value(Secret(""))
            }
            let trimmed = SecretText.trimmed(value)
            guard isSound(trimmed, at: name, what: "\(what), from the variable \(variable),") else { return nil }
            return .value(Secret(trimmed))
        }
        guard let file = members["file"], let path = reader.text(file, what: "`file`") else { return nil }
        let reference = SecretReference.file(path: FileAccess.resolve(path, in: folder))
        if needsSecrets {
            do {
                let secret = try reference.read()
                guard isSound(secret.reveal(), at: file, what: "\(what), from the file,") else { return nil }
            } catch {
                reader.error(at: file, error.message)
                return nil
            }
        }
        return reference
    }

    /// Names of variables are shorter; keys are longer.
    private static let longestVariable = 60

    /// The name in `${NAME}`, or in `$NAME` where it has capitals only: other texts may well be passwords.
    private static func variableName(in text: String) -> String? {
        let isBraced = text.hasPrefix("${") && text.hasSuffix("}")
        let name = isBraced ? text.dropFirst(2).dropLast() : text.dropFirst()
        let isName = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "a")...UInt8(ascii: "z"): isBraced
            default: false
            }
        }
        return isName && !name.isEmpty ? String(name) : nil
    }

    /// A secret with a line break or another character that nobody sees would be sent otherwise than it is written, or
    /// make two header lines of one.
    private mutating func isSound(_ secret: String, at node: YAMLNode, what: String) -> Bool {
        let isOdd = secret.unicodeScalars.contains { scalar in
            [.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
        }
        if isOdd {
            reader.error(
                at: node, "\(what) has a line break or another invisible character inside",
                hint: "look at it with `od -c`; what stands around it is cut off anyway")
        }
        return !isOdd
    }

    /// A password inside an address is a secret wherever the address' line is shown.
    mutating func notePassword(in address: String) {
        guard let start = address.firstRange(of: "://")?.upperBound, let at = address[start...].lastIndex(of: "@"),
            let colon = address[start..<at].firstIndex(of: ":")
        else { return }
        let password = address[address.index(after: colon)..<at]
        if !password.isEmpty { plainSecrets.append(String(password)) }
    }

    mutating func secret(_ node: YAMLNode, what: String) -> Secret? {
        guard let reference = secretReference(node, what: what) else { return nil }
        if case .file(let path) = reference { secretFiles.append(path) }
        return needsSecrets ? try? reference.read() : Secret("")
    }

    /// One secret or a list of them.
    mutating func secrets(_ node: YAMLNode, what: String) -> [Secret] {
        guard case .sequence(let items) = node.value else {
            return secret(node, what: what).map { [$0] } ?? []
        }
        return items.compactMap { secret($0, what: "each of \(what)") }
    }
}
