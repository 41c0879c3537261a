import VireoIR
import VireoRuntime
import VireoTensor

/// What becomes of each node of a model on a device: who runs it, with which kernel, in what precision, how long it
/// takes, and why others would not.
public struct Explanation: Sendable {
    public struct Node: Sendable, Encodable {
        public let name: String
        /// The operation.
        public let type: String
        public let device: String
        /// Which part of the model it is in, counted from 0 in the order in which they run.
        public let subgraph: Int
        /// The kernel that ran; nil for a node that was fused into another or needs no work.
        public let kernel: String?
        /// The node whose kernel does this one's work; nil unless it was fused.
        public let fusedInto: String?
        /// The element type that its kernel, or the one that it was fused into, computes in: u8 or s8 where it computes
        /// in integers. That of the output where the device does not say.
        public let precision: String
        /// The element type of its first output.
        public let elementType: String
        /// The shape of its first output.
        public let shape: String
        public let microseconds: Int
        public let refusals: [Refusal]
    }

    /// A device that would not take a node.
    public struct Refusal: Sendable, Encodable {
        public let device: String
        public let reason: String
    }

    public let device: String
    /// What the model's devices were told, and what else matters: INFERENCE_PRECISION_HINT, threads.
    public let settings: [String: String]
    /// In the order of the graph.
    public let nodes: [Node]
    /// One line: "ONEDNN 84 nodes, REFERENCE 2 nodes; 3 subgraphs".
    public let summary: String
    /// The model as backends got it.
    package let model: Model
    package let kernels: KernelMap

    /// Compiles the model and runs it twice; the second run is the one that is told.
    /// - Parameters:
    ///   - model: any model that the device can run.
    ///   - device: what `Core.compile` takes.
    ///   - core: where the device is.
    ///   - inputs: one tensor for each of the model's inputs.
    ///   - properties: settings for the compilation.
    /// - Throws: what compiling and running throw.
    public init(
        _ model: Model, on device: String, _ core: Core, inputs: [Tensor], properties: Configuration = [:]
    ) throws {
        let model = try model.fixed(to: inputs)
        let prepared = try core.prepared(model, for: device)
        let known = try core.properties(of: device)
        var settings = properties
        if known.contains(where: { $0.name == "PERF_COUNT" && $0.isMutable }) { settings[.perfCount] = true }
        let compiled = try core.compile(model, device: device, properties: settings)
        let request = try compiled.makeRequest()
        _ = try request.run(inputs)
        _ = try request.run(inputs)
        let kernels = try KernelMap(request.profile, of: prepared)

        self.device = device
        self.settings = Dictionary(
            known.filter { $0.isMutable && $0.name != "PERF_COUNT" }.map { ($0.name, $0.value) },
            uniquingKeysWith: { first, _ in first }
        ).merging(properties.values) { $1 }
        self.model = prepared
        self.kernels = kernels
        summary = compiled.placement.summary
        let ids = Dictionary(
            prepared.nodes.map { ($0.name, $0.id) }, uniquingKeysWith: { first, _ in first })
        nodes = compiled.placement.nodes.map { placed in
            let node = ids[placed.name].map { prepared[$0] }
            let row = node.flatMap { kernels.row($0) }
            let type = node?.outputs.first?.type
            let anchor = node.flatMap { kernels.anchor($0) }.map { prepared[$0] }
            let precision = anchor.flatMap { kernels.row($0) }?.precision ?? row?.precision ?? type?.elementType
            return Node(
                name: placed.name, type: placed.type, device: placed.device, subgraph: placed.subgraph,
                kernel: row?.status == .executed ? row?.execType : nil,
                fusedInto: anchor?.name, precision: precision.map { "\($0)" } ?? "",
                elementType: type.map { "\($0.elementType)" } ?? "", shape: type.map { "\($0.shape)" } ?? "",
                microseconds: node.map { kernels.microseconds($0) } ?? 0,
                refusals: placed.refusals.map { Refusal(device: $0.device, reason: $0.reason) })
        }
    }
}
