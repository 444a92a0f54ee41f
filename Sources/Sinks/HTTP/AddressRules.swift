import Core
import Transport

/// What addresses a sink may post to.
enum AddressRules {
    /// The address of the required setting `key`, or nil after telling `reader` what is wrong with it.
    static func httpAddress(_ key: String, isInsecureAllowed: Bool, _ reader: inout SettingReader) -> SettingText? {
        guard let setting = reader.requiredText(key) else { return nil }
        let address = setting.trimmed
        guard !address.reveal().isEmpty else { return nil }
        guard let parts = try? URLParts(address.reveal()), ["http", "https"].contains(parts.scheme) else {
            reader.reject(key, "must be a whole address that begins with https:// and has no user or password in it")
            return nil
        }
        if parts.scheme == "http", !parts.isLoopbackHost, !isInsecureAllowed {
            reader.reject(
                key, "http:// to another machine is not encrypted; use https://, or say insecure: true to allow it")
            return nil
        }
        if let literal = IPAddress(parts.host), !DestinationPolicy.standard.allows(literal) {
            reader.reject(key, "points to \(literal), and link-local and metadata addresses are refused")
            return nil
        }
        return address
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
