/// Sixteen rows of a matrix, turned into columns: what all packing of weights comes down to, because kernels want the
/// weights of neighbouring output channels side by side.
struct SixteenRows {
    /// The first element of the first row.
    let start: UnsafePointer<Float>
    /// From one row to the next, in elements.
    let rowStride: Int
    /// Rows that there are; the others count as zeros.
    let rowCount: Int

    /// Writes `count` columns from `column` on, 16 elements each.
    /// - Parameter destination: aligned to 16 bytes.
    func write(_ columns: Range<Int>, to destination: UnsafeMutablePointer<Float>) {
        if rowCount < 16 { return writeOneByOne(columns, to: destination) }
        let whole = columns.count / 4 * 4
        for group in 0..<4 {
            let rows = start + group * 4 * rowStride + columns.lowerBound
            var result = UnsafeMutableRawPointer(destination + group * 4)
            for column in stride(from: 0, to: whole, by: 4) {
                let a = UnsafeRawPointer(rows + column).loadUnaligned(as: SIMD4<Float>.self)
                let b = UnsafeRawPointer(rows + rowStride + column).loadUnaligned(as: SIMD4<Float>.self)
                let c = UnsafeRawPointer(rows + 2 * rowStride + column).loadUnaligned(as: SIMD4<Float>.self)
                let d = UnsafeRawPointer(rows + 3 * rowStride + column).loadUnaligned(as: SIMD4<Float>.self)
                let low = (SIMD4(a[0], b[0], a[1], b[1]), SIMD4(c[0], d[0], c[1], d[1]))
                let high = (SIMD4(a[2], b[2], a[3], b[3]), SIMD4(c[2], d[2], c[3], d[3]))
                result.storeBytes(of: SIMD4(lowHalf: low.0.lowHalf, highHalf: low.1.lowHalf), as: SIMD4<Float>.self)
                result.storeBytes(
                    of: SIMD4(lowHalf: low.0.highHalf, highHalf: low.1.highHalf), toByteOffset: 64,
                    as: SIMD4<Float>.self)
                result.storeBytes(
                    of: SIMD4(lowHalf: high.0.lowHalf, highHalf: high.1.lowHalf), toByteOffset: 128,
                    as: SIMD4<Float>.self)
                result.storeBytes(
                    of: SIMD4(lowHalf: high.0.highHalf, highHalf: high.1.highHalf), toByteOffset: 192,
                    as: SIMD4<Float>.self)
                result += 256
            }
        }
        if whole < columns.count {
            writeOneByOne(columns.lowerBound + whole..<columns.upperBound, to: destination + whole * 16)
        }
    }

    private func writeOneByOne(_ columns: Range<Int>, to destination: UnsafeMutablePointer<Float>) {
        for row in 0..<16 {
            for (index, column) in columns.enumerated() {
                destination[index * 16 + row] = row < rowCount ? start[row * rowStride + column] : 0
            }
        }
    }
}
