import VireoPluginKit
import VireoTensor

/// LRN-1 across one axis.
struct LRN: Operation {
    private let input: Int
    private let count: Int
    private let length: Int
    private let inner: Int
    private let radius: Int
    private let alpha: Float
    private let beta: Float
    private let bias: Float

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        let shape = try graph.inputShape(0, of: node)
        try graph.outputShape(of: node, mustBe: shape.dimensions)
        let axes = try graph.axes(try graph.constantIntegers(1, of: node, "the axes"), rank: shape.rank)
        guard axes.count == 1 else {
            throw VireoError(.unsupported, "normalisation across \(axes.count) axes has no kernel, only across one")
        }
        let size = try node.integer("size")
        guard (1...1 << 20).contains(size) else { throw VireoError(.invalidArgument, "a window of \(size)") }
        input = node.inputs[0]
        count = shape.elementCount
        length = shape[axes[0]]
        inner = shape.dimensions[(axes[0] + 1)...].reduce(1, *)
        radius = (size - 1) / 2
        alpha = Float(try node.number("alpha") / Double(size))
        beta = Float(try node.number("beta"))
        bias = Float(try node.number("bias"))
    }

    func lower(_ epilogue: Epilogue, into plan: PlanBuilder) throws {
        plan.run(
            "lrn",
            [.memory(try plan.read(input)), .memory(try plan.write(epilogue.output))]
                + [count, length, inner, radius].map(Argument.int) + [.float(alpha), .float(beta), .float(bias)],
            .flat(count))
    }
}
