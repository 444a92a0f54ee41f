/// Which deliveries of one sink wait for each other; those that do go out one at a time, in the order in which they
/// were decided.
package enum DeliveryOrder: String, Sendable, CaseIterable {
    /// Those about one rule and one resource: no resolve overtakes its firing, and no new firing the resolve before it.
    case alert
    /// Those about one resource, whatever the rules.
    case resource
    /// All of them.
    case strict
}
