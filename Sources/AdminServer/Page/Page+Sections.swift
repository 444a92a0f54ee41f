import Core

/// How a badge looks; what it says is always there as text, too.
private enum Tone: String {
    case calm, good, warn, bad
}

extension Page {
    private static func badge(_ text: String, _ tone: Tone) -> Markup {
        "<span class=\"badge \(tone.rawValue)\">\(text)</span>"
    }

    static func verdict(_ troubles: [Trouble], _ overview: Overview) -> Markup {
        guard let worst = troubles.first else {
            let what =
                overview.sources.isEmpty ? "No source is configured." : "Every source is polled, and deliveries flow."
            return "<section class=\"verdict\" role=\"status\"><h2>All is well</h2><p>\(what)</p></section>"
        }
        let title = troubles.count == 1 ? "One thing needs attention" : "\(troubles.count) things need attention"
        let items: [Markup] = troubles.prefix(AdminLimits.rows).map { trouble in
            let why: Markup = trouble.why.map { "<p>\(OutsideText.isolated($0))</p>" } ?? ""
            let remedy: Markup =
                trouble.remedy.map { "<p>Send again: <code>\(OutsideText.isolated($0))</code></p>" } ?? ""
            let what = OutsideText.isolated(trouble.what)
            return """
                <li>\(label(trouble.weight))<div><strong>\(what)</strong>\(why)\(remedy)</div></li>

                """
        }
        let style = worst.weight == .serious ? "bad" : "warn"
        return """
            <section class="verdict \(style)" role="status"><h2>\(title)</h2>
            <ul>
            \(items)</ul>
            </section>
            """
    }

    private static func label(_ weight: Trouble.Weight) -> Markup {
        switch weight {
        case .serious: badge("serious", .bad)
        case .warning: badge("warning", .warn)
        case .notice: badge("notice", .calm)
        }
    }

    static func tiles(_ overview: Overview) -> Markup {
        let seen = overview.sources.count { $0.state == .ok }
        let waiting = overview.sinks.reduce(0) { $0 + $1.pending }
        let dead = overview.sinks.reduce(0) { $0 + $1.dead }
        func tile(_ title: String, _ value: Markup, _ tone: Tone) -> Markup {
            "<div class=\"\(tone.rawValue)\"><dt>\(title)</dt><dd>\(value)</dd></div>\n"
        }
        let listings = overview.sources.count
        return """
            <dl class="tiles">
            \(tile("listings seen", "\(seen) of \(listings)", seen < listings ? .bad : .calm))
            \(tile("alerts firing", figure(overview.firing), overview.firing > 0 ? .warn : .calm))
            \(tile("deliveries waiting", figure(waiting), .calm))
            \(tile("dead letters", figure(dead), dead > 0 ? .bad : .calm))
            </dl>
            """
    }

