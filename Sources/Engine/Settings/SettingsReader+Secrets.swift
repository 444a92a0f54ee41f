import ConfigurationFiles
import Core

extension SettingsReader {
    /// Reads `{ env: NAME }`, `{ file: PATH }` or, with a warning, a plain text.
    mutating func secretReference(_ node: YAMLNode, what: String) -> SecretReference? {
        if case .scalar = node.value {
            guard let text = reader.text(node, what: what) else { return nil }
            plainSecrets.append(text)
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
            guard let value = environment[variable], !value.isEmpty else {
                if needsSecrets {
                    reader.error(
                        at: name, "the environment has no \(variable), which \(what) needs",
                        hint: "set it before auspex starts")
                }
                return .value(Secret(""))
            }
            return .value(Secret(SecretText.trimmed(value)))
        }
        guard let file = members["file"], let path = reader.text(file, what: "`file`") else { return nil }
        let reference = SecretReference.file(path: FileAccess.resolve(path, in: folder))
        if needsSecrets {
            do {
                _ = try reference.read()
            } catch {
                reader.error(at: file, error.message)
                return nil
            }
        }
        return reference
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
