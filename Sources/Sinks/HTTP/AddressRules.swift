import Core
import Transport

/// What addresses a sink may post to.
enum AddressRules {
    /// The address of the required setting `key`, or nil after telling `reader` what is wrong with it.
    static func httpAddress(
        _ key: String, _ connection: ConnectionSettings, _ reader: inout SettingReader
    ) -> SettingText? {
        guard let setting = reader.requiredText(key) else { return nil }
        let address = setting.trimmed
        guard !address.reveal().isEmpty else { return nil }
        if let problem = problem(of: address.reveal(), connection) {
            reader.reject(key, problem)
            return nil
        }
        return address
    }

    /// Why nothing may be posted to an address, or nil; quotes nothing of it but an address in numbers.
    static func problem(of address: String, _ connection: ConnectionSettings) -> String? {
        guard let parts = try? URLParts(address), ["http", "https"].contains(parts.scheme) else {
            return "must be a whole address that begins with https:// and has no user or password in it"
        }
        if parts.scheme == "http", !parts.isLoopbackHost, !connection.isInsecureAllowed {
            return "http:// to another machine is not encrypted; use https://, or say insecure: true to allow it"
        }
        return refusal(of: parts.host, connection)
    }

    /// Why a host that is an address in numbers may not be connected to; nil where it may, and for a name.
    static func refusal(of host: String, _ connection: ConnectionSettings) -> String? {
        guard let literal = IPAddress(host), !connection.destination.allows(literal) else { return nil }
        if connection.destination == .standard {
            return "points to \(literal), and link-local and metadata addresses are refused"
        }
        return "points to \(literal), which `allow` and `deny` do not allow"
    }
}

extension SettingText {
    /// Without the line end that a text read from a file often has.
    var trimmed: SettingText {
        switch self {
        case .plain(let text): .plain(text.trimmingWhitespace)
        case .secret(let secret): .secret(.init(secret.reveal().trimmingWhitespace))
        }
    }
}
