import VireoPluginKit
import VireoTensor

/// One node, read and checked, ready to become commands.
protocol Operation: SendableMetatype {
    /// What the operation's kernel can do after its own work.
    static var abilities: Epilogue.Abilities { get }
    /// The axis of the output along which a bias runs.
    static func channelAxis(rank: Int) -> Int

    /// - Throws: why the backend does not take the node.
    init(_ node: NodeView, in graph: GraphView) throws(VireoError)
    /// Adds the commands that compute the node and its epilogue; the result belongs in `epilogue.output`.
    func lower(_ epilogue: Epilogue, into plan: PlanBuilder) throws
}

extension Operation {
    static var abilities: Epilogue.Abilities { [] }
    static func channelAxis(rank: Int) -> Int { 0 }
}

/// Every operation that the backend takes.
let operations: [String: any Operation.Type] = [
    "Convolution": Convolution.self,
    "GroupConvolution": GroupConvolution.self,
    "MatMul": MatMul.self,
    "MaxPool": MaxPool.self,
    "AvgPool": AvgPool.self,
    "Add": Binary.self,
    "Subtract": Binary.self,
    "Multiply": Binary.self,
    "Divide": Binary.self,
    "Maximum": Binary.self,
    "Minimum": Binary.self,
    "ReLU": Unary.self,
    "Relu": Unary.self,
    "Clamp": Unary.self,
    "Sigmoid": Unary.self,
    "Tanh": Unary.self,
    "Exp": Unary.self,
    "Elu": Unary.self,
    "Swish": Unary.self,
    "HSwish": Unary.self,
    "SoftMax": SoftMax.self,
    "Softmax": SoftMax.self,
    "Concat": Concat.self,
    "Split": Split.self,
    "VariadicSplit": Split.self,
    "Reshape": Reshape.self,
    "Squeeze": Reshape.self,
    "Unsqueeze": Reshape.self,
    "Transpose": Transpose.self,
    "ReduceMean": Reduce.self,
    "ReduceSum": Reduce.self,
    "ReduceMax": Reduce.self,
    "Pad": Pad.self,
    "LRN": LRN.self,
]

/// - Throws: why the backend does not take `node`.
func operation(for node: NodeView, in graph: GraphView) throws(VireoError) -> any Operation {
    guard let type = operations[node.opType] else {
        throw VireoError(.unsupported, "there is no OpenCL kernel for \(node.opType)")
    }
    return try type.init(node, in: graph)
}

/// Makes the plan of a whole graph.
///
/// An operation that others fuse into runs where its last fused node stood: everything that the epilogue reads is there
/// by then, and nobody else reads what the fused nodes would have computed.
func lower(
    _ graph: GraphView, on session: DeviceSession, _ options: PlanOptions, _ form: KernelForm, _ program: CLProgram
) throws -> Plan {
    let plan = try PlanBuilder(graph, on: session, options, form, program)
    var fused: Set<Int> = []
    var hidden: Set<Int> = []
    var waiting: [Int: (node: NodeView, operation: any Operation, epilogue: Epilogue)] = [:]
    for node in graph.nodes where !fused.contains(node.index) {
        try withContext("node \"\(node.name)\" (\(node.opType))") {
            let operation = try operation(for: node, in: graph)
            let type = type(of: operation)
            let rank = graph.values[node.outputs[0]].shape.rank ?? 0
            let epilogue = Epilogue(
                of: node, in: graph, channelAxis: type.channelAxis(rank: rank), abilities: type.abilities,
                isAvailable: { !hidden.contains($0) })
            waiting[epilogue.nodes.last?.index ?? node.index] = (node, operation, epilogue)
            guard !epilogue.nodes.isEmpty else { return }
            fused.formUnion(epilogue.nodes.map(\.index))
            hidden.insert(node.outputs[0])
            hidden.formUnion(epilogue.nodes.dropLast().map { $0.outputs[0] })
        }
    }
    for node in graph.nodes {
        guard let next = waiting[node.index] else { continue }
        plan.begin(next.node)
        try withContext("node \"\(next.node.name)\" (\(next.node.opType))") {
            try next.operation.lower(next.epilogue, into: plan)
        }
    }
    return try plan.finish()
}
