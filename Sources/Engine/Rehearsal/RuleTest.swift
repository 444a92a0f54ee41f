import CEL
package import ConfigurationFiles
import Core

/// One timeline of a `*.test.yaml`, and all that must come of it.
package struct RuleTest: Sendable {
    package var name: String
    /// Where it stands in its file.
    package var position: FilePosition
    /// What `0s` is.
    var start: Timestamp
    /// Whether it comes to the same with restarts in between; what depends on how a process goes on does not.
    var isRestartable: Bool
    /// How long it goes on, where that is said.
    var until: Duration?
    /// In the order of time.
    var given: [Given]
    var expected: [Expectation]

    /// The last time at which something is said to begin or to happen.
    var lastMentioned: Duration {
        (given.map(\.at) + expected.map(\.at) + expected.flatMap(\.deliveries).compactMap(\.at)).max() ?? .zero
    }

    /// When it is over: as said, or with the last thing that it mentions.
    var end: Duration { until ?? max(lastMentioned, given.compactMap(\.end).max() ?? .zero) }
}

/// Something that happens in the world, so long after the start.
struct Given: Sendable {
    enum Action: Sendable {
        case resource(GivenResource)
        case gone(ResourceKey)
        /// What the API answers from now on; nil for what it should.
        case api(source: String?, APIFault?)
        /// What a sink answers from now on; nil when it takes everything.
        case sink(String, SinkFault?)
        /// How full Auspex' own share of the source's rate limit is; nil for full.
        case budget(source: String?, Double?)
        /// The process ends and another begins, at once or when this is over.
        case restart
        /// Other rules are in force from now on.
        case reload([Rule])
        /// What this expression covers is not told, until it is over.
        case silence(String)
    }

    var at: Duration
    /// When it is over, for what has an end.
    var end: Duration?
    var action: Action
}

/// What a timeline says of a resource; what it does not say stays as it was.
struct GivenResource: Sendable {
    var key: ResourceKey
    /// By field, in the order of the file, as JSON.
    var members: [(String, CELValue)]
    /// Whether it was there when the source was first seen.
    var isBaseline: Bool
}

/// What is wrong with the API.
enum APIFault: String, Sendable, CaseIterable {
    /// No answer.
    case down
    /// 503.
    case failing
    /// 401: the key is not accepted.
    case refused
    /// 429.
    case limited
}

/// What is wrong with a sink.
enum SinkFault: Sendable, Equatable {
    /// It cannot be reached.
    case down
    /// It was sent, and no answer came.
    case timeout
    /// A status of HTTP, or the reply of a mail server.
    case status(Int)
}

/// What is said to happen, so long after the start.
struct Expectation: Sendable {
    var at: Duration
    /// Where it stands in its file, with its line.
    var position: FilePosition
    var verb: Happening.Verb
    var rule: String?
    var source: String?
    /// The resources that it is about, one unless it is a digest.
    var resources: [String]
    // What is checked where it is said.
    var title: String?
    var text: String?
    var severity: Severity?
    var notify: [String]?
    var bodies: [(sink: String, body: CELValue)] = []
    var deliveries: [(sink: String, at: Duration?)] = []
}

/// What happened.
package struct Happening: Sendable {
    package enum Verb: String, Sendable, CaseIterable {
        case pending, fires, resolves, reminds
        /// Somebody is told of what happened before, or of several alerts at once.
        case tells
    }

    var at: Duration
    var verb: Verb
    var rule: String
    var source: String
    var resources: [String]
    var severity: Severity
    /// As the alert has it, or as it was told.
    var title: String
    var text = ""
    /// The sinks that are told, in the order in which they were.
    var sinks: [String] = []
    var notification: NotificationID?
}
