import Synchronization

/// Idle easy handles: making one costs more than a small request.
final class EasyHandlePool: Sendable {
    private let idle = Mutex<[EasyHandle]>([])

    /// Nil when libcurl is out of memory.
    func take() -> EasyHandle? {
        idle.withLock { $0.popLast() } ?? EasyHandle()
    }

    /// Takes a handle back, emptied of the request it carried.
    func put(_ handle: EasyHandle) {
        handle.reset()
        idle.withLock { idle in
            if idle.count < TransportLimits.pooledEasyHandles { idle.append(handle) }
        }
    }
}
