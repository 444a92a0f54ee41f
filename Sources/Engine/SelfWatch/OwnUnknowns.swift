import Core

/// The conditions on sources or sinks that have no answer, and what of them the store knows.
///
/// Sources are looked at all the time, so the store is told at most once a minute.
struct OwnUnknowns: Sendable {
    var conditions = UnknownConditions()
    private var savedDocument: String
    private var savedAt: Timestamp?

    private static let interval = Duration.seconds(60)

    /// The name under which the store keeps those of one listing.
    static func factName(_ listing: String) -> String { "unknown/\(listing)" }

    /// `saved` is what the store says, if it says anything.
    init(saved: String?) { savedDocument = saved ?? "{}" }

    /// What the store should be told now; nil where it knows, or was told a moment ago.
    func toSave(at now: Timestamp) -> String? {
        guard savedAt.map({ now.duration(since: $0) >= OwnUnknowns.interval }) ?? true else { return nil }
        var conditions = conditions
        let document = conditions.document()
        return document == savedDocument ? nil : document
    }

    mutating func saved(_ document: String, at now: Timestamp) {
        savedDocument = document
        savedAt = now
    }
}
