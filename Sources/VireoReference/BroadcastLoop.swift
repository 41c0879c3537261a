import VireoTensor

/// Walks operands that broadcast to one shape, a run of the innermost axes at a time.
struct BroadcastLoop {
    /// Elements of a run.
    private let run: Int
    /// How far each operand moves within a run: 0 where it repeats, 1 where it is read along.
    private let runStrides: [Int]
    /// The axes outside the run, outermost first, and each operand's strides along them.
    private let outerExtents: [Int]
    private let outerStrides: [[Int]]
    private let elementCount: Int

    /// - Throws: `invalidArgument` unless every operand broadcasts to `shape`, aligned at the last axis.
    init(_ operands: [Shape], to shape: Shape) throws(VireoError) {
        var strides: [[Int]] = []
        for operand in operands { strides.append(try BroadcastLoop.strides(of: operand, in: shape)) }
        // Neighbouring axes that every operand walks as one are joined.
        var extents: [Int] = []
        var joined = operands.map { _ in [Int]() }
        for axis in 0..<shape.rank where shape[axis] != 1 {
            let joins =
                !extents.isEmpty
                && operands.indices.allSatisfy { joined[$0].last! == strides[$0][axis] * shape[axis] }
            if joins { extents[extents.count - 1] *= shape[axis] } else { extents.append(shape[axis]) }
            for operand in operands.indices {
                if joins { joined[operand].removeLast() }
                joined[operand].append(strides[operand][axis])
            }
        }
        run = extents.last ?? 1
        runStrides = joined.map { $0.last ?? 0 }
        outerExtents = Array(extents.dropLast())
        outerStrides = joined.map { Array($0.dropLast()) }
        elementCount = shape.elementCount
    }

    /// The strides of an operand along the axes of `shape`, 0 where it repeats.
    private static func strides(of operand: Shape, in shape: Shape) throws(VireoError) -> [Int] {
        let added = shape.rank - operand.rank
        guard added >= 0,
            operand.dimensions.indices.allSatisfy({ operand[$0] == 1 || operand[$0] == shape[$0 + added] })
        else { throw VireoError(.invalidArgument, "an operand of shape \(operand) does not broadcast to \(shape)") }
        let own = operand.strides
        return (0..<shape.rank).map { axis in axis < added || operand[axis - added] == 1 ? 0 : own[axis - added] }
    }

    /// Calls `body` for pieces of runs that together cover the result, from several threads at once, with the place in
    /// the result, the number of elements, and each operand's place and stride.
    /// - Parameter nanoseconds: about what one element takes.
    func forEachRun(
        nanoseconds: Double, _ body: (_ result: Int, _ count: Int, _ operands: [(offset: Int, stride: Int)]) -> Void
    ) {
        Parallel.forEach(elementCount, nanoseconds: nanoseconds) { range in
            var operands = runStrides.map { (offset: 0, stride: $0) }
            var element = range.lowerBound
            while element < range.upperBound {
                let (row, within) = element.quotientAndRemainder(dividingBy: run)
                for operand in operands.indices {
                    operands[operand].offset = offset(of: operand, row: row) + within * runStrides[operand]
                }
                let count = min(run - within, range.upperBound - element)
                body(element, count, operands)
                element += count
            }
        }
    }

    private func offset(of operand: Int, row: Int) -> Int {
        var rest = row
        var position = 0
        var axis = outerExtents.count - 1
        while axis >= 0 {
            position += rest % outerExtents[axis] * outerStrides[operand][axis]
            rest /= outerExtents[axis]
            axis -= 1
        }
        return position
    }
}
