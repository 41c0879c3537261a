import VireoPluginKit
import VireoTensor

/// Split-1 and VariadicSplit-1: each output is copied from its place.
struct Split: Operation {
    private let input: Int
    private let outputs: [Int]
    private let outer: Int
    /// Elements that each output takes from a run of the input.
    private let runs: [Int]

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        let shape = try graph.inputShape(0, of: node)
        let axes = try graph.axes(try graph.constantIntegers(1, of: node, "the axis"), rank: shape.rank)
        guard axes.count == 1 else { throw VireoError(.invalidArgument, "\(axes.count) axes to split along") }
        let axis = axes[0]
        let inner = shape.dimensions[(axis + 1)...].reduce(1, *)
        var total = 0
        var runs: [Int] = []
        for index in node.outputs.indices {
            let part = try graph.outputShape(index, of: node).dimensions
            guard part.count == shape.rank, part[..<axis] == shape.dimensions[..<axis],
                part[(axis + 1)...] == shape.dimensions[(axis + 1)...]
            else {
                throw VireoError(.invalidArgument, "\(part) is no part of \(shape) along axis \(axis)")
            }
            total += part[axis]
            runs.append(part[axis] * inner)
        }
        guard total == shape[axis] else {
            throw VireoError(.invalidArgument, "the parts have \(total) of the \(shape[axis]) elements along the axis")
        }
        input = node.inputs[0]
        outputs = node.outputs
        outer = shape.dimensions[..<axis].reduce(1, *)
        self.runs = runs
    }

    func lower(_ epilogue: Epilogue, into plan: PlanBuilder) throws {
        let source = try plan.read(input)
        let elementSize = plan.elementByteCount
        let pitch = runs.reduce(0, +) * elementSize
        var offset = 0
        for (output, run) in zip(outputs, runs) {
            let bytes = run * elementSize
            let box = CopyRectangle(
                rowByteCount: bytes, rows: outer, sourceOffset: offset, sourcePitch: pitch, destinationPitch: bytes)
            plan.copy(box, from: source, to: try plan.write(output))
            offset += bytes
        }
    }
}
