package import CEL

extension CELMap {
    /// The members of a JSON object, in the order in which they were written.
    package var stringEntries: [(String, CELValue)] {
        var members: [(String, CELValue)] = []
        members.reserveCapacity(count)
        for entry in entries {
            if case .string(let name) = entry.key { members.append((name, entry.value)) }
        }
        return members
    }
}
