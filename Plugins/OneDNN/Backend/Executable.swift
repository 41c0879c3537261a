import VireoPluginKit
import VireoTensor

/// A plan with the settings it was compiled for.
final class OneDNNExecutable: PluginExecutable {
    let plan: Plan
    let host: Host
    let threads: Int
    let measuresTime: Bool

    init(_ plan: Plan, host: Host, threads: Int, measuresTime: Bool) {
        self.plan = plan
        self.host = host
        self.threads = threads
        self.measuresTime = measuresTime
    }

    func makeContext() throws -> any PluginContext { try OneDNNContext(self) }
}
