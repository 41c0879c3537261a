import VireoPluginKit
import VireoTensor

/// How one kind of operation becomes primitives.
protocol Lowering: SendableMetatype {
    /// - Throws: `unsupported` with the reason why `node` is left to another backend.
    static func validate(_ node: NodeView, in graph: GraphView) throws
    /// Adds the node's steps. Only called for nodes that `validate` accepts.
    static func lower(_ node: NodeView, into plan: PlanBuilder) throws
    /// What its inputs may be, beside constants.
    static var inputTypes: Set<ElementType> { get }
}

extension Lowering {
    static var inputTypes: Set<ElementType> { singlePrecision }
}

/// The operations that this backend has. Opsets beyond those named in a lowering's file have the same meaning here.
private let lowerings: [String: any Lowering.Type] = [
    "Abs": ElementwiseLowering.self,
    "Add": BinaryLowering.self,
    "AvgPool": PoolingLowering.self,
    "Clamp": ElementwiseLowering.self,
    "Concat": ConcatLowering.self,
    "Convert": ConvertLowering.self,
    "Convolution": ConvolutionLowering.self,
    "Divide": BinaryLowering.self,
    "Elu": ElementwiseLowering.self,
    "Exp": ElementwiseLowering.self,
    "FakeQuantize": FakeQuantizeLowering.self,
    "Gelu": ElementwiseLowering.self,
    "GroupConvolution": ConvolutionLowering.self,
    "HSwish": ElementwiseLowering.self,
    "LRN": LRNLowering.self,
    "LogSoftmax": SoftmaxLowering.self,
    "MatMul": MatMulLowering.self,
    "MaxPool": PoolingLowering.self,
    "Maximum": BinaryLowering.self,
    "Minimum": BinaryLowering.self,
    "Mish": ElementwiseLowering.self,
    "Multiply": BinaryLowering.self,
    "Negative": ElementwiseLowering.self,
    "PReLU": PReLULowering.self,
    "Pad": PadLowering.self,
    "ReLU": ElementwiseLowering.self,
    "ReduceMax": ReductionLowering.self,
    "ReduceMean": ReductionLowering.self,
    "ReduceMin": ReductionLowering.self,
    "ReduceSum": ReductionLowering.self,
    "Reshape": ReshapeLowering.self,
    "Sigmoid": ElementwiseLowering.self,
    "SoftMax": SoftmaxLowering.self,
    "Split": SplitLowering.self,
    "Sqrt": ElementwiseLowering.self,
    "Squeeze": ReshapeLowering.self,
    "StridedSlice": StridedSliceLowering.self,
    "Subtract": BinaryLowering.self,
    "Swish": ElementwiseLowering.self,
    "Tanh": ElementwiseLowering.self,
    "Transpose": TransposeLowering.self,
    "Unsqueeze": ReshapeLowering.self,
    "VariadicSplit": SplitLowering.self,
]

/// The lowering of `node`, once it is known to accept it.
/// - Throws: `unsupported` with the reason.
func lowering(of node: NodeView, in graph: GraphView) throws -> any Lowering.Type {
    guard let lowering = lowerings[node.opType] else {
        throw VireoError(.unsupported, "ONEDNN has no operation \(node.opType) of \(node.opset)")
    }
    for (index, output) in node.outputs.enumerated() where index == 0 || isUsed(output, in: graph) {
        try withContext("output \(index)") { _ = try singlePrecisionDimensions(graph.values[output]) }
    }
    for (index, input) in node.inputs.enumerated() where input >= 0 && graph.values[input].constant == nil {
        try withContext("input \(index)") { _ = try dimensions(of: graph.values[input], lowering.inputTypes) }
    }
    try lowering.validate(node, in: graph)
    return lowering
}

func isUsed(_ value: Int, in graph: GraphView) -> Bool {
    !graph.values[value].consumers.isEmpty || graph.values[value].isGraphOutput
}

/// The extents of a value that oneDNN can hold as f32.
/// - Throws: `unsupported` with the reason for any other.
func singlePrecisionDimensions(_ value: ValueView) throws(VireoError) -> [Int] {
    try dimensions(of: value, value.constant == nil ? singlePrecision : constantTypes)
}

private let singlePrecision: Set<ElementType> = [.f32]
private let constantTypes: Set<ElementType> = [.f32, .f16]

/// The extents of a value of one of `types` that oneDNN can hold.
/// - Throws: `unsupported` with the reason for any other.
func dimensions(of value: ValueView, _ types: Set<ElementType>) throws(VireoError) -> [Int] {
    guard types.contains(value.elementType) else {
        throw VireoError(.unsupported, "element type \(value.elementType), where ONEDNN computes in f32")
    }
    guard let dimensions = value.dimensions else {
        throw VireoError(.unsupported, "the shape \(value.shape) is not static")
    }
    guard dimensions.count <= 6 else {
        throw VireoError(.unsupported, "rank \(dimensions.count), where ONEDNN goes up to 6")
    }
    guard dimensions.allSatisfy({ (1...Int(Int32.max)).contains($0) }) else {
        throw VireoError(.unsupported, "the shape \(value.shape) is empty or has a dimension beyond 2^31")
    }
    return dimensions
}

extension GraphView {
    /// The extents of input `index`, which must be an f32 tensor, or a floating-point constant.
    func operand(_ index: Int, of node: NodeView) throws(VireoError) -> [Int] {
        guard node.inputs.indices.contains(index), node.inputs[index] >= 0 else {
            throw VireoError(.unsupported, "\(node.opType) without input \(index)")
        }
        return try singlePrecisionDimensions(values[node.inputs[index]])
    }

    func result(of node: NodeView) throws(VireoError) -> [Int] {
        guard let output = node.outputs.first else { throw VireoError(.unsupported, "\(node.opType) without output") }
        return try singlePrecisionDimensions(values[output])
    }

    /// The integers of input `index`, which must be a constant.
    func integers(_ index: Int, of node: NodeView) throws(VireoError) -> [Int] {
        guard node.inputs.indices.contains(index), node.inputs[index] >= 0,
            let integers = values[node.inputs[index]].integers
        else { throw VireoError(.unsupported, "input \(index) is not a constant list of integers") }
        return integers
    }
}

/// Axes counted from the front, each once and within `rank`.
/// - Throws: `unsupported` otherwise.
func normalized(axes: [Int], rank: Int) throws(VireoError) -> [Int] {
    let counted = axes.map { $0 < 0 ? $0 &+ rank : $0 }
    guard counted.allSatisfy({ (0..<rank).contains($0) }), Set(counted).count == counted.count else {
        throw VireoError(.unsupported, "the axes \(axes) of a tensor of rank \(rank)")
    }
    return counted
}
