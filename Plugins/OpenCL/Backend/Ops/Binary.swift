import VireoKernels
import VireoPluginKit
import VireoTensor

/// Functions of two elements with numpy's broadcasting: Add, Subtract, Multiply, Divide, Maximum, Minimum.
struct Binary: Operation {
    static let abilities: Epilogue.Abilities = .activations

    private static let codes: [String: Int32] = [
        "Add": VIREO_ADD, "Subtract": VIREO_SUBTRACT, "Multiply": VIREO_MULTIPLY, "Divide": VIREO_DIVIDE,
        "Maximum": VIREO_MAXIMUM, "Minimum": VIREO_MINIMUM,
    ]

    private let code: Int32
    private let left: Int
    private let right: Int
    private let count: Int
    /// The output's dimensions and both inputs' strides, eight of each; nil when all shapes are the same.
    private let broadcast: (dims: [Int], left: [Int], right: [Int])?

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        guard let code = Binary.codes[node.opType] else {
            throw VireoError(.unsupported, "\(node.opType) is no known function of two elements")
        }
        if case .string(let rule)? = node.attributes["auto_broadcast"], rule != "numpy", rule != "none" {
            throw VireoError(.unsupported, "broadcasting by the rule \"\(rule)\" has no kernel")
        }
        let a = try graph.inputShape(0, of: node)
        let b = try graph.inputShape(1, of: node)
        let rank = max(a.rank, b.rank)
        let aDims = [Int](repeating: 1, count: rank - a.rank) + a.dimensions
        let bDims = [Int](repeating: 1, count: rank - b.rank) + b.dimensions
        guard zip(aDims, bDims).allSatisfy({ $0 == $1 || $0 == 1 || $1 == 1 }) else {
            throw VireoError(.invalidArgument, "the shapes \(a) and \(b) do not broadcast")
        }
        let dims = zip(aDims, bDims).map { max($0, $1) }
        try graph.outputShape(of: node, mustBe: dims)
        self.code = code
        left = node.inputs[0]
        right = node.inputs[1]
        count = dims.reduce(1, *)
        if a.elementCount == count, b.elementCount == count {
            broadcast = nil
            return
        }
        func strides(_ own: [Int]) -> [Int] { zip(own, Shape(own).strides).map { $0 == 1 ? 0 : $1 } }
        let merged = collapse(dims, [strides(aDims), strides(bDims)])
        guard let eight = merged.dims.padded(to: 8, with: 1),
            let leftStrides = merged.strides[0].padded(to: 8, with: 0),
            let rightStrides = merged.strides[1].padded(to: 8, with: 0)
        else { throw VireoError(.unsupported, "broadcasting \(a) with \(b) takes more than 8 dimensions") }
        broadcast = (eight, leftStrides, rightStrides)
    }

    func lower(_ epilogue: Epilogue, into plan: PlanBuilder) throws {
        let tensors: [Argument] = [
            .memory(try plan.read(left)), .memory(try plan.read(right)), .memory(try plan.write(epilogue.output)),
        ]
        let functions = [.int(code)] + UnaryFunction(epilogue.activation).arguments
        if let broadcast {
            let dims = broadcast.dims
            let strides: [Argument] = [.int8(dims), .int8(broadcast.left), .int8(broadcast.right)]
            plan.run(
                "binary_broadcast", tensors + strides + functions,
                .rows(dims[7], dims[6], dims[..<6].reduce(1, *), of: plan.lanes))
        } else {
            plan.run(
                "binary", tensors + [.int(count)] + functions,
                .vectors(count, of: plan.lanes))
        }
    }
}
