import Core
import Store

extension SinkLane {
    /// Puts the attempts that have ended on disk, one commit at a time: those that end meanwhile share the next.
    ///
    /// Until the end of an attempt is on disk the delivery stays claimed: it is not sent again meanwhile.
    mutating func startRecording(in group: inout DiscardingTaskGroup) {
        guard !isRecording, !ended.isEmpty else { return }
        isRecording = true
        let attempts = ended
        ended = []
        let (parts, fallback) = (parts, settings.fallback)
        group.addTask {
            while true {
                do {
                    try await parts.store.record(
                        attempts.map(\.record), fallback: fallback, at: parts.dependencies.now())
                    break
                } catch {
                    parts.mailbox.post(.storeFailed("\(error)"))
                    if Task.isCancelled { break }
                    try? await parts.dependencies.clock.sleep(for: SinkLane.glance)
                }
            }
            if let fallback, attempts.contains(where: { $0.record.phase == .dead }) { parts.handedOver(fallback) }
            parts.mailbox.post(.recorded(attempts))
        }
    }
}
