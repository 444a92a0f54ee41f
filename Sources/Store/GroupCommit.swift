import GRDB
import Synchronization

/// Lets writers that come at the same time share a transaction, and so one wait for the disk.
///
/// A writer that comes alone waits for nobody. Each writer's work is a savepoint of its own: what one fails to do is
/// undone without the others, and nobody is told of success before all of it is on the disk.
final class GroupCommit: Sendable {
    /// A writer's work: runs inside its savepoint, and is told afterwards how it ended.
    private struct Job: Sendable {
        let work: @Sendable (Database) throws -> Void
        let ended: @Sendable ((any Error)?) -> Void
    }

    private struct Queue {
        var jobs: [Job] = []
        var isWorking = false
    }

    private let pool: DatabasePool
    private let pace: (any StorePace)?
    private let queue = Mutex(Queue())
    /// The most writers in one transaction: a few milliseconds' worth of pages.
    static let largest = 64

    init(_ pool: DatabasePool, pace: (any StorePace)?) {
        self.pool = pool
        self.pace = pace
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
        let result = Mutex<T?>(nil)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let job = Job(
                work: { db in
                    let value = try body(db)
                    result.withLock { $0 = value }
                },
                ended: { error in
                    if let error { continuation.resume(throwing: error) } else { continuation.resume() }
                })
            let isFirst = queue.withLock { queue in
                queue.jobs.append(job)
                defer { queue.isWorking = true }
                return !queue.isWorking
            }
            // Not in the writer's task: its cancellation must not undo what others have written.
            if isFirst { begin() }
        }
        guard let value = result.withLock({ $0 }) else { throw StoreError.failed(detail: "the writer left nothing") }
        return value
    }

    private func begin() {
        guard let pace else { return pool.asyncWriteWithoutTransaction { db in self.work(in: db) } }
        // A store that was closed hands out a connection that refuses everything.
        pace.schedule { try? self.pool.writeHere { db in self.work(in: db) } }
    }

    private func work(in db: Database) {
        let jobs = queue.withLock { queue in
            let next = Array(queue.jobs.prefix(GroupCommit.largest))
            queue.jobs.removeFirst(next.count)
            return next
        }
        var failures: [(any Error)?] = []
        do {
            try db.inTransaction(.immediate) {
                failures = try GroupCommit.run(jobs, in: db)
                try pace?.willCommit()
                return .commit
            }
        } catch {
            failures = Array(repeating: error, count: jobs.count)
        }
        for (job, failure) in zip(jobs, failures) { job.ended(failure) }
        let hasMore = queue.withLock { queue in
            queue.isWorking = !queue.jobs.isEmpty
            return queue.isWorking
        }
        if hasMore { begin() }
    }

    /// Returns what went wrong with each. Throws where the whole transaction is lost.
    private static func run(_ jobs: [Job], in db: Database) throws -> [(any Error)?] {
        if jobs.count == 1 {
            try jobs[0].work(db)
            return [nil]
        }
        return try jobs.map { job in
            do {
                try db.inSavepoint {
                    try job.work(db)
                    return .commit
                }
                return nil
            } catch {
                // SQLite ends the transaction by itself when the disk is full or fails.
                guard db.isInsideTransaction else { throw error }
                return error
            }
        }
    }
}
