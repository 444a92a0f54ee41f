import Store
import TestSupport

/// The disk under a process's store: when its work is done, when it fails, and when the process dies over it.
// Safe because only the thread that drives the story touches it.
final class Disk: StorePace, @unchecked Sendable {
    /// How often something happens, as one in so many; nil for never.
    struct Temper {
        var dyingBefore: Int?
        var dyingAfter: Int?
        var failing: Int?
        /// The longest that a commit takes, in milliseconds.
        var slowness = 3
    }

    struct Full: Error {}

    private let life: Life
    var temper: Temper

    init(life: Life, temper: Temper) {
        self.life = life
        self.temper = temper
    }

    private var kernel: Kernel { life.kernel }

    func schedule(_ write: @escaping @Sendable () -> Void) {
        var isDone = false
        let run = {
            guard !isDone else { return }
            isDone = true
            write()
        }
        guard life.isAlive else { return kernel.soon(run) }
        let number = life.onDeath { [kernel] in kernel.soon(run) }
        kernel.after(delay()) { [self] in
            guard !isDone else { return }
            life.forget(number)
            run()
            if happens(temper.dyingAfter) { die("after a commit") }
        }
    }

    func willCommit() throws {
        guard life.isAlive else { return }
        if happens(temper.failing) {
            kernel.note("the disk is full")
            throw Full()
        }
        if happens(temper.dyingBefore) {
            die("before a commit")
            throw Full()
        }
    }

    func turn() async {
        _ = await life.wait(givingUp: false) { pending in
            kernel.after(kernel.chance.oneIn(4) ? delay() : 0) { pending.end(true) }
        }
    }

    private func die(_ when: String) {
        guard life.isAlive, !kernel.isDying else { return }
        kernel.note("dies \(when)")
        kernel.isDying = true
    }

    private func happens(_ rarity: Int?) -> Bool { rarity.map { kernel.chance.oneIn($0) } ?? false }

    private func delay() -> Kernel.Time {
        .milliseconds(Int.random(in: 0...temper.slowness, using: &kernel.chance)) + 1
    }
}
