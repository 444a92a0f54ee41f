/// What header fields a configuration may set, RFC 9110 sections 5.5, 5.6.2 and 7.6.1.
enum HeaderRules {
    /// Fields that the transport or a signature owns.
    private static let reserved: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade",
        "proxy-connection", "proxy-authorization", "expect",
    ]
    /// Fields whose values say nothing secret, and so stay readable in a preview.
    private static let harmless: Set<String> = ["accept", "accept-language", "content-type", "user-agent"]

    static func isHarmless(_ name: String) -> Bool { harmless.contains(name.lowercased()) }

    /// The entries that may be sent; the others are told to `reader`.
    static func check(_ entries: [NamedText], _ reader: inout SettingReader) -> [NamedText] {
        entries.filter { entry in
            guard let problem = problem(of: entry) else { return true }
            reader.reject("headers", problem)
            return false
        }
    }

    /// What is wrong with the name of a field, or nil.
    static func problem(ofName written: String) -> String? {
        let name = written.lowercased()
        if !isToken(written) { return "a header field's name is made of letters, digits and -, not as in one given" }
        if reserved.contains(name) { return "'\(written)' is set by Auspex and cannot be given" }
        if name.hasPrefix("webhook-") { return "'\(written)' belongs to the signature and cannot be given" }
        return nil
    }

    private static func problem(of entry: NamedText) -> String? {
        if let problem = problem(ofName: entry.name) { return problem }
        let isClean = entry.value.reveal().utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }
        return isClean ? nil : "the value of '\(entry.name)' has a line break or another control character"
    }

    private static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
