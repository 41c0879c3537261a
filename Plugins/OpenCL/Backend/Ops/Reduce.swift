import VireoKernels
import VireoPluginKit
import VireoTensor

/// ReduceSum-1, ReduceMean-1 and ReduceMax-1.
struct Reduce: Operation {
    private static let codes: [String: Int32] = [
        "ReduceSum": VIREO_SUM, "ReduceMean": VIREO_MEAN, "ReduceMax": VIREO_MAX,
    ]

    private let code: Int32
    private let input: Int
    private let count: Int
    /// Four dimensions and strides each.
    private let kept: (dims: [Int], strides: [Int])
    private let reduced: (dims: [Int], strides: [Int])

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        guard let code = Reduce.codes[node.opType] else {
            throw VireoError(.unsupported, "\(node.opType) is no known reduction")
        }
        let shape = try graph.inputShape(0, of: node)
        let axes = Set(try graph.axes(try graph.constantIntegers(1, of: node, "the axes"), rank: shape.rank))
        let keepsDims = try node.boolean("keep_dims")
        let others = (0..<shape.rank).filter { !axes.contains($0) }
        try graph.outputShape(
            of: node,
            mustBe: keepsDims
                ? shape.dimensions.indices.map { axes.contains($0) ? 1 : shape[$0] } : others.map { shape[$0] })
        func four(_ axes: [Int]) throws(VireoError) -> (dims: [Int], strides: [Int]) {
            let merged = collapse(axes.map { shape[$0] }, [axes.map { shape.strides[$0] }])
            guard let dims = merged.dims.padded(to: 4, with: 1), let strides = merged.strides[0].padded(to: 4, with: 0)
            else { throw VireoError(.unsupported, "reducing \(shape) along \(axes) takes more than 4 dimensions") }
            return (dims, strides)
        }
        self.code = code
        input = node.inputs[0]
        count = others.map { shape[$0] }.reduce(1, *)
        kept = try four(others)
        reduced = try four(axes.sorted())
    }

    func lower(_ epilogue: Epilogue, into plan: PlanBuilder) throws {
        plan.run(
            "reduce",
            [
                .memory(try plan.read(input)), .memory(try plan.write(epilogue.output)), .int(count), .int(code),
                .int4(kept.dims), .int4(kept.strides), .int4(reduced.dims), .int4(reduced.strides),
            ],
            .flat(count))
    }
}
