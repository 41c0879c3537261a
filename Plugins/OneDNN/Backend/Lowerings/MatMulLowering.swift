import CDNNL
import VireoPluginKit
import VireoTensor

/// MatMul-1: an inner product when the second matrix is constant, with bias, residual sum and activations inside;
/// else a (batched) matrix product.
enum MatMulLowering: Lowering {
    static func validate(_ node: NodeView, in graph: GraphView) throws { _ = try Problem(node, in: graph) }

    static func lower(_ node: NodeView, into plan: PlanBuilder) throws {
        let problem = try Problem(node, in: plan.graph)
        if problem.isInnerProduct {
            try lowerInnerProduct(node, problem, into: plan)
        } else {
            try lowerMatmul(node, problem, into: plan)
        }
    }

    /// The matrices with at least two axes each, and transpositions resolved into strides.
    private struct Problem {
        let left: MemoryDescriptor
        let right: MemoryDescriptor
        let result: [Int]
        let isInnerProduct: Bool

        init(_ node: NodeView, in graph: GraphView) throws {
            var extents = [try graph.operand(0, of: node), try graph.operand(1, of: node)]
            var transposes = [try node.boolean("transpose_a"), try node.boolean("transpose_b")]
            for (side, isTransposed) in transposes.enumerated() where extents[side].count == 1 {
                extents[side].insert(1, at: side)
                if isTransposed { transposes[side] = false }
            }
            guard extents.allSatisfy({ $0.count >= 2 }) else {
                throw VireoError(.unsupported, "a matrix product with a scalar")
            }
            let rank = max(extents[0].count, extents[1].count)
            let matrices = try (0...1).map { side -> MemoryDescriptor in
                let padded = [Int](repeating: 1, count: rank - extents[side].count) + extents[side]
                let plain = try MemoryDescriptor(rowMajor: padded)
                if !transposes[side] { return plain }
                return try plain.transposed(by: Array(0..<rank - 2) + [rank - 1, rank - 2])
            }
            let (a, b) = (matrices[0].dimensions, matrices[1].dimensions)
            let batches = zip(a, b).dropLast(2)
            guard a[rank - 1] == b[rank - 2], batches.allSatisfy({ $0 == $1 || $0 == 1 || $1 == 1 }) else {
                throw VireoError(.unsupported, "the matrix product of \(extents[0]) and \(extents[1])")
            }
            result = batches.map { max($0, $1) } + [a[rank - 2], b[rank - 1]]
            let isVector = try (0...1).map { try graph.operand($0, of: node).count == 1 }
            let expected =
                batches.map { max($0, $1) } + (isVector[0] ? [] : [a[rank - 2]]) + (isVector[1] ? [] : [b[rank - 1]])
            guard try graph.result(of: node) == expected else {
                throw VireoError(.unsupported, "a matrix product of \(a) and \(b) to \(try graph.result(of: node))")
            }
            left = matrices[0]
            right = matrices[1]
            isInnerProduct = !transposes[0] && extents[1].count == 2 && graph.input(1, of: node).constant != nil
        }
    }

    private static func lowerInnerProduct(_ node: NodeView, _ problem: Problem, into plan: PlanBuilder) throws {
        let depth = problem.right.dimensions[problem.right.rank - 2]
        let width = problem.right.dimensions[problem.right.rank - 1]
        let rows = problem.left.dimensions.dropLast().reduce(1, *)
        let shape = try plan.graph.result(of: node)
        let isPlain = shape.last == width && shape.dropLast().reduce(1, *) == rows
        let tail = Tail(
            of: node, in: plan, channelAxis: max(shape.count - 1, 0),
            abilities: isPlain ? [.bias, .residual] : [])
        let isTransposed = try node.boolean("transpose_b")
        let isInteger = try plan.lowersAsIntegers(node) {
            try IntegerInnerProduct.lower(node, rows: rows, isTransposed: isTransposed, tail, into: plan)
        }
        if isInteger { return }
        try InnerProduct.lower(
            node, rows: rows, weights: .init([width, depth], strides: isTransposed ? [depth, 1] : [1, width]), tail,
            into: plan)
    }

    private static func lowerMatmul(_ node: NodeView, _ problem: Problem, into plan: PlanBuilder) throws {
        let tail = Tail.functions(after: node.outputs[0], in: plan.graph)
        let kernel = try PrimitiveDescriptor(
            Operation.matmul(
                source: problem.left, weights: problem.right, destination: .init(rowMajor: problem.result)),
            tail.functions.map { .elementwise($0) }, on: plan.engine)
        let left = Place(buffer: try plan.rowMajor(node.inputs[0]).buffer, descriptor: problem.left)
        let right = Place(buffer: try plan.rowMajor(node.inputs[1]).buffer, descriptor: problem.right)
        let result = plan.makeBuffer(kernel.destination)
        try plan.emit(kernel, [(DNNL_ARG_SRC, left), (DNNL_ARG_WEIGHTS, right), (DNNL_ARG_DST, result)])
        plan.absorb(tail.nodes)
        let shape = try MemoryDescriptor(rowMajor: plan.graph.result(of: node))
        plan.define(tail.output, at: Place(buffer: result.buffer, descriptor: shape))
    }
}
