import Core
import Store

/// Keeps the store small while the watch goes on: history leaves, details of what settled long ago, then free pages.
///
/// Everything in small steps with a pause after each, so that a poll waits for a few milliseconds at most.
struct Keeper {
    let store: SQLiteStore
    let retention: RetentionSettings
    let rules: RuleBook
    let dependencies: Dependencies

    /// Between two passes.
    private static let interval = Duration.seconds(600)
    /// Rows in one step.
    static let rows = 100
    /// Pages of 4 kB given back in one step.
    static let pages = 100
    /// After a step; with it the writer is free for most of the time.
    private static let pause = Duration.milliseconds(5)

    func run() async {
        while !Task.isCancelled {
            do {
                try await pass()
            } catch {
                if !Task.isCancelled { dependencies.report(.storeFailed(reason: "\(error)")) }
            }
            try? await dependencies.clock.sleep(for: Keeper.interval)
        }
    }

    /// Everything that is to be done now.
    func pass() async throws {
        let now = dependencies.now()
        // A window needs what it looks back on, however short things are kept otherwise.
        let window = rules.read().engine.rules.compactMap { $0.window?.over }.max() ?? .zero
        for chore in Chore.history {
            try await work(on: chore, before: now.advanced(by: .zero - max(retention.history, window)))
        }
        let detail = now.advanced(by: .zero - max(retention.detail, window))
        for chore in [.details, .earlierStates] + Chore.explanations {
            try await work(on: chore, before: detail)
        }
        try await compact()
        if try await store.size().logBytes > Keeper.largestLog { try await store.cutLog() }
    }

    private func work(on chore: Chore, before time: Timestamp) async throws {
        var position: Chore.Position?
        repeat {
            position = try await store.work(on: chore, before: time, after: position, limit: Keeper.rows)
            if position != nil { try await dependencies.clock.sleep(for: Keeper.pause) }
        } while position != nil
    }

    /// Larger than what an undisturbed log comes to.
    private static let largestLog = 32 << 20
    /// Free pages that stay for what comes next: a part of all, and at least so many.
    private static let spareShare = 20
    private static let sparePages = 1000

    private func compact() async throws {
        var size = try await store.size()
        guard size.isCompactable else { return }
        let spare = max(Keeper.sparePages, size.pages / Keeper.spareShare)
        // Begun only when it is worth it, so that pages do not go to and fro.
        guard size.freePages > 2 * spare else { return }
        while size.freePages > spare, !Task.isCancelled {
            let before = size.freePages
            try await store.compact(pages: min(Keeper.pages, size.freePages - spare))
            size = try await store.size()
            guard size.freePages < before else { return }
            try await dependencies.clock.sleep(for: Keeper.pause)
        }
    }
}
