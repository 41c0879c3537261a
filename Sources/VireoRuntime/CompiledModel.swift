import VireoIR
import VireoTensor

/// A model made ready to run on one or more devices. It never changes and is shared by its requests.
public final class CompiledModel: Sendable {
    /// An input or output.
    public struct Port: Sendable, Hashable {
        /// The name of the node that stands for an input, or that computes an output.
        public let name: String
        /// The framework's names of the tensor, such as "input:0".
        public let tensorNames: [String]
        public let elementType: ElementType
        public let shape: Shape
    }

    public let name: String
    public let inputs: [Port]
    public let outputs: [Port]
    public let placement: Placement
    /// The devices that run parts of the model, in the order in which they are first used.
    public let devices: [DeviceInfo]
    let plan: RunPlan

    /// - Parameters:
    ///   - candidates: devices in order of preference.
    ///   - properties: settings for this compilation, which go to every device that knows them.
    init(_ model: Model, candidates: [Device], properties: [String: String]) throws {
        let prepared = try model.preparedForBackends()
        let assignment = try Assignment(prepared, to: candidates)
        let parts = assignment.subgraphs(of: prepared)
        let used = parts.map { candidates[assignment.devices[$0[0]]] }
        let settings = try CompiledModel.share(properties, among: used.isEmpty ? Array(candidates.prefix(1)) : used)

        name = model.name
        inputs = try model.parameters.map { try Port(model, Output($0)) }
        outputs = try zip(model.results, prepared.results).map { try Port(model, model[$0].inputs[0], prepared, $1) }
        plan = try RunPlan(prepared, parts.map { $0.map { assignment.nodes[$0] } }) { graph, part in
            try used[part].backend().compile(graph, properties: settings[used[part].info.name] ?? [:])
        }
        placement = Placement(prepared, assignment, parts, devices: used.map(\.info.name))
        var seen: Set<String> = []
        devices = used.map(\.info).filter { seen.insert($0.name).inserted }
    }

    /// A request, which runs the model once at a time. Several requests may run at the same time.
    /// - Throws: `outOfMemory` or what the device says when it has no room for another.
    public func makeRequest() throws -> InferRequest { try InferRequest(self) }

    /// For each device the properties that it knows.
    /// - Throws: `invalidArgument` for one that no device knows.
    private static func share(
        _ properties: [String: String], among devices: [Device]
    ) throws -> [String: [String: String]] {
        guard !properties.isEmpty else { return [:] }
        var shares: [String: [String: String]] = [:]
        var mutable: Set<String> = []
        for device in devices where shares[device.info.name] == nil {
            let known = Set(try device.backend().properties().filter(\.isMutable).map(\.name))
            shares[device.info.name] = properties.filter { known.contains($0.key) }
            mutable.formUnion(known)
        }
        let unknown = properties.keys.filter { !mutable.contains($0) }.sorted()
        guard unknown.isEmpty else {
            throw VireoError(
                .invalidArgument, "no property \(unknown.joined(separator: ", ")) can be set for this model",
                remedy: "the properties that can are " + mutable.sorted().joined(separator: ", "))
        }
        return shares
    }
}

extension CompiledModel.Port {
    fileprivate init(_ model: Model, _ value: Output) throws {
        let node = model[value.node]
        let output = node.outputs[value.index]
        try self.init(node, value.index, output.tensorNames, output.type)
    }

    /// An output under the names that `model` gives it, with the type that `prepared` found.
    fileprivate init(_ model: Model, _ value: Output, _ prepared: Model, _ result: NodeID) throws {
        let node = model[value.node]
        try self.init(
            node, value.index, node.outputs[value.index].tensorNames, prepared.type(of: prepared[result].inputs[0]))
    }

    private init(_ node: Node, _ index: Int, _ tensorNames: [String], _ type: ValueType) throws {
        guard let shape = type.shape.shape else {
            throw VireoError(.internalError, "the shape \(type.shape) is not static", in: ["node \(node.label)"])
        }
        name = node.outputs.count == 1 ? node.name : "\(node.name).\(index)"
        self.tensorNames = tensorNames
        elementType = type.elementType
        self.shape = shape
    }

    /// Whether people may mean this port when they write `name`.
    func isCalled(_ name: String) -> Bool { self.name == name || tensorNames.contains(name) }
}

extension Placement {
    fileprivate init(_ model: Model, _ assignment: Assignment, _ parts: [[Int]], devices: [String]) {
        var subgraph = [Int](repeating: 0, count: assignment.nodes.count)
        for (number, part) in parts.enumerated() { for place in part { subgraph[place] = number } }
        nodes = assignment.nodes.enumerated().map { place, id in
            Node(
                name: model[id].name, type: model[id].type, device: devices[subgraph[place]],
                subgraph: subgraph[place], refusals: assignment.refusals[place])
        }
        subgraphs = zip(parts, devices).map { Subgraph(device: $1, nodeCount: $0.count) }
    }
}
