import VireoPluginKit
import VireoTensor

/// Reshape-1, Squeeze-1 and Unsqueeze-1: other dimensions for the same bytes. Nothing runs.
struct Reshape: Operation {
    private let input: Int

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        let input = try graph.inputShape(0, of: node)
        let output = try graph.outputShape(of: node)
        guard input.elementCount == output.elementCount else {
            throw VireoError(.invalidArgument, "\(input) and \(output) have different numbers of elements")
        }
        self.input = node.inputs[0]
    }

    func lower(_ epilogue: Epilogue, into plan: PlanBuilder) throws { try plan.alias(epilogue.output, of: input) }
}
