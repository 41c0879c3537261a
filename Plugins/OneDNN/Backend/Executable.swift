import Synchronization
import VireoPluginKit
import VireoTensor

/// A plan with the settings it was compiled for.
final class OneDNNExecutable: PluginExecutable {
    let plan: Plan
    let host: Host
    let threads: Int
    let measuresTime: Bool
    let isLoadedFromCache: Bool
    /// Whether the threads of each context stay on processors of their own.
    let bindsThreads: Bool
    /// What is to be written into the cache folder, until that has begun.
    private let unsaved: Mutex<PlanCache?>

    init(_ plan: Plan, _ target: PlanTarget, measuresTime: Bool, bindsThreads: Bool = false) {
        self.plan = plan
        host = target.host
        threads = target.threads
        self.measuresTime = measuresTime
        isLoadedFromCache = target.cache.map { $0.file != nil && $0.isComplete } ?? false
        self.bindsThreads = bindsThreads
        unsaved = Mutex(target.cache.flatMap { $0.isComplete ? nil : $0 })
    }

    deinit { takeUnsaved()?.save() }

    func makeContext() throws -> any PluginContext { try OneDNNContext(self) }

    /// Writes the cache once there is a first answer, which does not wait for it.
    func wasExecuted() {
        guard let cache = takeUnsaved() else { return }
        BackgroundWork.run {
            cache.save()
            withExtendedLifetime(self) {}
        }
    }

    private func takeUnsaved() -> PlanCache? {
        unsaved.withLock { cache in
            defer { cache = nil }
            return cache
        }
    }
}
