import CEL
package import ConfigurationFiles
import Core

/// What came of one test.
package struct TestOutcome: Sendable {
    /// A line of the comparison, in the order of time.
    package struct Line: Sendable, Equatable {
        package enum Mark: String, Sendable {
            case same = " "
            case missing = "-"
            case surplus = "+"
            /// Something that helps to understand the rest.
            case note = "·"
            /// The test could not be lived through.
            case problem = "!"
        }

        package var mark: Mark
        package var text: String
    }

    package var file: String
    package var name: String
    package var position: FilePosition
    /// Whether it is lived through with a restart after everything that happens.
    package var isRestarted: Bool
    package var lines: [Line]
    package var duration: Duration
    /// What it has shown of the rules, where that is measured.
    package var coverage: RuleCoverage?

    package var hasPassed: Bool { lines.allSatisfy { $0.mark == .same || $0.mark == .note } }

    /// The comparison as text: what was expected and did not happen begins with `-`, what happened besides with `+`.
    package var diff: String { lines.map { "\($0.mark.rawValue) \($0.text)" }.joined(separator: "\n") }

    /// `file:line:column`.
    package var place: String { "\(file):\(position.line):\(position.column)" }
}

/// Holds what happened against what was expected.
struct TestComparison {
    private struct Entry {
        var at: Duration
        var order: Int
        var lines: [TestOutcome.Line]
    }

    let body: (NotificationID, String) -> CELValue?
    let deliveries: [NotificationID: [DeliveryRecord]]
    let test: RuleTest
    private var entries: [Entry] = []

    init(
        _ test: RuleTest, deliveries: [NotificationID: [DeliveryRecord]],
        body: @escaping (NotificationID, String) -> CELValue?
    ) {
        self.test = test
        self.deliveries = deliveries
        self.body = body
    }

    /// `open`: alerts as they are when the test ends.
    mutating func lines(_ happenings: [Happening], open: [AlertRecord]) -> [TestOutcome.Line] {
        var left = happenings
        for expected in test.expected {
            guard let index = left.firstIndex(where: { matches($0, expected) }) else {
                note(expected.at, .missing, described(expected), line: expected.position.line)
                continue
            }
            compare(left.remove(at: index), expected)
        }
        for happening in left {
            // Who waits is said by whoever wants to know.
            if happening.verb != .pending { note(happening.at, .surplus, described(happening)) }
        }
        noteWaiting(open)
        return entries.sorted { ($0.at, $0.order) < ($1.at, $1.order) }.flatMap(\.lines)
    }

    private func matches(_ happening: Happening, _ expected: Expectation) -> Bool {
        happening.verb == expected.verb && happening.at.isAbout(expected.at)
            && (expected.rule ?? happening.rule) == happening.rule
            && (expected.source ?? happening.source) == happening.source
            && happening.resources.sorted() == expected.resources.sorted()
    }

    private mutating func compare(_ happening: Happening, _ expected: Expectation) {
        var differences: [(name: String, wanted: String, found: String)] = []
        func check(_ name: String, _ wanted: String?, _ found: String) {
            if let wanted, wanted != found { differences.append((name, wanted, found)) }
        }
        check("title", expected.title.map(Self.quoted), Self.quoted(happening.title))
        check("text", expected.text.map { Self.quoted($0.trimmedEnd) }, Self.quoted(happening.text.trimmedEnd))
        check("severity", expected.severity?.rawValue, happening.severity.rawValue)
        check("notify", expected.notify.map { Self.list($0.sorted()) }, Self.list(happening.sinks.sorted()))
        for (sink, wanted) in expected.bodies {
            let found = happening.notification.flatMap { body($0, sink) }
            for difference in PartialValue.differences(wanted, found) {
                let path = difference.path.isEmpty ? "body of \(sink)" : "body of \(sink): \(difference.path)"
                differences.append(
                    (path, Self.shown(difference.expected), difference.actual.map(Self.shown) ?? "nothing"))
            }
        }
        for (sink, wanted) in expected.deliveries {
            let found = happening.notification.flatMap { deliveredAt($0, sink) }
            if let wanted, let found, found.isAbout(wanted) { continue }
            if wanted == nil, found == nil { continue }
            differences.append(
                ("delivered to \(sink)", wanted?.written ?? "never", found?.written ?? "never"))
        }
        guard !differences.isEmpty else { return note(happening.at, .same, described(happening)) }
        let head = "\(happening.at.written.padded(to: 8)) \(happening.subject)"
        var lines: [TestOutcome.Line] = []
        for (name, wanted, found) in differences {
            lines.append(.init(mark: .missing, text: "\(head), \(name) \(wanted)   (line \(expected.position.line))"))
            lines.append(.init(mark: .surplus, text: "\(head), \(name) \(found)"))
        }
        entries.append(Entry(at: happening.at, order: entries.count, lines: lines))
    }

    private func deliveredAt(_ notification: NotificationID, _ sink: String) -> Duration? {
        deliveries[notification]?.first { $0.sink == sink && $0.phase == .delivered }?.endedAt?
            .offset(from: test.start)
    }

    /// Says why what was expected has not happened yet.
    private mutating func noteWaiting(_ open: [AlertRecord]) {
        let isMissing = entries.contains { $0.lines.contains { $0.mark == .missing } }
        for alert in open where alert.phase == .pending && isMissing {
            let due = alert.dueAt.map { ", due at \($0.offset(from: test.start).written)" } ?? ""
            note(test.end, .note, "\(alert.rule) is pending for \(alert.resource.id)\(due), when the test ends")
        }
    }

    private mutating func note(_ at: Duration, _ mark: TestOutcome.Line.Mark, _ text: String, line: Int? = nil) {
        let place = line.map { "   (line \($0))" } ?? ""
        entries.append(
            Entry(
                at: at, order: entries.count,
                lines: [.init(mark: mark, text: "\(at.written.padded(to: 8)) \(text)\(place)")]))
    }

    private func described(_ happening: Happening) -> String {
        let sinks =
            happening.verb == .pending ? "" : " → \(happening.sinks.isEmpty ? "nobody" : Self.list(happening.sinks))"
        let title = happening.verb == .pending ? "" : ", " + Self.quoted(happening.title)
        return happening.subject + sinks + title
    }

    private func described(_ expected: Expectation) -> String {
        let rule = expected.rule.map { "\($0) " } ?? ""
        return rule + "\(expected.verb.rawValue) \(expected.resources.joined(separator: ", "))"
            + (expected.notify.map { " → \(Self.list($0))" } ?? "")
            + (expected.title.map { ", " + Self.quoted($0) } ?? "")
    }

    private static func list(_ names: [String]) -> String { "[" + names.joined(separator: ", ") + "]" }
    private static func quoted(_ text: String) -> String { CELValue.string(text).literal.cut(to: 300) }
    private static func shown(_ value: CELValue) -> String { value.literal.cut(to: 300) }
}

extension Happening {
    fileprivate var subject: String { "\(rule) \(verb.rawValue) \(resources.joined(separator: ", "))" }
}

extension String {
    fileprivate func cut(to limit: Int) -> String { count > limit ? prefix(limit - 1) + "…" : self }

    fileprivate func padded(to width: Int) -> String {
        count < width ? self + String(repeating: " ", count: width - count) : self
    }

    /// A block of YAML ends in a line break that nobody means.
    fileprivate var trimmedEnd: String {
        var text = self
        while text.last == "\n" { text.removeLast() }
        return text
    }
}
