import VireoPluginKit
import VireoTensor

/// Transpose-1. An empty order reverses the axes.
struct Transpose: Operation {
    private let input: Int
    private let dims: [Int]
    private let strides: [Int]
    /// Whether the elements stay in their order.
    private let isIdentity: Bool

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        let shape = try graph.inputShape(0, of: node)
        var order = try graph.constantIntegers(1, of: node, "the order of the axes")
        if order.isEmpty { order = (0..<shape.rank).reversed() }
        guard order.sorted() == Array(0..<shape.rank) else {
            throw VireoError(.invalidArgument, "\(order) is no order of \(shape.rank) axes")
        }
        try graph.outputShape(of: node, mustBe: order.map { shape[$0] })
        let merged = collapse(order.map { shape[$0] }, [order.map { shape.strides[$0] }])
        guard let dims = merged.dims.padded(to: 8, with: 1), let strides = merged.strides[0].padded(to: 8, with: 0)
        else {
            throw VireoError(.unsupported, "transposing \(shape) takes more than 8 dimensions")
        }
        input = node.inputs[0]
        self.dims = dims
        self.strides = strides
        isIdentity = merged.dims.count <= 1
    }

    func lower(_ epilogue: Epilogue, into plan: PlanBuilder) throws {
        if isIdentity { return try plan.alias(epilogue.output, of: input) }
        plan.run(
            "strided_copy",
            [
                .memory(try plan.read(input)), .memory(try plan.write(epilogue.output)), .int8(dims), .int8(strides),
            ],
            .strided(dims))
    }
}
