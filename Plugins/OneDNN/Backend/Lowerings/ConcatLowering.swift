import CDNNL
import VireoPluginKit
import VireoTensor

/// Concat-1 in the layout of the producers. Where they can, they write their results into that of the Concat; the
/// others' are copied.
enum ConcatLowering: Lowering {
    static func validate(_ node: NodeView, in graph: GraphView) throws {
        let result = try graph.result(of: node)
        let axis = try normalized(axes: [node.integer("axis")], rank: result.count)[0]
        var extent = 0
        for index in node.inputs.indices {
            let source = try graph.operand(index, of: node)
            guard source.count == result.count,
                source.indices.allSatisfy({ $0 == axis || source[$0] == result[$0] })
            else { throw VireoError(.unsupported, "input \(index) of shape \(source) in a Concat to \(result)") }
            extent += source[axis]
        }
        guard extent == result[axis] else {
            throw VireoError(.unsupported, "\(extent) elements along axis \(axis) of a Concat to \(result)")
        }
    }

    static func lower(_ node: NodeView, into plan: PlanBuilder) throws {
        let axis = try normalized(axes: [node.integer("axis")], rank: plan.graph.result(of: node).count)[0]
        let (sources, grid) = try operands(node, plan)
        let kernel = try PrimitiveDescriptor.concatenation(
            of: sources.map(\.descriptor), axis: axis, on: plan.engine)
        var place = plan.makeBuffer(kernel.destination)
        place.grid = grid
        if let regions = regions(of: sources.map(\.descriptor.dimensions), along: axis, in: place.descriptor) {
            try join(zip(sources, regions), along: axis, in: place, node, plan)
        } else {
            let arguments = sources.enumerated().map { (DNNL_ARG_MULTIPLE_SRC + Int32($0), $1) }
            try plan.emit(kernel, arguments + [(DNNL_ARG_DST, place)])
        }
        plan.define(node.outputs[0], at: place)
    }

    /// Where each tensor is to be; nil where one would begin or end inside a block of the layout.
    private static func regions(
        of extents: [[Int]], along axis: Int, in layout: MemoryDescriptor
    ) -> [MemoryDescriptor]? {
        var regions: [MemoryDescriptor] = []
        var offsets = layout.dimensions.map { _ in 0 }
        for dimensions in extents {
            guard let region = layout.region(of: dimensions, at: offsets) else { return nil }
            regions.append(region)
            offsets[axis] += dimensions[axis]
        }
        return regions
    }

    /// Moves what can be moved, and adds steps that copy the rest: one for all that have the order of the result.
    private static func join(
        _ operands: some Sequence<(Place, MemoryDescriptor)>, along axis: Int, in whole: Place, _ node: NodeView,
        _ plan: PlanBuilder
    ) throws {
        var pieces: [(source: Place, region: MemoryDescriptor)] = []
        var isEmpty = true
        for (source, layout) in operands {
            let region = Place(buffer: whole.buffer, descriptor: layout)
            if plan.move(source, to: region, for: node) { continue }
            isEmpty = false
            if RowJoin.takes(source.descriptor, in: whole.descriptor, along: axis) {
                pieces.append((source, layout))
            } else {
                let kernel = try PrimitiveDescriptor.reorder(from: source.descriptor, to: layout, on: plan.engine)
                try plan.emit(kernel, [(DNNL_ARG_FROM, source), (DNNL_ARG_TO, region)])
            }
        }
        if isEmpty { plan.absorb([node]) }
        if pieces.isEmpty { return }
        plan.emit(
            RowJoin(pieces.map(\.region), along: axis, in: whole.descriptor), pieces.map(\.source) + [whole])
    }

    /// The operands as integers of one grid, or as real numbers of one type.
    private static func operands(_ node: NodeView, _ plan: PlanBuilder) throws -> ([Place], Grid?) {
        let stored = try node.inputs.map { try plan.stored($0) }
        let wanted = plan.rounding[node.outputs[0]] ?? stored[0].grid
        if let wanted, wanted.isPerTensor,
            plan.rounding[node.outputs[0]] != nil || stored.allSatisfy({ $0.grid == wanted })
        {
            let integers = try stored.map { place in
                if place.grid == wanted { return place }
                let layout = try MemoryDescriptor(channelsLast: place.descriptor.dimensions, wanted.type)
                return try plan.converted(place, to: layout, on: wanted)
            }
            return (integers, wanted)
        }
        if stored.allSatisfy({ $0.descriptor.type == .bf16 }) { return (stored, nil) }
        return (try node.inputs.map { try plan.place(of: $0) }, nil)
    }
}

/// Split-1 and VariadicSplit-1: a copy of each part.
enum SplitLowering: Lowering {
    static func validate(_ node: NodeView, in graph: GraphView) throws {
        let source = try graph.operand(0, of: node)
        let axis = try axis(node, graph)
        var extent = 0
        for output in node.outputs {
            let part = try singlePrecisionDimensions(graph.values[output])
            guard part.count == source.count, part.indices.allSatisfy({ $0 == axis || part[$0] == source[$0] }) else {
                throw VireoError(.unsupported, "a part of shape \(part) of \(source)")
            }
            extent += part[axis]
        }
        guard extent == source[axis] else {
            throw VireoError(.unsupported, "parts of \(extent) elements in all along axis \(axis) of \(source)")
        }
    }

    static func lower(_ node: NodeView, into plan: PlanBuilder) throws {
        let axis = try axis(node, plan.graph)
        var start = 0
        for output in node.outputs {
            let extents = try singlePrecisionDimensions(plan.graph.values[output])
            var offsets = extents.map { _ in 0 }
            offsets[axis] = start
            start += extents[axis]
            var whole = try plan.movable(node.inputs[0])
            if whole.descriptor.region(of: extents, at: offsets) == nil {
                whole = try plan.storedRowMajor(node.inputs[0])
            }
            guard let region = whole.descriptor.region(of: extents, at: offsets) else {
                throw VireoError(.internalError, "no region \(extents) at \(offsets)")
            }
            let part = Place(buffer: whole.buffer, descriptor: region)
            var copy = try plan.copied(part, to: whole.descriptor.sameLayout(for: extents))
            copy.grid = whole.grid
            plan.define(output, at: copy)
        }
    }

    private static func axis(_ node: NodeView, _ graph: GraphView) throws -> Int {
        let axes = try graph.integers(1, of: node)
        guard axes.count == 1 else { throw VireoError(.unsupported, "the split axes \(axes)") }
        return try normalized(axes: axes, rank: graph.operand(0, of: node).count)[0]
    }
}
