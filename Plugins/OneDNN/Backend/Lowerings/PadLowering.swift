import CDNNL
import VireoPluginKit
import VireoTensor

/// Pad-1 and Pad-12 with a constant value: the result is filled with it, then the data is copied into its place.
enum PadLowering: Lowering {
    static func validate(_ node: NodeView, in graph: GraphView) throws {
        let mode = try node.string("pad_mode")
        guard mode == "constant" else { throw VireoError(.unsupported, "the pad mode \(mode)") }
        let source = try graph.operand(0, of: node)
        let result = try graph.result(of: node)
        let (begin, end) = (try graph.integers(1, of: node), try graph.integers(2, of: node))
        guard begin.count == source.count, end.count == source.count, result.count == source.count,
            (begin + end).allSatisfy({ (0...Int(Int32.max)).contains($0) }),
            source.indices.allSatisfy({ begin[$0] + source[$0] + end[$0] == result[$0] })
        else { throw VireoError(.unsupported, "padding of \(begin) and \(end) that takes \(source) to \(result)") }
        _ = try value(node, graph)
    }

    static func lower(_ node: NodeView, into plan: PlanBuilder) throws {
        if let reader = plan.graph.soleConsumer(of: node.outputs[0]), try isMerged(node, into: reader, plan.graph) {
            return plan.postpone(node)
        }
        if Subsampling.takes(node, in: plan.graph) { return plan.postpone(node) }
        let extents = try plan.graph.operand(0, of: node)
        let result = try plan.graph.result(of: node)
        let begin = try plan.graph.integers(1, of: node)
        let value = try value(node, plan.graph)
        var source = try plan.place(of: node.inputs[0])
        var layout = try source.descriptor.sameLayout(for: result.isEmpty ? [1] : result)
        var inside = extents.isEmpty ? layout : layout.region(of: extents, at: begin)
        if inside == nil || (layout.isPadded && value != 0) {
            source = try plan.rowMajor(node.inputs[0])
            layout = try MemoryDescriptor(rowMajor: result)
            inside = layout.region(of: extents, at: begin)
        }
        guard let inside else { throw VireoError(.internalError, "no region \(extents) at \(begin) of \(result)") }
        let place = plan.makeBuffer(layout)
        plan.emitFill(place, with: value)
        let kernel = try PrimitiveDescriptor.reorder(from: source.descriptor, to: inside, on: plan.engine)
        try plan.emit(
            kernel, [(DNNL_ARG_FROM, source), (DNNL_ARG_TO, Place(buffer: place.buffer, descriptor: inside))])
        plan.define(node.outputs[0], at: place)
    }

    /// Whether a convolution or a pooling can pad by itself: its images only, and less than its window reaches.
    private static func isMerged(_ node: NodeView, into reader: NodeView, _ graph: GraphView) throws -> Bool {
        guard ["Convolution", "GroupConvolution", "MaxPool", "AvgPool"].contains(reader.opType),
            reader.inputs[0] == node.outputs[0], try isPadOfReader(node, reader, graph)
        else { return false }
        let (begin, end) = (try graph.integers(1, of: node), try graph.integers(2, of: node))
        let isPool = reader.opType.hasSuffix("Pool")
        let kernel = try isPool ? reader.integers("kernel") : graph.operand(1, of: reader)
        let window = try Window(kernel: Array(kernel.suffix(begin.count - 2)), of: reader)
        return try (begin.prefix(2) + end.prefix(2)).allSatisfy { $0 == 0 }
            && window.kernel.indices.allSatisfy { axis in
                let reach = (window.kernel[axis] - 1) * window.dilations[axis] + 1
                return window.padsBegin[axis] + begin[axis + 2] < reach && window.padsEnd[axis] + end[axis + 2] < reach
            } && (!isPool || PoolingLowering.canLower(try with(node, reader, graph), in: graph))
    }

    /// Whether the value that is padded with means to the reader what its own pads do. Those of a convolution are zeros,
    /// as those that an average counts; those of a maximum are less than everything.
    private static func isPadOfReader(_ node: NodeView, _ reader: NodeView, _ graph: GraphView) throws -> Bool {
        let value = try value(node, graph)
        switch reader.opType {
        case "MaxPool": return value == -.infinity || (value == 0 && isNeverNegative(node.inputs[0], graph))
        case "AvgPool":
            let pads = try reader.integers("pads_begin") + reader.integers("pads_end")
            return try value == 0 && (!reader.boolean("exclude-pad") || pads.allSatisfy { $0 == 0 })
        default: return value == 0
        }
    }

    private static func isNeverNegative(_ value: Int, _ graph: GraphView) -> Bool {
        guard let producer = graph.values[value].producer.map({ graph.nodes[$0] }) else { return false }
        switch producer.opType {
        case "ReLU", "Sigmoid", "SoftMax", "Exp", "Abs": return true
        case "Clamp": return (try? producer.number("min")).map { $0 >= 0 } ?? false
        default: return false
        }
    }

    /// `reader` with the pads of `pad`.
    private static func with(_ pad: NodeView, _ reader: NodeView, _ graph: GraphView) throws -> NodeView {
        func sum(_ key: String, _ index: Int) throws -> NodeView.Attribute {
            let added = try graph.integers(index, of: pad).dropFirst(2)
            return .integers(zip(try reader.integers(key), added).map { $0 + $1 })
        }
        var attributes = ["pads_begin": try sum("pads_begin", 1), "pads_end": try sum("pads_end", 2)]
        if reader.opType == "AvgPool" { attributes["exclude-pad"] = .integers([0]) }
        return reader.replacing(inputs: [pad.inputs[0]] + reader.inputs.dropFirst(), attributes: attributes)
    }

    /// `reader` with the pads of a Pad that was left to it, and that Pad.
    static func merged(_ reader: NodeView, _ plan: PlanBuilder) throws -> (reader: NodeView, pad: NodeView?) {
        guard let pad = plan.postponed(reader.inputs[0]) else { return (reader, nil) }
        return (try with(pad, reader, plan.graph), pad)
    }

    /// What stands before each axis of the data.
    static func begin(_ node: NodeView, _ graph: GraphView) throws -> [Int] { try graph.integers(1, of: node) }

    private static func value(_ node: NodeView, _ graph: GraphView) throws -> Float {
        guard node.inputs.count > 3, node.inputs[3] >= 0 else { return 0 }
        guard let elements = graph.input(3, of: node).floats, elements.count == 1 else {
            throw VireoError(.unsupported, "a padding value that is not a constant number")
        }
        return elements[0]
    }
}