    /// In groups of three where there are more than four digits, with the narrow space that no country mistakes.
    private static func figure(_ number: Int) -> Markup {
        let digits = String(number)
        guard digits.count > 4 else { return "\(number)" }
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { grouped += "\u{202F}" }
            grouped.append(digit)
        }
        return "\(grouped)"
    }

    private static func section(_ title: String, _ note: String, _ table: Table, empty: String) -> Markup {
        let content: Markup = table.rows.isEmpty ? "<p class=\"empty\">\(empty)</p>" : table.markup
        return "<section><h2>\(title) <small>\(note)</small></h2>\n\(content)</section>\n"
    }

    static func alerts(_ overview: Overview, now: Timestamp) -> Markup {
        var table = Table(
            label: "Open alerts",
            columns: [
                .init(title: "Alert"), .init(title: "State", shape: .short), .init(title: "Severity", shape: .short),
                .init(title: "Resource"), .init(title: "Since", shape: .short),
            ], rows: [])
        for alert in overview.alerts.prefix(AdminLimits.rows) {
            let title = alert.title.isEmpty ? alert.rule : alert.title
            let resource = alert.resource
            let place: Markup = "\(resource.kind.rawValue) of \(OutsideText.isolated(resource.source))"
            table.rows.append([
                .head("\(OutsideText.isolated(title))<span class=\"about\">\(OutsideText.isolated(alert.rule))</span>"),
                .value(state(alert, overview.noise)),
                .value(badge(alert.severity.rawValue, tone(alert.severity))),
                .value("\(OutsideText.isolated(resource.id))<span class=\"about\">\(place)</span>"),
                .value(Ages.ago(alert.since, now: now)),
            ])
        }
        let note =
            "\(overview.firing) firing, \(overview.pending) pending"
            + shown(table, of: overview.firing + overview.pending)
        return section("Open alerts", note, table, empty: "No rule is true for anything right now.")
    }

    private static func state(_ alert: AlertRecord, _ noise: Overview.Noise) -> Markup {
        let state = alert.phase == .firing ? badge("firing", .bad) : badge(alert.phase.rawValue, .calm)
        guard let reason = noise.reasons[alert.id] else { return state }
        return "\(state)<span class=\"about\">\(OutsideText.isolated(reason))</span>"
    }

    static func silences(_ overview: Overview, now: Timestamp) -> Markup {
        guard !overview.noise.silences.isEmpty else { return "" }
        var table = Table(
            label: "Silences",
            columns: [
                .init(title: "Comment"), .init(title: "State", shape: .short), .init(title: "Until", shape: .short),
                .init(title: "By", shape: .short), .init(title: "Alerts"),
            ], rows: [])
        for silence in overview.noise.silences.prefix(AdminLimits.rows) {
            let state = silence.state(at: now)
            table.rows.append([
                .head(OutsideText.isolated(silence.comment.isEmpty ? silence.id : silence.comment)),
                .value(badge(state.rawValue, state == .active ? .warn : .calm)),
                .value(Ages.ago(silence.endsAt, now: now)), .value(OutsideText.isolated(silence.author)),
                .value("<code>\(OutsideText.isolated(silence.expression))</code>"),
            ])
        }
        let note = "what they cover is not told"
        return section("Silences", note, table, empty: "")
    }

    private static func shown(_ table: Table, of all: Int) -> String {
        table.rows.count < all ? "; the newest \(table.rows.count) are shown" : ""
    }

    private static func tone(_ severity: Severity) -> Tone {
        switch severity {
        case .info: .calm
        case .warning: .warn
        case .critical: .bad
        }
    }

    static func sources(_ overview: Overview, now: Timestamp) -> Markup {
        var table = Table(
            label: "Sources",
            columns: [
                .init(title: "Source"), .init(title: "Watches", shape: .short), .init(title: "State", shape: .short),
                .init(title: "Resources", shape: .number), .init(title: "In flight", shape: .number),
                .init(title: "Last seen", shape: .short), .init(title: "Last error"),
            ], rows: [])
        for source in overview.sources {
            table.rows.append([
                .head(OutsideText.isolated(source.name)), .value("\(source.kind.rawValue)"), .value(state(source)),
                .value(figure(source.resources)), .value(figure(source.inFlight)),
                .value(Ages.ago(source.lastSuccessAt, now: now, otherwise: "never")),
                source.lastError.map { .value("<span class=\"wrong\">\(OutsideText.isolated($0))</span>") } ?? .none,
            ])
        }
        return section("Sources", "", table, empty: "No source is configured.")
    }

    private static func state(_ source: Overview.Source) -> Markup {
        switch source.state {
        case .ok: badge("ok", .good)
        case .failing: badge("failing", .bad)
        case .notSeenYet: badge("not seen yet", .warn)
        }
    }

    static func sinks(_ overview: Overview, now: Timestamp) -> Markup {
        var table = Table(
            label: "Sinks",
            columns: [
                .init(title: "Sink"), .init(title: "Kind", shape: .short), .init(title: "State", shape: .short),
                .init(title: "Waiting", shape: .number),
                .init(title: "Delivered", shape: .number), .init(title: "Dead", shape: .number),
                .init(title: "Oldest waiting", shape: .short),
            ], rows: [])
        for sink in overview.sinks {
            table.rows.append([
                .head(OutsideText.isolated(sink.name)), .value("\(sink.kind)"), .value(state(sink.lane)),
                .value(figure(sink.pending)),
                .value(figure(sink.delivered)),
                .value(sink.dead > 0 ? "<strong class=\"wrong\">\(figure(sink.dead))</strong>" : "0"),
                sink.oldestPendingAt.map { .value(Ages.ago($0, now: now)) } ?? .none,
            ])
        }
        return section("Sinks", "", table, empty: "No sink is configured.")
    }

    private static func state(_ lane: LaneStatus) -> Markup {
        switch lane.circuit {
        case .closed: badge("ok", .good)
        case _ where lane.pausedReason != nil: badge("paused", .bad)
        case .open: badge("failing", .bad)
        case .halfOpen: badge("probed", .warn)
        }
    }

    static func deliveries(_ overview: Overview, now: Timestamp) -> Markup {
        var table = Table(
            label: "Recent deliveries",
            columns: [
                .init(title: "Notification"), .init(title: "Sink", shape: .short), .init(title: "State", shape: .short),
                .init(title: "Attempts", shape: .number), .init(title: "Made", shape: .short),
                .init(title: "Last answer"),
            ], rows: [])
        for delivery in overview.deliveries.prefix(AdminLimits.rows) {
            let record = delivery.record
            table.rows.append([
                .head(OutsideText.isolated(delivery.title.isEmpty ? record.id.rawValue : delivery.title)),
                .value(OutsideText.isolated(record.sink)), .value(state(record, now: now)),
                .value("\(record.attempts)"),
                .value(Ages.ago(record.createdAt, now: now)), answer(record),
            ])
        }
        return section("Recent deliveries", "newest first", table, empty: "Nothing has been sent yet.")
    }

    private static func state(_ record: DeliveryRecord, now: Timestamp) -> Markup {
        switch record.phase {
        case .delivered: badge("delivered", .good)
        case .dead: badge("dead", .bad)
        case .pending where record.attempts == 0: badge("waiting", .calm)
        case .pending:
            "\(badge("retrying", .warn))<span class=\"about\">next \(Ages.ago(record.nextAttemptAt, now: now))</span>"
        }
    }

    /// Why it did not get through, in the sink's words where it had some.
    private static func answer(_ record: DeliveryRecord) -> Table.Cell {
        guard record.phase != .delivered, let reason = record.lastReason ?? record.lastOutcome else { return .none }
        return .value("<span class=\"wrong\">\(OutsideText.isolated(reason))</span>")
    }
}
