import Core
import Glibc
import Store
import TestSupport
import Testing

@Suite struct `A process that is killed in the middle of its commits` {
    @Test func `leaves a store in which every commit is whole or absent`() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path("auspex.db")
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let store = try SQLiteStore(path: path, access: .watching)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    try? await Task.sleep(for: .milliseconds(150))
                    kill(getpid(), SIGKILL)
                }
                for number in 0..<100_000 {
                    let alert = Sample.alert("img_\(number)")
                    var decision = Decision()
                    decision.snapshots = [Sample.snapshot("img_\(number)")]
                    decision.records = [alert]
                    decision.notifications = [
                        Sample.decided(Sample.notification(alert), sinks: ["team", "ops"], sequence: 1)
                    ]
                    try? await store.commit(
                        ObservationCommit(decision: decision, progress: [:], source: "studio"))
                }
            }
        }
        let store = try SQLiteStore(path: path, access: .watching)
        let present = try await store.presentCount(source: "studio", kind: .generation)
        let counts = try await store.deliveryCounts()
        #expect(present > 0)
        #expect(try await store.alertCounts() == [.firing: present])
        #expect(counts.mapValues(\.pending) == ["team": present, "ops": present])
    }
}
