package import ConfigurationFiles
package import Core
package import Sinks

/// A configuration that was read, checked and resolved.
package struct Settings: Sendable {
    package var sources: [SourceSettings]
    /// The path of the SQLite file, resolved against the configuration's folder.
    package var storePath: String
    /// Rule files, in the order of the configuration; folders are expanded, rule tests left out.
    package var ruleFiles: [String]
    package var sinks: [SinkSettings]
    /// The names under `sinks:`, also of sinks whose settings are wrong.
    var sinkNames: [String]
    /// Those of them that cannot be told anything.
    var heartbeatNames: [String] = []
    /// The sinks of rules that name none.
    package var notify: [String]
    package var retention: RetentionSettings
    package var server: ServerSettings?

    /// The grouping of each sink that has one.
    package var groupings: [String: Grouping] {
        Dictionary(
            sinks.compactMap { sink in sink.grouping.map { (sink.configuration.name, $0) } },
            uniquingKeysWith: { first, _ in first })
    }
}

/// One team's API key, and how it is polled.
package struct SourceSettings: Sendable {
    package var name: String
    /// Scheme, host and port, without a slash at the end.
    package var api: String
    package var key: SecretReference
    package var version: String
    package var watch: [ResourceKind]
    package var poll: PollSettings
    /// The share of the team's rate limit that may be used, above 0 and up to 1.
    package var budget: Double
    /// Sources that name the same team share one rate limit.
    package var team: String?
    package var webhookSecrets: [Secret]
    package var caFile: String?
    package var proxy: String?
}

/// How often a source is asked.
package struct PollSettings: Sendable, Equatable {
    /// While something is in flight.
    package var active: Duration = .seconds(2)
    package var idle: Duration = .seconds(15)
    /// The time between the ends and starts of full listings.
    package var sweep: Duration = .seconds(900)
}

/// A sink with the settings of its lane.
package struct SinkSettings: Sendable {
    package var configuration: SinkConfiguration
    package var kind: SinkKind
    package var lane: LaneSettings
    /// `group_by` and its companions, for all that goes to the sink.
    package var grouping: Grouping?
    /// Where the sink and each of its settings stand in the file.
    package var position: FilePosition
    package var places: [String: FilePosition]
    /// Where `fallback:` stands, for the check of all of them together.
    var fallbackNode: YAMLNode?
    /// Whether its own settings were read without an error.
    var isSound: Bool
}

/// How the deliveries of one sink go out.
package struct LaneSettings: Sendable, Equatable {
    package var retry: RetrySchedule = .standard
    /// How many attempts run at once.
    package var concurrency: Int = 16
    /// At most so many attempts in so long, or as many as there are.
    package var rate: RateSettings?
    package var order: DeliveryOrder = .alert
    /// How long after it was decided a delivery is dead whatever its schedule says; nil for the default.
    package var deadline: Duration?
    /// The sink through which is said what this one does not take.
    package var fallback: String?
    /// How long the circuit may be open before what waits is said through the fallback.
    package var fallbackAfter: Duration = .seconds(300)
    /// How many deliveries may wait before they are gathered into a digest; nil for any number.
    package var overflow: Int?

    /// The deadline in force: what waits for a circuit spends no attempt and would otherwise wait for ever.
    package var effectiveDeadline: Duration {
        deadline ?? max(.seconds(7 * 86400), retry.delays.reduce(.seconds(86400), +))
    }
    /// Whether each attempt fetches what it is about again, where that has grown old.
    package var refresh = false
}

/// `10/1m`: at most `count` in every `period`.
package struct RateSettings: Sendable, Equatable {
    package var count: Int
    package var period: Duration
}

/// How long things are kept.
package struct RetentionSettings: Sendable, Equatable {
    package var detail: Duration = .seconds(7 * 86400)
    package var history: Duration = .seconds(90 * 86400)
}

/// Where the HTTP face listens.
package struct ServerSettings: Sendable {
    package var host: String
    package var port: Int
    package var token: Secret?
}

/// Where a secret comes from. A file is read again at each use, so that a rotated key is found without a restart.
package enum SecretReference: Sendable {
    case value(Secret)
    case file(path: String)

    /// Throws a text that says what is wrong with the file.
    package func read() throws(SecretProblem) -> Secret {
        switch self {
        case .value(let secret): return secret
        case .file(let path):
            let text = try FileAccess.text(of: path, limitBytes: 64 << 10)
            let trimmed = SecretText.trimmed(text)
            guard !trimmed.isEmpty else { throw SecretProblem(message: "the file \(path) is empty") }
            return Secret(trimmed)
        }
    }
}

/// Why a secret could not be had.
package struct SecretProblem: Error, Sendable, CustomStringConvertible {
    package var message: String
    package var description: String { message }
}

enum SecretText {
    /// Without white space at both ends: files end in a line break.
    static func trimmed(_ text: String) -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\n" || $0 == "\r" || $0 == "\r\n" || $0 == "\t" }
        let start = text.drop(while: isSpace)
        guard let end = start.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(start[...end])
    }
}
