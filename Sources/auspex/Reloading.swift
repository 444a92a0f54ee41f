import ConfigurationFiles
import Engine
import Glibc

/// Notices when the configuration, a file with one of its secrets or one of its rule files is not what it was.
struct WatchedFiles {
    /// How often the files are looked at.
    static let interval = Duration.seconds(2)

    enum Change { case none, rules, configuration }

    private struct Stamps: Equatable {
        /// Of the configuration and its secrets.
        var configuration: [String: String]
        var rules: [String: String]
        /// Of the folders with rules, where files can come that nobody has named.
        var folders: [String: String]
        /// Whether the configuration was sound, so that the lists above are whole.
        var isWhole: Bool

        /// The same files, looked at again.
        var again: Stamps {
            Stamps(
                configuration: WatchedFiles.stamped(configuration.keys), rules: WatchedFiles.stamped(rules.keys),
                folders: WatchedFiles.stamped(folders.keys), isWhole: isWhole)
        }
    }

    private let configuration: String
    private var stamps: Stamps

    init(configuration: String) {
        self.configuration = configuration
        stamps = WatchedFiles.stamps(configuration)
    }

    /// What differs from the last look.
    mutating func look() -> Change {
        // Reading a configuration of a thousand sources costs a good part of a second; looking at its files does not.
        if stamps.isWhole, stamps.again == stamps { return .none }
        let new = WatchedFiles.stamps(configuration)
        defer { stamps = new }
        if new.configuration != stamps.configuration { return .configuration }
        return new.rules == stamps.rules ? .none : .rules
    }

    private static func stamps(_ configuration: String) -> Stamps {
        let read = try? SettingsReader.read(
            path: configuration, environment: Composition.environment, needsSecrets: false)
        return Stamps(
            configuration: stamped([configuration] + (read?.secretFiles ?? [])),
            rules: stamped(read?.settings?.ruleFiles ?? []), folders: stamped(read?.ruleFolders ?? []),
            isWhole: read?.settings != nil)
    }

    private static func stamped(_ files: some Sequence<String>) -> [String: String] {
        Dictionary(files.map { ($0, stamp($0)) }, uniquingKeysWith: { first, _ in first })
    }

    private static func stamp(_ path: String) -> String {
        var information = stat()
        guard stat(path, &information) == 0 else { return "missing" }
        let changed = information.st_mtim
        return "\(information.st_ino) \(information.st_size) \(changed.tv_sec).\(changed.tv_nsec)"
    }
}
