import CDNNL
import VireoPluginKit
import VireoTensor

/// Add, Subtract, Multiply, Divide, Maximum and Minimum with numpy broadcasting, in the layout of the operand that has
/// the result's shape. Several with one constant a channel become one primitive (`AffineChain`).
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
        if let chain = AffineChain(from: node, in: plan.graph) { return try chain.lower(node, into: plan) }
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
            kernel.destination == first.descriptor && !plan.sharesMemory(first, second)
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
