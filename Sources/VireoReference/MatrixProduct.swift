import VireoTensor

/// The right-hand matrix of a product, which hands out its elements in panels of eight columns.
protocol PanelSource {
    associatedtype Element: Real
    /// Writes the rows and columns to `panels`: eight columns after another, each with its rows one after another,
    /// eight elements a row. Columns that are missing from the last panel are left as they are.
    func pack(rows: Range<Int>, columns: Range<Int>, into panels: UnsafeMutablePointer<Element>)
}

/// result[i, j] = sum over k of left[i, k] * right[k, j], in blocks that stay in the caches.
struct MatrixProduct<Right: PanelSource> {
    typealias Element = Right.Element

    /// Row-major, with `depth` columns.
    let left: UnsafePointer<Element>
    let right: Right
    let depth: Int
    /// Row-major, with `resultStride` elements from row to row.
    let result: UnsafeMutablePointer<Element>
    let resultStride: Int

    /// Elements of `depth` that are summed at a time. Sums of blocks are added up, so errors grow with their number.
    static var depthBlock: Int { 256 }
    /// A packed block of 256 x 128 single-precision elements takes half of a small level-2 cache.
    static var columnBlock: Int { 128 }

    /// Computes these rows and columns of the result.
    func compute(rows: Range<Int>, columns: Range<Int>) {
        let capacity = min(depth, Self.depthBlock) * min(columns.count + 7, Self.columnBlock)
        let panels = UnsafeMutableRawPointer.allocate(
            byteCount: max(capacity, 8) * MemoryLayout<Element>.stride, alignment: 64
        ).bindMemory(to: Element.self, capacity: capacity)
        panels.initialize(repeating: 0, count: max(capacity, 8))
        defer { panels.deallocate() }
        if depth == 0 {
            for row in rows {
                (result + row * resultStride + columns.lowerBound).update(repeating: 0, count: columns.count)
            }
        }
        for firstColumn in stride(from: columns.lowerBound, to: columns.upperBound, by: Self.columnBlock) {
            let block = firstColumn..<min(firstColumn + Self.columnBlock, columns.upperBound)
            for first in stride(from: 0, to: depth, by: Self.depthBlock) {
                let range = first..<min(first + Self.depthBlock, depth)
                right.pack(rows: range, columns: block, into: panels)
                for row in stride(from: rows.lowerBound, to: rows.upperBound, by: 4) {
                    let height = min(4, rows.upperBound - row)
                    multiply(rows: row..<row + height, depth: range, columns: block, panels: panels)
                }
            }
        }
    }

    /// Up to four rows by a packed block.
    private func multiply(
        rows: Range<Int>, depth range: Range<Int>, columns: Range<Int>, panels: UnsafeMutablePointer<Element>
    ) {
        // With fewer than four rows the last is computed again and not stored.
        func row(_ index: Int) -> UnsafePointer<Element> {
            left + min(rows.lowerBound + index, rows.upperBound - 1) * depth + range.lowerBound
        }
        let (row0, row1, row2, row3) = (row(0), row(1), row(2), row(3))
        for column in stride(from: columns.lowerBound, to: columns.upperBound, by: 8) {
            let start = panels + (column - columns.lowerBound) * range.count
            let panel = UnsafeMutableRawPointer(start).assumingMemoryBound(to: SIMD8<Element>.self)
            var (sum0, sum1, sum2, sum3) = (
                SIMD8<Element>.zero, SIMD8<Element>.zero, SIMD8<Element>.zero, SIMD8<Element>.zero
            )
            for k in 0..<range.count {
                let elements = panel[k]
                sum0 += row0[k] * elements
                sum1 += row1[k] * elements
                sum2 += row2[k] * elements
                sum3 += row3[k] * elements
            }
            let width = min(8, columns.upperBound - column)
            let isFirst = range.lowerBound == 0
            let target = result + rows.lowerBound * resultStride + column
            store(sum0, target, width, adding: !isFirst)
            if rows.count > 1 { store(sum1, target + resultStride, width, adding: !isFirst) }
            if rows.count > 2 { store(sum2, target + 2 * resultStride, width, adding: !isFirst) }
            if rows.count > 3 { store(sum3, target + 3 * resultStride, width, adding: !isFirst) }
        }
    }

    @inline(__always)
    private func store(_ sum: SIMD8<Element>, _ target: UnsafeMutablePointer<Element>, _ width: Int, adding: Bool) {
        if adding {
            for lane in 0..<width { target[lane] += sum[lane] }
        } else {
            for lane in 0..<width { target[lane] = sum[lane] }
        }
    }
}

/// Divides a product of `rows` by `columns` into tasks that are large enough to be worth packing for, and runs them.
func forEachTile(
    rows: Int, columns: Int, depth: Int, batches: Int,
    _ body: (_ batch: Int, _ rows: Range<Int>, _ columns: Range<Int>) -> Void
) {
    let columnBlock = 128
    let columnTasks = max((columns + columnBlock - 1) / columnBlock, 1)
    // Rows are divided only when there are few columns: each part packs the columns anew.
    let rowTasks = columnTasks * batches >= 8 ? 1 : max(min(rows / 64, 8 / (columnTasks * batches)), 1)
    let rowBlock = ((rows + rowTasks - 1) / rowTasks + 3) / 4 * 4
    let work = Double(min(rowBlock, rows)) * Double(min(columnBlock, columns)) * Double(depth) / 10
    Parallel.forEach(batches * columnTasks * rowTasks, nanoseconds: work) { range in
        for task in range {
            let (rest, rowTask) = task.quotientAndRemainder(dividingBy: rowTasks)
            let (batch, columnTask) = rest.quotientAndRemainder(dividingBy: columnTasks)
            let firstRow = rowTask * rowBlock
            guard firstRow < rows else { continue }
            body(
                batch, firstRow..<min(firstRow + rowBlock, rows),
                columnTask * columnBlock..<min((columnTask + 1) * columnBlock, columns))
        }
    }
}
