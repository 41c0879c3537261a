import VireoPluginKit

/// What a plan is made for, beside its graph.
struct PlanTarget {
    let engine: Engine
    let host: Host
    /// How many threads run a kernel.
    let threads: Int
    var options = PlanOptions()
    /// What earlier compilations left.
    var cache: PlanCache?
}
