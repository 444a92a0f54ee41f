package import CEL

extension CELMap {
    /// The members of a JSON object, in the order in which they were written.
    package var stringEntries: [(String, CELValue)] {
        entries.compactMap { entry in
            if case .string(let name) = entry.key { (name, entry.value) } else { nil }
        }
    }
}
