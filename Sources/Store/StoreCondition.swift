import Synchronization

/// Whether writing to the store works, for whoever has to say so: a store that cannot be written can still be read, and
/// nothing else would tell.
package final class StoreCondition: Sendable {
    private struct State {
        var trouble: StoreError?
        var observer: (@Sendable (StoreError?) -> Void)?
    }

    private let state = Mutex(State())

    /// What the disk or the file is unable to do; nil when the last write went well.
    package var trouble: StoreError? { state.withLock(\.trouble) }

    /// `observer` is told when writing begins to fail, or fails for another reason, and with nil when it works again.
    /// It takes the place of an earlier one, and is told at once of a trouble that there is.
    package func observe(_ observer: @escaping @Sendable (StoreError?) -> Void) {
        let trouble = state.withLock { state in
            state.observer = observer
            return state.trouble
        }
        if let trouble { observer(trouble) }
    }

    func worked() { change(to: nil) }

    /// Only what is wrong with the disk or the file counts.
    func failed(_ error: StoreError) {
        switch error {
        case .full, .readOnly, .disk, .corrupt, .cannotOpen, .notAStore: change(to: error)
        case .inUse, .newerVersion, .missing, .exists, .notCopied, .failed: break
        }
    }

    private func change(to trouble: StoreError?) {
        let observer = state.withLock { state -> (@Sendable (StoreError?) -> Void)? in
            guard state.trouble != trouble else { return nil }
            state.trouble = trouble
            return state.observer
        }
        observer?(trouble)
    }
}
