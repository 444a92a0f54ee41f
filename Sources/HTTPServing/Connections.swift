package import NIOCore
import Synchronization

/// The open connections of a server, from the moment each is accepted, so that they can be cut.
package final class Connections: Sendable {
    private let open = Mutex<[ObjectIdentifier: any Channel]>([:])

    package init() {}

    /// What puts a connection among these: a handler for its pipeline, one for each.
    package func registration() -> any RemovableChannelHandler { Registration(self) }

    /// Cuts every connection, whatever it is doing.
    package func close() {
        for channel in open.withLock({ Array($0.values) }) { channel.close(promise: nil) }
    }

    fileprivate func add(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        open.withLock { $0[id] = channel }
        channel.closeFuture.whenComplete { [weak self] _ in
            _ = self?.open.withLock { $0.removeValue(forKey: id) }
        }
    }
}

private final class Registration: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let connections: Connections

    init(_ connections: Connections) { self.connections = connections }

    func handlerAdded(context: ChannelHandlerContext) { connections.add(context.channel) }
}
