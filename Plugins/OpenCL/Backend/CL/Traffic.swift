import Synchronization

/// Counts what a device was asked to do, for tests that say what an inference may cost.
final class Traffic: Sendable {
    private let counts = Mutex(TrafficCounts())

    var current: TrafficCounts { counts.withLock { $0 } }

    func count(_ path: WritableKeyPath<TrafficCounts, Int> & Sendable) { counts.withLock { $0[keyPath: path] += 1 } }
}

package struct TrafficCounts: Equatable, Sendable {
    /// Times that numbers went from the host to the device.
    package internal(set) var uploads = 0
    /// Times that numbers came from the device to the host.
    package internal(set) var downloads = 0
    /// Kernels started.
    package internal(set) var launches = 0
    /// Copies within the device.
    package internal(set) var copies = 0
    /// Pieces of device memory made.
    package internal(set) var allocations = 0
    /// Programs compiled from their source.
    package internal(set) var compilations = 0
    /// Programs made from what the cache had.
    package internal(set) var reusedPrograms = 0
}
