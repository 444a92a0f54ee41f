import Core
import Glibc
import Transport

/// The settings of a sink that speaks over the network, besides its address.
struct ConnectionSettings: Sendable {
    var headers: [NamedText]
    var trust: TrustSettings
    var proxy: SettingText?
    /// Whether an unencrypted connection to another machine is allowed. Never turns verification off.
    var isInsecureAllowed: Bool
    var timeouts: Timeouts
    /// Which addresses may be connected to.
    var destination: DestinationPolicy

    static let trustDeclarations: [SettingDeclaration] = [
        SettingDeclaration("ca", .path, "a PEM file of the authorities to trust instead of the system's"),
        SettingDeclaration("client_certificate", .path, "a PEM file with a client certificate"),
        SettingDeclaration("client_key", .path, "a PEM file with the client certificate's key"),
        SettingDeclaration("insecure", .boolean, "allow an unencrypted connection to another machine"),
        SettingDeclaration(
            "allow", .textList, "networks, such as 10.0.0.0/8: connections go to addresses in them and nowhere else"),
        SettingDeclaration("deny", .textList, "networks to which no connection goes, whatever is allowed"),
    ]

    static let httpDeclarations: [SettingDeclaration] =
        [
            SettingDeclaration("headers", .textMap, "further header fields; their values are treated as secrets"),
            SettingDeclaration("proxy", .text, "a proxy's URL; proxies of the environment are ignored"),
        ] + trustDeclarations

    init(_ reader: inout SettingReader, defaultTimeout: Duration) {
        headers = HeaderRules.check(reader.map("headers"), &reader)
        proxy = reader.text("proxy")
        if let proxy, proxy.reveal().firstRange(of: "://") == nil {
            reader.reject("proxy", "must be a whole address, such as http://proxy.example.com:3128")
        }
        trust = TrustSettings(
            caFile: ConnectionSettings.file("ca", &reader),
            clientCertificateFile: ConnectionSettings.file("client_certificate", &reader),
            clientKeyFile: ConnectionSettings.file("client_key", &reader), proxy: proxy?.reveal())
        if trust.clientKeyFile != nil, trust.clientCertificateFile == nil {
            reader.reject("client_key", "needs a client_certificate beside it")
        }
        isInsecureAllowed = reader.boolean("insecure") ?? false
        destination = DestinationPolicy(
            allowedNetworks: reader.has("allow") ? ConnectionSettings.networks("allow", &reader) : nil,
            deniedNetworks: ConnectionSettings.networks("deny", &reader))
        let exchange = reader.duration("timeout") ?? defaultTimeout
        timeouts = Timeouts(connect: min(SinkLimits.connectTimeout, exchange), exchange: exchange)
    }

    /// The path in a setting. A file that cannot be read is told now and not at the first delivery.
    private static func file(_ key: String, _ reader: inout SettingReader) -> String? {
        guard let path = reader.string(key) else { return nil }
        var information = stat()
        if access(path, R_OK) != 0 || stat(path, &information) != 0 {
            reader.reject(key, "\(path) cannot be read: \(String(cString: strerror(errno)))")
        } else if information.st_mode & S_IFMT != S_IFREG {
            reader.reject(key, "\(path) is not an ordinary file")
        }
        return path
    }

    private static func networks(_ key: String, _ reader: inout SettingReader) -> [IPNetwork] {
        reader.texts(key).compactMap { text in
            let written = text.reveal().trimmingWhitespace
            if let network = IPNetwork(written) { return network }
            reader.reject(key, "'\(written)' is no network; write one such as 10.0.0.0/8 or 2001:db8::/32")
            return nil
        }
    }

    /// Everything in it that must not be shown.
    var secrets: [String] {
        var secrets = headers.filter { !HeaderRules.isHarmless($0.name) }.map { $0.value.reveal() }
        for text in secrets where text.contains(" ") {
            secrets += text.split(separator: " ").dropFirst().map(String.init)
        }
        if let proxy, case .secret(let secret) = proxy { secrets.append(secret.reveal()) }
        if let proxy = trust.proxy { secrets += URLSecrets.userInfo(of: proxy) }
        return secrets
    }
}
