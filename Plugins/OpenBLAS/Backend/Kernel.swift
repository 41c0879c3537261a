import VireoPluginKit
import VireoTensor

/// How one operation is computed. Kernels are immutable and name their tensors by the graph's value indices.
protocol Kernel: Sendable {
    /// - Throws: `unsupported` with the reason why this backend does not take the node.
    init(_ node: NodeView, in graph: GraphView) throws(VireoError)

    /// The name in profiles: "sgemm_im2col".
    var execType: String { get }
    /// Values read, all f32.
    var reads: [Int] { get }
    /// Values written, all f32.
    var writes: [Int] { get }
    /// Places where one tensor is a part of another, so that both may live in the same memory. `run` copies where they
    /// do not.
    var views: [TensorView] { get }
    /// Scratch memory in elements.
    func workspaceCount(threads: Int) -> Int
    func run(_ run: Run)
}

extension Kernel {
    var views: [TensorView] { [] }
    func workspaceCount(threads: Int) -> Int { 0 }
}

/// A kernel that computes what follows it on the way out.
protocol FusingKernel: Kernel {
    var abilities: Epilogue.Abilities { get }
    /// The axis that a bias runs along.
    var channelAxis: Int { get }
    mutating func fuse(_ epilogue: Epilogue)
}

/// A kernel that decides how it computes, and what it needs for that, when a graph is compiled.
protocol PreparingKernel: Kernel {
    /// Called once, after everything that follows the node was fused.
    mutating func prepare(in graph: GraphView, _ preparation: Preparation) throws(VireoError)
}

/// What a kernel may know when it prepares itself.
struct Preparation {
    /// Whether ways of computing that are fast but round more are allowed.
    let allowsLessAccuracy: Bool
    let host: Host
}

/// `part` holds the elements of `whole` from `offset` on.
struct TensorView: Sendable, Equatable {
    let part: Int
    let whole: Int
    let offset: Int
}

/// Every operation of this backend, by the specification's name.
let kernels: [String: any Kernel.Type] = [
    "Add": Binary.self,
    "AvgPool": Pooling.self,
    "Clamp": Unary.self,
    "Concat": Concat.self,
    "Convolution": Convolution.self,
    "Divide": Binary.self,
    "Elu": Unary.self,
    "Exp": Unary.self,
    "FakeQuantize": FakeQuantize.self,
    "GroupConvolution": GroupConvolution.self,
    "HSwish": Unary.self,
    "LRN": LRN.self,
    "MatMul": MatMul.self,
    "MaxPool": Pooling.self,
    "Maximum": Binary.self,
    "Minimum": Binary.self,
    "Multiply": Binary.self,
    "PReLU": Binary.self,
    "Pad": Pad.self,
    "ReLU": Unary.self,
    "ReduceMax": Reduce.self,
    "ReduceMean": Reduce.self,
    "ReduceSum": Reduce.self,
    "Reshape": Reshape.self,
    "Sigmoid": Unary.self,
    "SoftMax": SoftMax.self,
    "Softmax": SoftMax.self,
    "Split": Split.self,
    "Squeeze": Reshape.self,
    "StridedSlice": StridedSlice.self,
    "Subtract": Binary.self,
    "Swish": Unary.self,
    "Tanh": Unary.self,
    "Transpose": Transpose.self,
    "Unsqueeze": Reshape.self,
    "VariadicSplit": Split.self,
]

/// The kernel of a node.
/// - Throws: `unsupported` with the reason why there is none.
func kernel(for node: NodeView, in graph: GraphView) throws(VireoError) -> any Kernel {
    guard let type = kernels[node.opType] else {
        throw refusal("\(node.opType) is not implemented by \(OpenBLASBackend.name)")
    }
    return try type.init(node, in: graph)
}

/// An error that says why a node is not taken.
func refusal(_ reason: String) -> VireoError { VireoError(.unsupported, reason) }
