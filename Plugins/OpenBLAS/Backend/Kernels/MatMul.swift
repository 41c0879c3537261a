import VireoPluginKit
import VireoTensor

/// Matrix products, batched with numpy's broadcasting.
struct MatMul: FusingKernel {
    private let a: Operand
    private let b: Operand
    private var output: Int
    private let outputRank: Int
    private var finish = Finish.nothing
    private let transposesA: Bool
    private let transposesB: Bool
    private let rows: Int
    private let columns: Int
    private let depth: Int
    /// The matrices of a batch: operands a, b and the output, in elements.
    private let batch: StridedLoop

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        a = try graph.operand(0, of: node)
        b = try graph.operand(1, of: node)
        let result = try graph.result(of: node)
        output = result.value
        outputRank = result.rank
        guard a.rank > 0, b.rank > 0 else { throw refusal("MatMul of a scalar") }
        // A vector is a row on the left and a column on the right, whatever the transpositions say.
        let left = a.rank == 1 ? [1] + a.dimensions : a.dimensions
        let right = b.rank == 1 ? b.dimensions + [1] : b.dimensions
        let flipsA = a.rank > 1 ? try node.boolean("transpose_a") : false
        let flipsB = b.rank > 1 ? try node.boolean("transpose_b") : false
        let (height, width) = (left[left.count - 2], left[left.count - 1])
        let (tall, wide) = (right[right.count - 2], right[right.count - 1])
        depth = flipsA ? height : width
        guard depth == (flipsB ? wide : tall) else { throw refusal("MatMul of \(a.dimensions) and \(b.dimensions)") }
        let sizes = (rows: flipsA ? width : height, columns: flipsB ? tall : wide)

        var shape = result.dimensions
        if b.rank == 1 { shape.append(1) }
        if a.rank == 1 { shape.insert(1, at: shape.count - 1) }
        let outer = Array(shape.dropLast(2))
        guard shape.suffix(2) == [sizes.rows, sizes.columns],
            let stridesA = StridedLoop.broadcast(Array(left.dropLast(2)), to: outer),
            let stridesB = StridedLoop.broadcast(Array(right.dropLast(2)), to: outer),
            let stridesC = StridedLoop.broadcast(outer, to: outer)
        else { throw refusal("MatMul of \(a.dimensions) and \(b.dimensions) to \(result.dimensions)") }
        let images = outer.reduce(1, *)
        let sharesB = right.dropLast(2).allSatisfy { $0 == 1 }
        if sharesB, !flipsA, a.count == images * height * width {
            // Many products with one matrix are one product of a taller matrix.
            rows = images * sizes.rows
            batch = StridedLoop([], strides: [[], [], []])
        } else {
            rows = sizes.rows
            let (matrixA, matrixB, matrixC) = (height * width, tall * wide, sizes.rows * sizes.columns)
            batch = StridedLoop(
                outer,
                strides: [
                    stridesA.map { $0 * matrixA }, stridesB.map { $0 * matrixB }, stridesC.map { $0 * matrixC },
                ])
        }
        columns = sizes.columns
        transposesA = flipsA
        transposesB = flipsB
    }

    /// A bias runs along the columns, which a product with a vector does not have.
    var abilities: Epilogue.Abilities { b.rank == 1 ? [.residual, .activations] : [.bias, .residual, .activations] }
    var channelAxis: Int { max(0, outputRank - 1) }
    var execType: String { rows == 1 ? "sgemv" : "sgemm" }
    var reads: [Int] { [a.value, b.value] + finish.reads }
    var writes: [Int] { [output] }

    mutating func fuse(_ epilogue: Epilogue) {
        output = epilogue.output
        finish = Finish(epilogue)
    }

    /// Multiplications that are worth a second thread.
    private static let grain = 1 << 18

    func run(_ run: Run) {
        let matrices = batch.runs * batch.length
        let work = rows * columns * depth
        let parts = matrices >= run.threads ? 1 : max(1, min(run.threads, work / MatMul.grain, max(rows, columns)))
        let tasks = matrices * parts
        let dividesColumns = columns >= rows
        let body = { (index: Int) in
            let (matrix, part) = index.quotientAndRemainder(dividingBy: parts)
            let extent = dividesColumns ? columns : rows
            let range = extent * part / parts..<extent * (part + 1) / parts
            multiply(
                matrix, rows: dividesColumns ? 0..<rows : range, columns: dividesColumns ? range : 0..<columns, run)
        }
        if work * matrices < MatMul.grain * 2 {
            for index in 0..<tasks { body(index) }
        } else {
            run.forEach(tasks) { index, _ in body(index) }
        }
    }

    private func multiply(_ matrix: Int, rows part: Range<Int>, columns range: Range<Int>, _ run: Run) {
        let (outer, inner) = matrix.quotientAndRemainder(dividingBy: batch.length)
        func start(_ operand: Int) -> Int { batch.start(operand, run: outer) + inner * batch.step(operand) }
        let strideA = transposesA ? rows : depth
        let strideB = transposesB ? depth : columns
        let left = OpenBLASLibrary.Matrix(
            run[a.value] + start(0) + (transposesA ? part.lowerBound : part.lowerBound * depth), stride: strideA,
            isTransposed: transposesA)
        let right = OpenBLASLibrary.Matrix(
            run[b.value] + start(1) + (transposesB ? range.lowerBound * depth : range.lowerBound), stride: strideB,
            isTransposed: transposesB)
        let offset = start(2) + part.lowerBound * columns + range.lowerBound
        let destination = run[output] + offset
        if rows == 1 {
            run.blas.multiply(vector: left.elements, right, into: destination, columns: range.count, depth: depth)
        } else {
            run.blas.multiply(
                left, right, into: destination, stride: columns, rows: part.count, columns: range.count, depth: depth)
        }
        guard !finish.isNothing else { return }
        let residual = finish.residual.map { UnsafePointer(run[$0] + offset) }
        for row in 0..<part.count {
            finish.channels(
                from: range.lowerBound, destination + row * columns, range.count,
                adding: residual.map { $0 + row * columns })
        }
    }
}
