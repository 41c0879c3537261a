import VireoPluginKit
import VireoTensor

/// Concat-1: each input is copied to its place.
struct Concat: Operation {
    private let inputs: [Int]
    private let outer: Int
    /// Elements that each input gives to a run of the output.
    private let runs: [Int]

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        let first = try graph.inputShape(0, of: node)
        let axis = try graph.axes([try node.integer("axis")], rank: first.rank)[0]
        var expected = first.dimensions
        expected[axis] = 0
        var runs: [Int] = []
        let inner = first.dimensions[(axis + 1)...].reduce(1, *)
        for index in node.inputs.indices {
            let shape = try graph.inputShape(index, of: node).dimensions
            guard shape.count == first.rank, shape[..<axis] == first.dimensions[..<axis],
                shape[(axis + 1)...] == first.dimensions[(axis + 1)...]
            else {
                throw VireoError(.invalidArgument, "\(shape) does not join \(first) along axis \(axis)")
            }
            expected[axis] += shape[axis]
            runs.append(shape[axis] * inner)
        }
        try graph.outputShape(of: node, mustBe: expected)
        inputs = node.inputs
        outer = first.dimensions[..<axis].reduce(1, *)
        self.runs = runs
    }

    func lower(_ epilogue: Epilogue, into plan: PlanBuilder) throws {
        let sources = try inputs.map { try plan.read($0) }
        let output = try plan.write(epilogue.output)
        let elementSize = plan.elementByteCount
        let pitch = runs.reduce(0, +) * elementSize
        var offset = 0
        for (source, run) in zip(sources, runs) {
            let bytes = run * elementSize
            let box = CopyRectangle(
                rowByteCount: bytes, rows: outer, sourcePitch: bytes, destinationOffset: offset, destinationPitch: pitch
            )
            plan.copy(box, from: source, to: output)
            offset += bytes
        }
    }
}
