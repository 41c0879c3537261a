import CDNNL
import VireoPluginKit
import VireoTensor

/// Add, Subtract, Multiply, Divide, Maximum and Minimum with numpy broadcasting, in the layout of the operand that has the
/// result's shape. A product and a sum with one constant a channel become one primitive, a ReLU after them included.
enum BinaryLowering: Lowering {
    static func validate(_ node: NodeView, in graph: GraphView) throws {
        let operands = [try graph.operand(0, of: node), try graph.operand(1, of: node)]
        let result = try graph.result(of: node)
        if let broadcast = node.attributes["auto_broadcast"], broadcast != .string("numpy"), operands[0] != operands[1]
        {
            throw VireoError(.unsupported, "broadcasting other than numpy's")
        }
        let rank = max(operands[0].count, operands[1].count)
        let padded = operands.map { [Int](repeating: 1, count: rank - $0.count) + $0 }
        guard zip(padded[0], padded[1]).allSatisfy({ $0 == $1 || $0 == 1 || $1 == 1 }),
            result == zip(padded[0], padded[1]).map({ max($0, $1) })
        else { throw VireoError(.unsupported, "\(operands[0]) and \(operands[1]) do not broadcast to \(result)") }
    }

    static func lower(_ node: NodeView, into plan: PlanBuilder) throws {
        if let scale = ScaleShift(node, in: plan.graph) { return try scale.lower(node, into: plan) }
        if let match = Elementwise.match(node, in: plan.graph) {
            return try ElementwiseLowering.lower(match.function, of: match.value, for: node, into: plan)
        }
        if try IntegerSum.lower(node, into: plan) { return }
        let result = try plan.graph.result(of: node)
        let stored = try node.inputs.map { try plan.stored($0).descriptor }
        let areHalf = stored.allSatisfy { $0.type == .bf16 && $0.dimensions == result }
        var operands = try node.inputs.map {
            areHalf ? try plan.stored($0) : try expanded($0, to: result, plan)
        }
        let first = operands[0].descriptor, second = operands[1].descriptor
        let extents = result.isEmpty ? [1] : result
        let isCommutative = node.opType != "Subtract" && node.opType != "Divide"
        if isCommutative, second.dimensions == extents, first.dimensions != extents || first.isRowMajor {
            operands.swapAt(0, 1)
        }
        try combine(node, operands[0], operands[1], extents, plan)
    }

    private static func combine(
        _ node: NodeView, _ left: Place, _ right: Place, _ extents: [Int], _ plan: PlanBuilder
    ) throws {
        let tail = Tail.functions(after: node.outputs[0], in: plan.graph)
        func make(_ left: MemoryDescriptor, _ right: MemoryDescriptor) throws -> PrimitiveDescriptor {
            try PrimitiveDescriptor(
                Operation.binary(
                    algorithm(node), left, right,
                    destination: left.dimensions == extents ? left : .init(anyLayout: extents, left.type)),
                tail.functions.map { .elementwise($0) }, on: plan.engine)
        }
        var layouts = (left: left.descriptor, right: right.descriptor)
        if layouts.left.dimensions == extents, layouts.right.dimensions == extents { layouts.right = layouts.left }
        let direct = try? make(layouts.left, layouts.right)
        if direct?.isReference ?? true {
            let plain = try [left, right].map {
                try MemoryDescriptor(rowMajor: $0.descriptor.dimensions, $0.descriptor.type)
            }
            if let kernel = try? make(plain[0], plain[1]), !kernel.isReference || direct == nil {
                layouts = (plain[0], plain[1])
            }
        }
        let kernel = try make(layouts.left, layouts.right)
        let first = try plan.inLayout(left, layouts.left)
        let second = try plan.inLayout(right, layouts.right)
        let overwrites =
            kernel.destination == first.descriptor && first.buffer != second.buffer
            && plan.isFree(first, after: [node])
        let place = overwrites ? first : plan.makeBuffer(kernel.destination)
        try plan.emit(kernel, [(DNNL_ARG_SRC_0, first), (DNNL_ARG_SRC_1, second), (DNNL_ARG_DST, place)])
        plan.absorb(tail.nodes)
        plan.define(tail.output, at: place)
    }

