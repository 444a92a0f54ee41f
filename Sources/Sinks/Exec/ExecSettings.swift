import Core
import Glibc

/// The settings of the `exec` kind, checked.
struct ExecSettings: Sendable {
    /// The program's path first.
    let command: [InertTemplate]
    let program: String
    let directory: String?
    let environment: [NamedText]
    let timeout: Duration
    let redaction: Redaction

    /// What of Auspex's own environment a program gets.
    static let passedVariables = ["HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER"]
    static let defaultPath = "/usr/local/bin:/usr/bin:/bin"
    private static let ownVariables = ["AUSPEX_DELIVERY_ID", "AUSPEX_ATTEMPT", "AUSPEX_SINK"]

    init(_ configuration: SinkConfiguration) throws(SinkConfigurationError) {
        var reader = SettingReader(configuration)
        redaction = Redaction(&reader)
        timeout = reader.duration("timeout") ?? SinkLimits.programTimeout
        let allowsText = reader.boolean("allow_text") ?? false
        let texts = reader.texts("command")
        program = ExecSettings.program(texts, &reader)
        command = ExecSettings.command(texts, allowsText: allowsText, &reader)
        directory = ExecSettings.directory(&reader)
        environment = ExecSettings.environment(&reader)
        try reader.finish()
    }

    private static func program(_ command: [SettingText], _ reader: inout SettingReader) -> String {
        guard let path = command.first?.reveal(), !path.isEmpty else {
            reader.reject("command", "is required: the program's whole path, then its arguments")
            return ""
        }
        var status = stat()
        if !path.hasPrefix("/") {
            reader.reject("command", "must begin with the program's whole path, such as /usr/local/bin/notify")
        } else if path.contains("${") {
            reader.reject("command", "must name the program itself without ${…}")
        } else if stat(path, &status) != 0 || access(path, X_OK) != 0 {
            reader.reject("command", "\(path) cannot be run: \(String(cString: strerror(errno)))")
        } else if status.st_mode & S_IFMT != S_IFREG {
            reader.reject("command", "\(path) is not a program")
        }
        return path
    }

    private static func command(
        _ texts: [SettingText], allowsText: Bool, _ reader: inout SettingReader
    ) -> [InertTemplate] {
        if texts.count > SinkLimits.programArguments {
            reader.reject("command", "may have at most \(SinkLimits.programArguments) arguments")
        }
        return texts.compactMap { setting in
            if case .secret = setting {
                reader.reject("command", "must hold no secrets, as everybody on this machine sees arguments; use env")
                return nil
            }
            guard !setting.reveal().utf8.contains(0) else {
                reader.reject("command", "must not have a NUL in it")
                return nil
            }
            return InertTemplate(setting.reveal(), allowsText: allowsText, key: "command", &reader)
        }
    }

    private static func directory(_ reader: inout SettingReader) -> String? {
        guard let path = reader.string("directory") else { return nil }
        var status = stat()
        if stat(path, &status) != 0 || access(path, X_OK) != 0 {
            reader.reject("directory", "\(path) cannot be entered: \(String(cString: strerror(errno)))")
        } else if status.st_mode & S_IFMT != S_IFDIR {
            reader.reject("directory", "\(path) is not a folder")
        }
        return path
    }

    private static func environment(_ reader: inout SettingReader) -> [NamedText] {
        let entries = reader.map("env")
        for entry in entries {
            let isName =
                entry.name.utf8.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: true
                    default: false
                    }
                } && entry.name.utf8.first.map { !(0x30...0x39).contains($0) } == true
            if !isName {
                reader.reject("env", "'\(TextNormaliser.oneLine(entry.name))' is no variable's name")
            } else if ownVariables.contains(entry.name) {
                reader.reject("env", "\(entry.name) is Auspex's own to set")
            } else if entry.value.reveal().utf8.contains(0) {
                reader.reject("env", "\(entry.name) must not have a NUL in it")
            }
        }
        return entries
    }

    /// What must not be shown: the values that were not written in the configuration itself.
    var secrets: [String] {
        environment.compactMap { entry in
            if case .secret(let secret) = entry.value { secret.reveal() } else { nil }
        }
    }
}
