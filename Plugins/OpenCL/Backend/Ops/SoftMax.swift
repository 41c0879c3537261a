import VireoKernels
import VireoPluginKit
import VireoTensor

/// SoftMax-1 and -8: along one axis.
struct SoftMax: Operation {
    private let input: Int
    private let outer: Int
    private let length: Int
    private let inner: Int

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        let shape = try graph.inputShape(0, of: node)
        try graph.outputShape(of: node, mustBe: shape.dimensions)
        let axis = try graph.axes([try node.integer("axis")], rank: shape.rank)[0]
        input = node.inputs[0]
        outer = shape.dimensions[..<axis].reduce(1, *)
        length = shape[axis]
        inner = shape.dimensions[(axis + 1)...].reduce(1, *)
    }

    func lower(_ epilogue: Epilogue, into plan: PlanBuilder) throws {
        let tensors: [Argument] = [.memory(try plan.read(input)), .memory(try plan.write(epilogue.output))]
        let split = Int(VIREO_SPLIT)
        if plan.form.sharesLocalMemory, inner == 1, length >= split {
            plan.run("softmax_split", tensors + [.int(length)], WorkSize([outer * split], local: [split]))
        } else {
            plan.run("softmax", tensors + [outer, length, inner].map(Argument.int), .flat(outer * inner))
        }
    }
}
