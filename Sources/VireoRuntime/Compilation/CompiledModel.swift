import Synchronization
import VireoIR
import VireoTensor

/// A model made ready to run on one or more devices. It never changes and is shared by its requests and by tasks.
///
/// ```swift
/// let compiled = try core.compile(model, device: "CPU")
/// let outputs = try await compiled.run([image])
/// ```
public final class CompiledModel: Sendable {
    /// The model's name.
    public let name: String
    /// What `compile` was told to compile for.
    public let target: String
    /// In the model's order.
    public let inputs: [Port]
    public let outputs: [Port]
    /// The settings that it was compiled with.
    public let configuration: Configuration
    let program: any Program
    private let pool = Mutex<RequestPool?>(nil)

    init(_ model: Model, for target: any CompilationTarget, _ configuration: Configuration) throws {
        program = try StatefulProgram.compile(model, for: target, configuration)
        name = model.name
        self.target = target.name
        inputs = program.inputs
        outputs = program.outputs
        self.configuration = configuration
    }

    /// Where each node runs, and why. Of a model that is compiled for each shape on demand it is that of the shape used
    /// last, and of a virtual device that of the device in use.
    public var placement: Placement { program.placement }
    /// The devices that run parts of the model, in the order in which they are first used.
    public var devices: [DeviceInfo] { program.devices }
    /// How many requests at a time use the devices fully: the streams, or what a virtual device adds up to.
    public var optimalRequestCount: Int { program.optimalRequestCount }
    /// The model as it runs: each node with its device and subgraph in the `rt_info`, without weights. Nil as long as
    /// that is not known, because no shape was given or no device has finished compiling.
    public var executionGraph: Model? { program.executionGraph }

    /// Whether every device with a cache (the property CACHE_DIR) found there what it needed, so that compiling took
    /// less time. What is missing is stored for the next time.
    public var isLoadedFromCache: Bool { (try? program.isLoadedFromCache) ?? false }

    /// Facts about the compiled model, and the settings that it was compiled with.
    public var properties: [DeviceProperty] {
        let facts = [
            ("NETWORK_NAME", name), ("EXECUTION_DEVICES", devices.map(\.name).joined(separator: " ")),
            ("OPTIMAL_NUMBER_OF_INFER_REQUESTS", String(optimalRequestCount)),
            (Property<Bool>.loadedFromCache.name, isLoadedFromCache.propertyText),
        ]
        let settings = configuration.values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let names = ["SUPPORTED_PROPERTIES"] + (facts + settings).map(\.0)
        return ([("SUPPORTED_PROPERTIES", names.joined(separator: " "))] + facts + settings).map {
            DeviceProperty(name: $0.0, value: $0.1, isMutable: false)
        }
    }

    /// A request, which runs the model once at a time. Several requests may run at the same time.
    /// - Parameter trace: where the times of the request's runs are written.
    /// - Throws: `outOfMemory` or what the device says when it has no room for another.
    public func makeRequest(trace: Trace? = nil) throws -> InferRequest { try InferRequest(self, trace: trace) }

    /// Computes the model's outputs with the next request of a shared pool that is free. Any number of tasks may call
    /// it at the same time; `optimalRequestCount` of them run, the others wait in order. The runs of a model with
    /// variables come one after the other, as each reads what the one before assigned.
    /// - Throws: as `InferRequest.run`; `cancelled` when the task is cancelled.
    public func run(_ inputs: [Tensor]) async throws -> [Tensor] {
        try await sharedPool().run(inputs)
    }

    private func sharedPool() throws -> RequestPool {
        try pool.withLock { pool in
            if let pool { return pool }
            let made = try RequestPool(self, requestCount: variables.isEmpty ? nil : 1)
            pool = made
            return made
        }
    }
}

extension CompiledModel {
    /// - Throws: `invalidArgument` when number, element types or shapes are not the model's.
    func check(_ tensors: [Tensor]) throws(VireoError) {
        guard tensors.count == inputs.count else {
            throw VireoError(
                .invalidArgument, "\(tensors.count) tensors for \(inputs.count) inputs",
                remedy: "the inputs are " + CompiledModel.listing(inputs))
        }
        for index in tensors.indices where !inputs[index].accepts(tensors[index]) {
            let (tensor, input) = (tensors[index], inputs[index])
            throw VireoError(
                .invalidArgument,
                "a tensor \(tensor.elementType)\(tensor.shape) for the input \"\(input.name)\", "
                    + "which is \(input.elementType)\(input.shape)")
        }
    }

    /// The tensors in the order of the inputs.
    /// - Parameter tensors: by an input's name or one of its tensor's names.
    /// - Throws: `invalidArgument` for a name that is missing, unknown or given twice.
    public func ordered(_ tensors: [String: Tensor]) throws(VireoError) -> [Tensor] {
        var ordered = [Tensor?](repeating: nil, count: inputs.count)
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            guard let index = inputs.firstIndex(where: { $0.isCalled(name) }) else {
                throw VireoError(
                    .invalidArgument, "no input is called \"\(name)\"",
                    remedy: "the inputs are " + CompiledModel.listing(inputs))
            }
            guard ordered[index] == nil else {
                throw VireoError(.invalidArgument, "the input \"\(inputs[index].name)\" is given twice")
            }
            ordered[index] = tensor
        }
        let missing = zip(inputs, ordered).filter { $1 == nil }.map(\.0)
        guard missing.isEmpty else {
            throw VireoError(.invalidArgument, "tensors are missing for " + CompiledModel.listing(missing))
        }
        return ordered.compactMap { $0 }
    }

    func named(_ results: [Tensor]) -> [String: Tensor] {
        Dictionary(zip(outputs.map(\.name), results), uniquingKeysWith: { first, _ in first })
    }

    private static func listing(_ ports: [Port]) -> String { ports.map(\.description).joined(separator: ", ") }
}
