import VireoPluginKit
import VireoTensor

/// The axes of a tensor in another, constant order.
struct Transpose: Kernel {
    private let input: Operand
    private let output: Operand
    /// The input and the output, over the output's axes; the run is a row of the output.
    private let loop: StridedLoop
    /// The axis along which the input is contiguous, when it is not the run.
    private let contiguousAxis: Int?

    private static let blockSize = 16

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        input = try graph.operand(0, of: node)
        output = try graph.result(of: node)
        let order = try graph.constantIntegers(1, of: node, "order")
        let axes = order.isEmpty ? Array((0..<input.rank).reversed()) : order
        let dimensions = input.dimensions
        guard axes.sorted() == Array(0..<input.rank), output.dimensions == axes.map({ dimensions[$0] }),
            let strides = StridedLoop.broadcast(input.dimensions, to: input.dimensions),
            let places = StridedLoop.broadcast(output.dimensions, to: output.dimensions)
        else { throw refusal("Transpose of \(input.dimensions) to \(output.dimensions) in the order \(order)") }
        loop = StridedLoop(output.dimensions, strides: [axes.map { strides[$0] }, places])
        let last = loop.dimensions.count - 1
        let found = loop.strides[0].firstIndex(of: 1)
        contiguousAxis = found == last ? nil : found
    }

    var execType: String { contiguousAxis == nil ? "copy" : "transpose_blocks" }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }
    var views: [TensorView] {
        loop.dimensions.count == 1 ? [TensorView(part: output.value, whole: input.value, offset: 0)] : []
    }

    func run(_ run: Run) {
        let (source, destination) = (run[input.value], run[output.value])
        guard let axis = contiguousAxis else {
            if loop.dimensions.count == 1 {
                run.copy(source, to: destination, count: input.count)
            } else {
                run.forPieces(of: loop) { index, part in
                    (destination + loop.start(1, run: index) + part.lowerBound).update(
                        from: source + loop.start(0, run: index) + part.lowerBound, count: part.count)
                }
            }
            return
        }
        // Blocks of the plane of the two contiguous axes, so that both sides stay in the cache.
        let (rows, columns) = (loop.dimensions[axis], loop.length)
        let (rowStride, columnStride) = (loop.strides[1][axis], loop.step(0))
        let blocks = (rows + Transpose.blockSize - 1) / Transpose.blockSize
        let planes = loop.runs / rows
        run.forRanges(planes * blocks, cost: Transpose.blockSize * columns * 2) { part in
            for index in part {
                let (plane, block) = index.quotientAndRemainder(dividingBy: blocks)
                let first = runIndex(ofPlane: plane, axis)
                let from = source + loop.start(0, run: first)
                let to = destination + loop.start(1, run: first)
                let lastRow = min(rows, (block + 1) * Transpose.blockSize)
                for column in stride(from: 0, to: columns, by: Transpose.blockSize) {
                    let lastColumn = min(columns, column + Transpose.blockSize)
                    for row in block * Transpose.blockSize..<lastRow {
                        for column in column..<lastColumn {
                            to[row * rowStride + column] = from[row + column * columnStride]
                        }
                    }
                }
            }
        }
    }

    /// The first run of a plane: its index among the axes other than `axis`, put back among all.
    private func runIndex(ofPlane plane: Int, _ axis: Int) -> Int {
        let inner = loop.dimensions[(axis + 1)..<(loop.dimensions.count - 1)].reduce(1, *)
        let (outer, rest) = plane.quotientAndRemainder(dividingBy: inner)
        return outer * inner * loop.dimensions[axis] + rest
    }
}
