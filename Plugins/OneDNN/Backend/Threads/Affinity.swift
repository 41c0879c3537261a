import OneDNNKernels
import Synchronization
import VireoPluginKit

/// The processors that the threads of one context are bound to while it runs: ENABLE_CPU_PINNING.
///
/// Contexts take processors that no other context has, as long as there are any. Where a control group's quota is
/// smaller than the number of processors nothing is bound: the scheduler then has to move threads to where there is
/// time left.
final class Affinity: Sendable {
    private static let usage = Mutex<[Int32: Int]>([:])

    private static let allowed: [Int32] = {
        var processors = [Int32](repeating: 0, count: 1024)
        let count = Int(vireo_allowed_processors(&processors, Int32(processors.count)))
        return HostProcessor.availableCount < count ? [] : Array(processors.prefix(count))
    }()

    private let processors: [Int32]

    /// Nil where there is nothing to choose.
    init?(threads: Int) {
        guard Affinity.allowed.count > 1 else { return nil }
        processors = Affinity.usage.withLock { usage in
            let free = Affinity.allowed.sorted { (usage[$0] ?? 0, $0) < (usage[$1] ?? 0, $1) }
            let taken = Array(free.prefix(threads))
            for processor in taken { usage[processor, default: 0] += 1 }
            return taken
        }
    }

    deinit {
        Affinity.usage.withLock { usage in
            for processor in processors { usage[processor]! -= 1 }
        }
    }

    /// Runs `body` with the calling thread and its team bound.
    func bound<Result>(_ body: () throws -> Result) rethrows -> Result {
        processors.withUnsafeBufferPointer { vireo_bind_team($0.baseAddress, Int32($0.count)) }
        defer { vireo_release_caller() }
        return try body()
    }
}

/// Runs `body` with `count` threads for oneDNN on the calling thread, bound to processors where there is an `affinity`.
func withThreads<Result>(_ count: Int, _ affinity: Affinity?, _ body: () throws -> Result) rethrows -> Result {
    try withThreads(count) {
        guard let affinity else {
            vireo_release_team()
            return try body()
        }
        return try affinity.bound(body)
    }
}
