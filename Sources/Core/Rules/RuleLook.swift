import CEL

/// What one rule made of one look at a resource: the answer to "why", kept as it was given.
package struct RuleLook: Sendable, Equatable {
    package var rule: String
    package var verdict: Verdict
    /// The condition as it was written.
    package var condition: String
    /// The condition and its parts, each with its value; the parts of a part follow it, one deeper.
    package var parts: [Part]

    package struct Part: Sendable, Equatable {
        package var depth: Int
        package var text: String
        /// As CEL text, cut where it is long; nil where the part was not reached.
        package var value: String?

        package init(depth: Int, text: String, value: String?) {
            self.depth = depth
            self.text = text
            self.value = value
        }
    }

    package init(rule: String, verdict: Verdict, condition: String, parts: [Part]) {
        self.rule = rule
        self.verdict = verdict
        self.condition = condition
        self.parts = parts
    }
}

/// How much is noted of what rules made of what they saw. Noting evaluates each condition once more, slower.
package enum LookKeeping: Sendable {
    case none
    /// Of changes all; of the first sight of a source, and of what the clock asked, only what did something.
    case news
    case all
}

/// All that rules made of a resource at one moment.
package struct ResourceLook: Sendable, Equatable {
    package enum Occasion: String, Sendable {
        case firstSeen = "first_seen"
        case changed, gone
        /// The clock, or a rule that is new.
        case time
    }

    package var key: ResourceKey
    package var at: Timestamp
    package var occasion: Occasion
    package var rules: [RuleLook]

    package init(key: ResourceKey, at: Timestamp, occasion: Occasion, rules: [RuleLook]) {
        self.key = key
        self.at = at
        self.occasion = occasion
        self.rules = rules
    }
}

extension RuleStep {
    /// How many parts of one condition are kept.
    private static let partLimit = 60

    /// What the rule makes of the resource, part by part.
    static func look(of rule: Rule, at context: ObservationContext) -> RuleLook {
        let traced = rule.condition.trace(context.activation)
        return RuleLook(
            rule: rule.name, verdict: verdict(of: rule, on: context.activation, in: context),
            condition: rule.condition.text,
            parts: traced.trace.parts.prefix(RuleStep.partLimit).map { part in
                RuleLook.Part(depth: part.depth, text: part.text, value: part.value)
            })
    }
}

extension RuleEngine {
    /// Notes what these rules made of a resource, as far as it is kept.
    func noteLook(_ context: ObservationContext, _ rules: [Rule], into decision: inout Decision) {
        guard looks != .none else { return }
        let key = context.snapshot.key
        let isNews = !context.isBaseline && context.occasion != .unchanged && !context.isOnlyRead
        let noted = rules.filter { rule in
            isNews || looks == .all
                || decision.records.contains { $0.rule == rule.name && $0.resource == key && !$0.isTimer }
        }
        guard !noted.isEmpty else { return }
        let occasion: ResourceLook.Occasion =
            switch context.occasion {
            case .firstSeen: .firstSeen
            case .changed: .changed
            case .gone: .gone
            case .unchanged: .time
            }
        decision.looks.append(
            ResourceLook(
                key: key, at: context.now, occasion: occasion,
                rules: noted.map { RuleStep.look(of: $0, at: context) }))
    }
}
