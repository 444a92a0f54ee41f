import ConfigurationFiles
import Engine
import Glibc

/// Notices when the configuration or one of its rule files is not what it was.
struct WatchedFiles {
    /// How often the files are looked at.
    static let interval = Duration.seconds(2)

    enum Change { case none, rules, configuration }

    private let configuration: String
    private var stamp: String
    private var ruleStamps: [String: String]

    init(configuration: String) {
        self.configuration = configuration
        stamp = WatchedFiles.stamp(configuration)
        ruleStamps = WatchedFiles.ruleStamps(configuration)
    }

    /// What differs from the last look.
    mutating func look() -> Change {
        let (newStamp, newRuleStamps) = (WatchedFiles.stamp(configuration), WatchedFiles.ruleStamps(configuration))
        defer { (stamp, ruleStamps) = (newStamp, newRuleStamps) }
        if newStamp != stamp { return .configuration }
        return newRuleStamps == ruleStamps ? .none : .rules
    }

    private static func ruleStamps(_ configuration: String) -> [String: String] {
        let read = try? SettingsReader.read(
            path: configuration, environment: Composition.environment, needsSecrets: false)
        var result: [String: String] = [:]
        for file in read?.settings?.ruleFiles ?? [] { result[file] = stamp(file) }
        return result
    }

    private static func stamp(_ path: String) -> String {
        var information = stat()
        guard stat(path, &information) == 0 else { return "missing" }
        let changed = information.st_mtim
        return "\(information.st_ino) \(information.st_size) \(changed.tv_sec).\(changed.tv_nsec)"
    }
}
