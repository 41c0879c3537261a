import VireoIR
import VireoTensor

func matMul(_ operation: MatMul, _ call: Call) throws -> [Tensor] {
    switch call.elementType {
    case .f64: [try matMul(operation, call, Double.self)]
    default: [try matMul(operation, call, Float.self)]
    }
}

private func matMul<Element: Real>(_ operation: MatMul, _ call: Call, _ type: Element.Type) throws -> Tensor {
    var (left, right) = (call.inputs[0], call.inputs[1])
    let (leftIsVector, rightIsVector) = (left.shape.rank == 1, right.shape.rank == 1)
    if leftIsVector { left = try left.reshaped(to: [1, left.elementCount]) }
    if rightIsVector { right = try right.reshaped(to: [right.elementCount, 1]) }
    if operation.transposeA, !leftIsVector { left = try transposed(left, swappingLastAxes(left.shape.rank)) }
    let isTransposed = operation.transposeB && !rightIsVector
    let (rows, depth) = (left.shape[left.shape.rank - 2], left.shape[left.shape.rank - 1])
    let columns = right.shape[right.shape.rank - (isTransposed ? 2 : 1)]

    let matrixRank = (leftIsVector ? 0 : 1) + (rightIsVector ? 0 : 1)
    let batchShape = Shape(Array(call.shape.dimensions.dropLast(matrixRank)))
    let batches = batchShape.elementCount
    let leftBatches = try batchOffsets(left.shape, in: batchShape)
    let rightBatches = try batchOffsets(right.shape, in: batchShape)

    return try left.withUnsafeElements(of: Element.self) { left in
        try right.withUnsafeElements(of: Element.self) { right in
            try .making(call.shape) { (result: UnsafeMutableBufferPointer<Element>) in
                guard !result.isEmpty else { return }
                func matrix(_ batch: Int) -> StridedMatrix<Element> {
                    StridedMatrix(
                        elements: right.baseAddress! + rightBatches[batch] * depth * columns,
                        rowStride: isTransposed ? 1 : columns, columnStride: isTransposed ? depth : 1)
                }
                func row(_ batch: Int, _ row: Int) -> UnsafePointer<Element> {
                    left.baseAddress! + (leftBatches[batch] * rows + row) * depth
                }
                if rows < 4 {
                    // Too few rows to pay for packing: the right-hand matrix is read once a row, as it lies.
                    let share = 2048
                    let tasks = (columns + share - 1) / share
                    Parallel.forEach(
                        batches * rows * tasks, nanoseconds: Double(depth) * Double(min(share, columns)) / 8
                    ) { range in
                        for task in range {
                            let (line, block) = task.quotientAndRemainder(dividingBy: tasks)
                            let (batch, index) = line.quotientAndRemainder(dividingBy: rows)
                            matrix(batch).multiply(
                                row(batch, index), depth: depth,
                                columns: block * share..<min((block + 1) * share, columns),
                                into: result.baseAddress! + line * columns)
                        }
                    }
                } else {
                    forEachTile(rows: rows, columns: columns, depth: depth, batches: batches) { batch, tileRows, tile in
                        MatrixProduct(
                            left: row(batch, 0), right: matrix(batch), depth: depth,
                            result: result.baseAddress! + batch * rows * columns, resultStride: columns
                        ).compute(rows: tileRows, columns: tile)
                    }
                }
            }
        }
    }
}

private func swappingLastAxes(_ rank: Int) -> [Int] { Array(0..<rank - 2) + [rank - 1, rank - 2] }

/// For each matrix of the result, the number of the operand's matrix that it is made from.
private func batchOffsets(_ operand: Shape, in batchShape: Shape) throws -> [Int] {
    let own = Shape(Array(operand.dimensions.dropLast(2)))
    let numbers = Tensor((0..<own.elementCount).map { Int64($0) }, own)
    let added = batchShape.rank - own.rank
    let strides = (0..<batchShape.rank).map { axis in
        axis < added || own[axis - added] == 1 ? 0 : own.strides[axis - added]
    }
    return try StridedCopy(extents: batchShape.dimensions, strides: strides)(numbers, shape: batchShape).integers()
}

/// A matrix in memory, row-major or column-major.
private struct StridedMatrix<Element: Real>: PanelSource {
    let elements: UnsafePointer<Element>
    let rowStride: Int
    let columnStride: Int

    func pack(rows: Range<Int>, columns: Range<Int>, into panels: UnsafeMutablePointer<Element>) {
        for column in stride(from: columns.lowerBound, to: columns.upperBound, by: 8) {
            let panel = panels + (column - columns.lowerBound) * rows.count
            let width = min(8, columns.upperBound - column)
            let start = elements + rows.lowerBound * rowStride + column * columnStride
            for row in 0..<rows.count {
                let source = start + row * rowStride
                for lane in 0..<width { panel[row * 8 + lane] = source[lane * columnStride] }
            }
        }
    }

    /// One row of a product. `result` is zero before.
    func multiply(
        _ row: UnsafePointer<Element>, depth: Int, columns: Range<Int>, into result: UnsafeMutablePointer<Element>
    ) {
        if rowStride == 1 {
            for column in columns {
                result[column] = dotProduct(row, elements + column * columnStride, depth)
            }
            return
        }
        let target = result + columns.lowerBound
        let partial = UnsafeMutablePointer<Element>.allocate(capacity: columns.count)
        defer { partial.deallocate() }
        // Sums of 256 are added up, so that errors grow with the number of blocks and not of elements.
        for first in stride(from: 0, to: depth, by: 256) {
            partial.initialize(repeating: 0, count: columns.count)
            let last = min(first + 256, depth)
            var k = first
            while k + 4 <= last {
                let source = elements + k * rowStride + columns.lowerBound
                let (a, b, c, d) = (row[k], row[k + 1], row[k + 2], row[k + 3])
                for column in 0..<columns.count {
                    partial[column] +=
                        (a * source[column] + b * source[column + rowStride])
                        + (c * source[column + 2 * rowStride] + d * source[column + 3 * rowStride])
                }
                k += 4
            }
            while k < last {
                let source = elements + k * rowStride + columns.lowerBound
                for column in 0..<columns.count { partial[column] += row[k] * source[column] }
                k += 1
            }
            for column in 0..<columns.count { target[column] += partial[column] }
        }
    }
}

/// The sum of products, in sixteen interleaved sums.
private func dotProduct<Element: Real>(
    _ left: UnsafePointer<Element>, _ right: UnsafePointer<Element>, _ count: Int
) -> Element {
    var (sum0, sum1) = (SIMD8<Element>.zero, SIMD8<Element>.zero)
    var index = 0
    while index + 16 <= count {
        sum0 += vector(left + index) * vector(right + index)
        sum1 += vector(left + index + 8) * vector(right + index + 8)
        index += 16
    }
    var sum = (sum0 + sum1).sum()
    while index < count {
        sum += left[index] * right[index]
        index += 1
    }
    return sum
}

@inline(__always)
private func vector<Element: Real>(_ source: UnsafePointer<Element>) -> SIMD8<Element> {
    SIMD8(source[0], source[1], source[2], source[3], source[4], source[5], source[6], source[7])
}
