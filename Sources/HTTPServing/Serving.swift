package import Hummingbird
package import Logging
import ServiceLifecycle
import Synchronization

/// Serves until the task is cancelled. Then the port is closed, what is under way may finish for as long as `grace`, and
/// every connection is cut; returns when all have ended, so a handler must not wait for anything else without end.
///
/// Cancellation must not reach the loop that accepts connections, at no time: one that is accepted but not yet taken up
/// would end the process (https://github.com/apple/swift-nio/issues/3481). Hence the unstructured tasks: one that does
/// not inherit our cancellation, and one because the trigger is asynchronous. Neither outlives this for long.
/// - Parameter connections: those of the application, which each connection's pipeline registers.
package func serve<Responder: HTTPResponder>(
    _ application: Application<Responder>, connections: Connections, grace: Duration, logger: Logger
) async throws where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
    let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [application], logger: logger))
    try Task.checkCancellation()
    let hasEnded = Ended()
    let serving = Task {
        defer { hasEnded.flag.store(true, ordering: .releasing) }
        try await group.run()
    }
    try await withTaskCancellationHandler {
        try await serving.value
    } onCancel: {
        Task {
            await group.triggerGracefulShutdown()
            try? await Task.sleep(for: grace)
            // Again and again, as one that was accepted before may be taken up only now.
            while !hasEnded.flag.load(ordering: .acquiring) {
                connections.close()
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
    }
}

private final class Ended: Sendable {
    let flag = Atomic(false)
}
