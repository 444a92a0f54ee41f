package import Core
import Store
import Synchronization

/// The rules in force, replaced as a whole by a reload, with the ways of what they say to the sinks.
package final class RuleBook: Sendable {
    /// Rules that were in force together.
    struct Edition: Sendable {
        var engine: RuleEngine
        var routing: Routing
        /// Grows with each reload.
        var number: Int
    }

    private struct State {
        var edition: Edition
        var sinks: [String: Grouping] = [:]
    }

    private let state: Mutex<State>

    private let looks: LookKeeping

    package init(rules: [Rule], looks: LookKeeping = .news) {
        self.looks = looks
        let engine = RuleEngine(rules: rules, looks: looks)
        state = Mutex(State(edition: Edition(engine: engine, routing: Routing(rules: rules), number: 1)))
    }

    /// The rules, and a number that grows with each reload.
    package func read() -> (engine: RuleEngine, generation: Int) {
        state.withLock { ($0.edition.engine, $0.edition.number) }
    }

    var edition: Edition { state.withLock(\.edition) }

    /// How what the rules say reaches the sinks.
    package var routing: Routing { state.withLock { $0.edition.routing } }

    package func replace(with rules: [Rule]) {
        let engine = RuleEngine(rules: rules, looks: looks)
        state.withLock { state in
            state.edition = Edition(
                engine: engine, routing: Routing(rules: rules, sinks: state.sinks), number: state.edition.number + 1)
        }
    }

    /// The grouping of each sink that has one; said once, before anything runs.
    func gather(for sinks: [String: Grouping]) {
        state.withLock { state in
            state.sinks = sinks
            state.edition.routing = Routing(rules: state.edition.engine.rules, sinks: sinks)
        }
    }
}

extension RuleEngine {
    /// The names that the rules over resources of this kind had before.
    func renames(of kind: ResourceKind) -> [SQLiteStore.Rename] {
        rules(watching: kind).flatMap { rule in rule.renamedFrom.map { SQLiteStore.Rename(rule, from: $0) } }
    }
}
