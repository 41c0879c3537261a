import CDNNL
import VireoPluginKit
import VireoTensor

/// A pooling whose window is one element: a copy of every n-th. Slices and pads before it go into the positions that
/// it reads, as long as they do not meet what was padded.
struct Subsampling {
    private let pool: NodeView
    /// The slices and pads, from the last.
    private let absorbed: [NodeView]
    private let value: Int
    /// Along each axis the first element that is read, and the distance to the next.
    private let offsets: [Int]
    private let steps: [Int]

    /// Nil for nodes that are no such pooling.
    init?(_ pool: NodeView, in graph: GraphView) {
        guard ["MaxPool", "AvgPool"].contains(pool.opType), let source = try? graph.operand(0, of: pool),
            let result = try? graph.result(of: pool), let kernel = try? pool.integers("kernel"),
            let window = try? Window(kernel: kernel, of: pool), window.isUnpadded,
            kernel.allSatisfy({ $0 == 1 }), source.count == kernel.count + 2
        else { return nil }
        self.pool = pool
        steps = [1, 1] + window.strides
        var (value, offsets) = (pool.inputs[0], source.map { _ in 0 })
        var absorbed: [NodeView] = []
        var known = (value: value, offsets: offsets, count: 0)
        while let (node, moved) = Subsampling.step(before: value, offsets, in: graph) {
            (value, offsets) = (node.inputs[0], moved)
            absorbed.append(node)
            if Subsampling.isInside(offsets, steps, result, graph.values[value].dimensions ?? []) {
                known = (value, offsets, absorbed.count)
            }
        }
        (self.value, self.offsets) = (known.value, known.offsets)
        self.absorbed = Array(absorbed.prefix(known.count))
    }

    /// The slice or pad that computes `value` for nobody else, and where `offsets` are in what it reads.
    private static func step(
        before value: Int, _ offsets: [Int], in graph: GraphView
    ) -> (node: NodeView, offsets: [Int])? {
        guard graph.soleConsumer(of: value) != nil, let producer = graph.values[value].producer else { return nil }
        let node = graph.nodes[producer]
        guard let source = node.inputs.first, source >= 0, graph.values[source].constant == nil,
            (try? lowering(of: node, in: graph)) != nil
        else { return nil }
        if node.opType == "StridedSlice", let begin = try? StridedSliceLowering.offsets(node, graph) {
            return (node, zip(offsets, begin).map { $0 + $1 })
        }
        if node.opType == "Pad", let begin = try? PadLowering.begin(node, graph) {
            return (node, zip(offsets, begin).map { $0 - $1 })
        }
        return nil
    }

    private static func isInside(_ offsets: [Int], _ steps: [Int], _ result: [Int], _ source: [Int]) -> Bool {
        source.count == result.count
            && source.indices.allSatisfy {
                offsets[$0] >= 0 && offsets[$0] + (result[$0] - 1) * steps[$0] < source[$0]
            }
    }

    /// Whether `node`, a slice or a pad, is left to a pooling that follows it.
    static func takes(_ node: NodeView, in graph: GraphView) -> Bool {
        var reader = graph.soleConsumer(of: node.outputs[0])
        while let next = reader, next.opType == "StridedSlice" || next.opType == "Pad" {
            reader = graph.soleConsumer(of: next.outputs[0])
        }
        guard let sampling = reader.flatMap({ Subsampling($0, in: graph) }) else { return false }
        return sampling.absorbed.contains { $0.index == node.index }
    }

    /// Adds the step that copies.
    func lower(into plan: PlanBuilder) throws {
        let result = try plan.graph.result(of: pool)
        var source = try plan.movable(value)
        if source.descriptor.plainStrides == nil { source = try plan.storedRowMajor(value) }
        guard let strides = source.descriptor.plainStrides else {
            throw VireoError(.internalError, "a row-major layout with blocks")
        }
        var read = try MemoryDescriptor(result, strides: zip(strides, steps).map { $0 * $1 }, source.descriptor.type)
        read.raw.offset0 = dnnl_dim_t(source.descriptor.offset + zip(offsets, strides).reduce(0) { $0 + $1.0 * $1.1 })
        let place = plan.makeBuffer(try source.descriptor.sameLayout(for: result))
        let kernel = try PrimitiveDescriptor.reorder(from: read, to: place.descriptor, on: plan.engine)
        try plan.emit(
            kernel, [(DNNL_ARG_FROM, Place(buffer: source.buffer, descriptor: read)), (DNNL_ARG_TO, place)])
        plan.absorb(absorbed)
        plan.define(
            pool.outputs[0], at: Place(buffer: place.buffer, descriptor: place.descriptor, grid: source.grid))
    }
}
