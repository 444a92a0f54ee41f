import CEL

extension Expression {
    /// Whether a condition can be answered from these members of `self` and from what is known of every resource: of
    /// one that is kept without its details, a missing member is not null but unknown.
    func asksOnly(for members: Set<String>) -> Bool {
        switch kind {
        case .identifier(let name, _): return !["self", "old", "raw"].contains(name)
        case .select(let selection), .presence(let selection):
            if case .identifier("self", _) = selection.operand.kind {
                return members.contains(selection.field) || selection.field == "gone"
            }
            return selection.operand.asksOnly(for: members)
        default: return children.allSatisfy { $0.asksOnly(for: members) }
        }
    }
}
