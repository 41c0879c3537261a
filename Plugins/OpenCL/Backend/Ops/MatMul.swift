import VireoKernels
import VireoPluginKit
import VireoTensor

/// MatMul-1: a batch of matrix products, either side transposed or not.
struct MatMul: Operation {
    static let abilities: Epilogue.Abilities = [.bias, .residual, .activations]
    static func channelAxis(rank: Int) -> Int { rank - 1 }

    private let left: Int
    private let right: Int
    private let batch: Int
    private let rows: Int
    private let columns: Int
    private let depth: Int
    private let transposesLeft: Bool
    private let transposesRight: Bool
    /// Whether one matrix serves the whole batch.
    private let sharesLeft: Bool
    private let sharesRight: Bool

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        let a = try graph.inputShape(0, of: node).dimensions
        let b = try graph.inputShape(1, of: node).dimensions
        guard a.count >= 2, b.count >= 2 else {
            throw VireoError(.unsupported, "a matrix product of \(a) and \(b) has no kernel: both must be matrices")
        }
        left = node.inputs[0]
        right = node.inputs[1]
        transposesLeft = try node.boolean("transpose_a")
        transposesRight = try node.boolean("transpose_b")
        let aRows = a[a.count - (transposesLeft ? 1 : 2)]
        depth = a[a.count - (transposesLeft ? 2 : 1)]
        columns = b[b.count - (transposesRight ? 2 : 1)]
        guard depth == b[b.count - (transposesRight ? 1 : 2)] else {
            throw VireoError(.invalidArgument, "the matrices \(a) and \(b) do not fit each other")
        }
        let aBatch = Array(a.dropLast(2))
        let bBatch = Array(b.dropLast(2))
        let aCount = aBatch.reduce(1, *)
        let bCount = bBatch.reduce(1, *)
        let rank = max(aBatch.count, bBatch.count)
        let aFull = [Int](repeating: 1, count: rank - aBatch.count) + aBatch
        let bFull = [Int](repeating: 1, count: rank - bBatch.count) + bBatch
        guard aFull == bFull || aCount == 1 || bCount == 1 else {
            throw VireoError(.unsupported, "batches \(aBatch) and \(bBatch) of matrices broadcast against each other")
        }
        try graph.outputShape(of: node, mustBe: zip(aFull, bFull).map { max($0, $1) } + [aRows, columns])
        // Matrices that meet one right-hand side are one tall matrix.
        let isTall = bCount == 1 && !transposesLeft
        rows = isTall ? aCount * aRows : aRows
        batch = isTall ? 1 : max(aCount, bCount)
        sharesLeft = aCount == 1
        sharesRight = bCount == 1
    }

    func lower(_ epilogue: Epilogue, into plan: PlanBuilder) throws {
        let lanes = plan.lanes
        let panels = (columns + lanes - 1) / lanes
        let isConstant = plan.graph.values[right].constant != nil && sharesRight
        let b = try isConstant ? pack(panels, lanes, into: plan) : rowMajorRight(into: plan)
        let bias = try plan.constant(epilogue.bias ?? [Float](repeating: 0, count: columns), paddedTo: lanes)
        let residual = try epilogue.residual.map { try plan.read($0) }
        let isThin = rows < Int(VIREO_ROWS) / 2
        let arguments: [Argument] =
            [
                .memory(try plan.read(left)), .memory(b), .memory(bias), .optional(residual),
                .memory(try plan.write(epilogue.output)),
            ]
            + [
                rows, columns, depth,
                sharesLeft ? 0 : rows * depth, transposesLeft ? 1 : depth, transposesLeft ? rows : 1,
                sharesRight ? 0 : depth * columns, isConstant ? depth * lanes : lanes, isConstant ? lanes : columns,
            ].map(Argument.int) + UnaryFunction(epilogue.activation).arguments
        let problem =
            "matmul \(batch)x\(rows)x\(depth) by \(columns)" + (transposesLeft ? " left transposed" : "")
            + (isConstant ? " packed" : "") + (residual == nil ? "" : " sum")
        let productCount = Double(batch) * Double(rows) * Double(depth) * Double(columns)
        let divisions =
            isThin ? plan.thinDivisions : plan.divisions(rows: rows, columns: columns, matrices: batch)
        try plan.fastest(
            of: divisions.map { Way(algorithm: .direct, division: $0) }, for: problem, isWorthwhile: productCount >= 1e7
        ) { way in
            switch way.division {
            case .split:
                let split = Int(VIREO_SPLIT)
                plan.run("matmul_split", arguments, WorkSize([panels * split, rows, batch], local: [split, 1, 1]))
            case .items(let group) where isThin:
                plan.run("matmul_row", arguments, WorkSize([panels, rows, batch], local: group))
            default:
                plan.run("matmul", arguments, rows: rows, columns: columns, matrices: batch, by: way.division)
            }
        }
    }

    /// A constant right-hand side as [panel][k][lane], the last panel filled up with zeros.
    private func pack(_ panels: Int, _ lanes: Int, into plan: PlanBuilder) throws -> StorageID {
        try plan.graph.values[right].withFloats { elements in
            guard let elements else { throw VireoError(.internalError, "the right-hand side is not constant") }
            let step = transposesRight ? 1 : columns
            let columnStep = transposesRight ? depth : 1
            return try plan.weights(count: panels * depth * lanes) { memory in
                for panel in 0..<panels {
                    for k in 0..<depth {
                        for lane in 0..<lanes {
                            let column = panel * lanes + lane
                            memory[(panel * depth + k) * lanes + lane] =
                                column < columns ? elements[k * step + column * columnStep] : 0
                        }
                    }
                }
            }
        }
    }

    private func rowMajorRight(into plan: PlanBuilder) throws -> StorageID {
        let source = try plan.read(right)
        guard transposesRight else { return source }
        let matrices = sharesRight ? 1 : batch
        let turned = plan.temporary(count: matrices * depth * columns)
        let dims = [1, 1, 1, 1, 1, matrices, depth, columns]
        let strides = [0, 0, 0, 0, 0, depth * columns, 1, depth]
        plan.run(
            "strided_copy", [.memory(source), .memory(turned), .int8(dims), .int8(strides)], .strided(dims))
        return turned
    }
}
