import CEL

/// One of the alerts of which a group speaks, with what would have been said of it alone.
package struct GroupItem: Sendable, Equatable {
    package var notification: AlertNotification
    /// Whether the sink has heard of it before.
    package var isTold: Bool

    package init(notification: AlertNotification, isTold: Bool) {
        self.notification = notification
        self.isTold = isTold
    }
}

/// Puts into one notification what a group has to say.
///
/// One alert is told in its own words. Several are counted, the first few named, and their reasons counted. What is said
/// of a group has one key from its first alert until none of it fires any more, so that a pager has one incident, which
/// is closed when all have ended and not before.
package enum GroupDigest {
    /// How many alerts one digest is about; the next ones are told in another.
    package static let alerts = 500
    /// Alerts that are named; the rest is counted.
    package static let named = 5
    /// Reasons that are given; the rest is counted.
    package static let reasons = 8
    /// Of a title or a reason in a list, in characters.
    private static let lineCharacters = 200

    /// - Parameters:
    ///   - key: what all that is said of the group until it is over has in common.
    ///   - items: at least one, in the order in which they were decided.
    ///   - others: how many more alerts of the group were told and have not ended.
    package static func notification(
        key: String, items: [GroupItem], others: Int, at now: Timestamp
    ) -> AlertNotification {
        let said = items.map(\.notification)
        var digest = said[0]
        digest.id = NotificationID(
            rawValue: "ntf_" + DerivedID.text(of: ["group", key] + said.map(\.id.rawValue)))
        digest.group = key
        digest.timestamp = now
        digest.reason = reason(of: said, others: others)
        // Alone in its words, unless they speak of an end while others go on.
        if items.count == 1, digest.reason == said[0].reason { return digest }
        let rules = Set(said.map(\.rule))
        digest.rule = rules.count == 1 ? said[0].rule : "digest"
        digest.severity = Severity.allCases.last { level in said.contains { $0.severity == level } } ?? .info
        digest.labels = said[0].labels.filter { label in said.allSatisfy { $0.labels.contains(label) } }
        digest.title = title(of: said, others: others)
        digest.text = text(of: said, others: others)
        digest.alerts = said.flatMap(\.alerts)
        return digest
    }

    /// What fires is news; what ended is the end of the matter only where nothing of it goes on.
    private static func reason(of said: [AlertNotification], others: Int) -> NotificationReason {
        if said.contains(where: { $0.reason == .fired }) { return .fired }
        if others > 0 || said.contains(where: { $0.reason == .reminder }) { return .reminder }
        return .resolved
    }

    private static func title(of said: [AlertNotification], others: Int) -> [TemplatePiece] {
        let ended = said.count { $0.reason == .resolved }
        let firing = said.count - ended
        let name = Set(said.map(\.rule)).count == 1 ? said[0].rule : nil
        let about: [TemplatePiece] = name.map { [.markup(": "), .literal(spaced($0))] } ?? []
        let noun = GroupDigest.noun(of: said, isNamed: name != nil)
        if firing == 0, others == 0 { return [.markup(counted(ended, noun))] + about }
        let shown = firing == 0 ? others : firing
        let end =
            ended == 0
            ? ""
            : firing == 0
                ? "; \(ended) \(have(ended)) ended" : "; \(ended) other\(ended == 1 ? " has" : "s have") ended"
        return [.markup(counted(shown, noun))] + about + [.markup(end)]
    }

    private static func have(_ count: Int) -> String { count == 1 ? "has" : "have" }

    /// `refused-by-policy` reads better without its hyphens.
    private static func spaced(_ name: String) -> String {
        String(name.map { $0 == "-" || $0 == "_" ? " " : $0 })
    }

    private static func counted(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }

    /// What they all are. An alert of a window is about a group of resources, so it is just an alert.
    private static func noun(of said: [AlertNotification], isNamed: Bool) -> String {
        let kinds = Set(said.flatMap(\.alerts).map { view in isResource(view) ? view.resource.kind.rawValue : "alert" })
        guard isNamed, kinds.count == 1, let kind = kinds.first else { return "alert" }
        return kind
    }

    private static func isResource(_ view: AlertView) -> Bool {
        guard view.resource.kind == .generation || view.resource.kind == .character else { return true }
        guard case .map(let members) = view.current, case .string(let id)? = members["id"] else { return false }
        return id == view.resource.id
    }

    private static func text(of said: [AlertNotification], others: Int) -> [TemplatePiece] {
        let firing = said.filter { $0.reason != .resolved }
        let ended = said.filter { $0.reason == .resolved }
        var pieces = list(of: firing)
        if !ended.isEmpty {
            if !firing.isEmpty || others > 0 { pieces.append(.markup(pieces.isEmpty ? "Ended:" : "\nEnded:")) }
            pieces += list(of: ended, isContinued: !pieces.isEmpty)
        }
        pieces += reasons(of: firing.isEmpty ? ended : firing)
        if others > 0 {
            let more = firing.isEmpty ? "still firing" : "more still firing"
            pieces.append(.markup("\n\(others) \(more)."))
        }
        return pieces
    }

    private static func list(of said: [AlertNotification], isContinued: Bool = false) -> [TemplatePiece] {
        var pieces: [TemplatePiece] = []
        for notification in said.prefix(named) {
            pieces.append(.markup(pieces.isEmpty && !isContinued ? "- " : "\n- "))
            pieces += notification.title.cut(to: lineCharacters)
        }
        if said.count > named { pieces.append(.markup("\n- and \(said.count - named) more")) }
        return pieces
    }

    /// Each reason that the resources give, with how often; the most frequent first.
    private static func reasons(of said: [AlertNotification]) -> [TemplatePiece] {
        var counts: [String: Int] = [:]
        for view in said.flatMap(\.alerts) {
            guard case .map(let members) = view.current, case .string(let text)? = members["error_message"],
                !text.isEmpty
            else { continue }
            counts[text, default: 0] += 1
        }
        guard !counts.isEmpty else { return [] }
        let ordered = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        var pieces: [TemplatePiece] = [.markup("\nReasons:")]
        for (text, count) in ordered.prefix(reasons) {
            pieces.append(.markup("\n- \(count) × "))
            pieces += [TemplatePiece.literal(text)].cut(to: lineCharacters)
        }
        if ordered.count > reasons { pieces.append(.markup("\n- and \(ordered.count - reasons) other reasons")) }
        return pieces
    }
}
