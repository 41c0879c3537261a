import VireoPluginKit
import VireoTensor

/// Reshape, Squeeze and Unsqueeze: the same row-major memory under another shape, without a copy.
enum ReshapeLowering: Lowering {
    static func validate(_ node: NodeView, in graph: GraphView) throws {
        let source = try graph.operand(0, of: node)
        let result = try graph.result(of: node)
        if node.inputs.count > 1 { _ = try graph.integers(1, of: node) }
        guard Shape(source).elementCount == Shape(result).elementCount else {
            throw VireoError(.unsupported, "\(node.opType) of \(source) to \(result)")
        }
    }

    static func lower(_ node: NodeView, into plan: PlanBuilder) throws {
        let source = try plan.storedRowMajor(node.inputs[0])
        let result = try MemoryDescriptor(rowMajor: plan.graph.result(of: node), source.descriptor.type)
        plan.define(node.outputs[0], at: Place(buffer: source.buffer, descriptor: result, grid: source.grid))
        plan.absorb([node])
    }
}

/// Transpose-1: the same memory read in another order. Whoever needs an order of its own adds the copy.
enum TransposeLowering: Lowering {
    static func validate(_ node: NodeView, in graph: GraphView) throws {
        let source = try graph.operand(0, of: node)
        let order = try order(node, graph)
        guard try graph.result(of: node) == order.map({ source[$0] }) else {
            throw VireoError(.unsupported, "Transpose of \(source) by \(order) to \(try graph.result(of: node))")
        }
    }

    static func lower(_ node: NodeView, into plan: PlanBuilder) throws {
        let source = try plan.movable(node.inputs[0])
        let order = try order(node, plan.graph)
        let transposed = order.isEmpty ? source.descriptor : try source.descriptor.transposed(by: order)
        plan.define(node.outputs[0], at: Place(buffer: source.buffer, descriptor: transposed, grid: source.grid))
        plan.absorb([node])
    }

    private static func order(_ node: NodeView, _ graph: GraphView) throws -> [Int] {
        let rank = try graph.operand(0, of: node).count
        let given = try graph.integers(1, of: node)
        let order = given.isEmpty ? Array((0..<rank).reversed()) : try normalized(axes: given, rank: rank)
        guard order.count == rank else {
            throw VireoError(.unsupported, "Transpose of rank \(rank) by \(order)")
        }
        return order
    }
}
