import VireoIR
import VireoTensor

/// What can be compiled for: a device, several that complete each other, or a virtual device over others.
protocol CompilationTarget: Sendable {
    /// What people write after `-d`: "ONEDNN", "AUTO:OPENCL.0,CPU".
    var name: String { get }
    /// The properties that a compilation can be given.
    func settableProperties() throws -> Set<String>
    func compile(_ model: Model, _ configuration: Configuration) throws -> any Program
}

/// What a compilation makes: it never changes and is shared by its runners.
protocol Program: Sendable {
    var inputs: [CompiledModel.Port] { get }
    var outputs: [CompiledModel.Port] { get }
    /// Where the nodes run, as far as that is known now.
    var placement: Placement { get }
    /// The devices in use, in the order in which they are first used.
    var devices: [DeviceInfo] { get }
    /// How many runs at a time use the devices fully.
    var optimalRequestCount: Int { get }
    /// The model as it runs now, each node with where and how; nil as long as that is not known.
    var executionGraph: Model? { get }
    /// Whether every device that has a cache found there what it needed; false when none has one.
    var isLoadedFromCache: Bool { get throws }
    func makeRunner() throws -> sending any Runner
}

/// Runs a program, once at a time. What it allocates is kept from run to run.
protocol Runner: AnyObject {
    /// - Precondition: the tensors are of the program's types and shapes.
    /// - Parameter results: the outputs; memory of tensors that are there already is used again where they fit.
    func run(_ inputs: [Tensor], into results: inout [Tensor], _ control: RunControl) throws
    /// Rows about the last run.
    func profile() throws -> [ProfileRow]
}

/// What accompanies a run: how it is called off, and where its times are written.
struct RunControl {
    var cancellation: Cancellation?
    var lane: Trace.Lane?
}