    /// The operand with as many axes as the result, ones in front.
    private static func expanded(_ value: Int, to result: [Int], _ plan: PlanBuilder) throws -> Place {
        let home = try plan.place(of: value)
        let extents = home.descriptor.dimensions
        if extents.count >= result.count { return home }
        let padded = [Int](repeating: 1, count: result.count - extents.count) + extents
        return Place(buffer: try plan.rowMajor(value).buffer, descriptor: try MemoryDescriptor(rowMajor: padded))
    }

    private static func algorithm(_ node: NodeView) -> dnnl_alg_kind_t {
        switch node.opType {
        case "Add": dnnl_binary_add
        case "Subtract": dnnl_binary_sub
        case "Multiply": dnnl_binary_mul
        case "Divide": dnnl_binary_div
        case "Maximum": dnnl_binary_max
        default: dnnl_binary_min
        }
    }
}

/// `value * scale + shift` with one constant a channel, and perhaps a ReLU: a batch normalization that could not be folded.
private struct ScaleShift {
    let value: Int
    let scale: [Float]
    let shift: [Float]
    let relu: Bool
    let nodes: [NodeView]
    let output: Int

    init?(_ product: NodeView, in graph: GraphView) {
        guard product.opType == "Multiply", let sum = graph.soleConsumer(of: product.outputs[0]), sum.opType == "Add",
            let (value, scale) = ScaleShift.operands(product, graph),
            let (summand, shift) = ScaleShift.operands(sum, graph), summand == product.outputs[0]
        else { return nil }
        self.value = value
        self.scale = scale
        self.shift = shift
        let next = graph.soleConsumer(of: sum.outputs[0]).flatMap { Elementwise.match($0, in: graph) == nil ? nil : $0 }
        if let next, let match = Elementwise.match(next, in: graph), match.function == .relu {
            (relu, nodes, output) = (true, [sum, next], next.outputs[0])
        } else {
            (relu, nodes, output) = (false, [sum], sum.outputs[0])
        }
    }

    private static func operands(_ node: NodeView, _ graph: GraphView) -> (value: Int, perChannel: [Float])? {
        guard let shape = graph.output(0, of: node).dimensions, (3...5).contains(shape.count) else { return nil }
        for (value, constant) in [(0, 1), (1, 0)] where graph.input(value, of: node).dimensions == shape {
            if graph.input(value, of: node).constant == nil,
                let elements = perChannelConstant(graph.input(constant, of: node), shape, 1)
            {
                return (node.inputs[value], elements)
            }
        }
        return nil
    }

    func lower(_ node: NodeView, into plan: PlanBuilder) throws {
        let (source, kernel) = try plan.placeWithKernel(of: value, as: nil) { layout in
            try PrimitiveDescriptor(Operation.scaleShift(layout, relu: relu), on: plan.engine)
        }
        let list = try MemoryDescriptor(rowMajor: [scale.count])
        let place = plan.isFree(source, after: [node]) ? source : plan.makeBuffer(source.descriptor)
        try plan.emit(
            kernel,
            [
                (DNNL_ARG_SRC, source), (DNNL_ARG_MEAN, plan.constant(scale.map { _ in 0 }, list)),
                (DNNL_ARG_VARIANCE, plan.constant(scale.map { _ in 1 }, list)),
                (DNNL_ARG_SCALE, plan.constant(scale, list)), (DNNL_ARG_SHIFT, plan.constant(shift, list)),
                (DNNL_ARG_DST, place),
            ])
        plan.absorb(nodes)
        plan.define(output, at: place)
    }
}
