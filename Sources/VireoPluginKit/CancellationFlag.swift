import Synchronization
import VireoTensor

/// What `PluginContext.cancel` raises on one thread and a run looks at on another, between two kernels.
public final class CancellationFlag: Sendable {
    private let isRaised = Atomic(false)

    public init() {}

    public func raise() { isRaised.store(true, ordering: .relaxed) }

    /// Forgets what was meant for an earlier run. For `PluginContext.prepare`; an `execute` that did this itself would
    /// also forget what is meant for it.
    public func lower() { isRaised.store(false, ordering: .relaxed) }

    /// - Throws: `cancelled` when the flag is up.
    @inline(__always)
    public func check() throws(VireoError) {
        if isRaised.load(ordering: .relaxed) { throw VireoError(.cancelled, "the run was cancelled") }
    }
}
