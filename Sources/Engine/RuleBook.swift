package import Core
import Synchronization

/// The rules in force, replaced as a whole by a reload.
package final class RuleBook: Sendable {
    private let current: Mutex<(engine: RuleEngine, generation: Int)>

    package init(rules: [Rule]) {
        current = Mutex((RuleEngine(rules: rules), 1))
    }

    /// The rules, and a number that grows with each reload.
    package func read() -> (engine: RuleEngine, generation: Int) { current.withLock { $0 } }

    package func replace(with rules: [Rule]) {
        let engine = RuleEngine(rules: rules)
        current.withLock { $0 = (engine, $0.generation + 1) }
    }
}
