import VireoTensor

extension Image {
    /// How pixels between the source's pixels are computed.
    public enum ResizeFilter: String, Sendable, CaseIterable {
        /// Linear interpolation between the four nearest pixels, with half-pixel centres, also when shrinking: what
        /// `tf.image.resize(method="bilinear")` does, and OpenCV's `INTER_LINEAR` to within one level. The value is
        /// computed in f32 and rounded to the nearest, halves up.
        case bilinear
        /// The same triangle, widened by the scale when shrinking so that every source pixel counts: what Pillow's
        /// `Image.BILINEAR` does, bit for bit. (From version 13 on, Pillow takes the columns of tall images first; that
        /// moves the rounding of the step between, and results by at most one level.)
        case antialiasedBilinear = "antialiased-bilinear"
    }

    /// The image scaled to `width` by `height` pixels; the aspect ratio is not kept.
    /// - Throws: `invalidArgument` when the size has no pixels or more than `largestPixelCount`.
    public func resized(
        width: Int, height: Int, filter: ResizeFilter = .bilinear
    ) throws(VireoError) -> Image {
        _ = try Image.pixelCount(width: width, height: height)
        if width == self.width && height == self.height { return self }
        switch filter {
        case .bilinear:
            let result = pixels.withUnsafeBufferPointer {
                interpolated($0, self.width, self.height, toWidth: width, height: height)
            }
            return Image(width, height, result)
        case .antialiasedBilinear: return resampled(width: width, height: height)
        }
    }
}

// MARK: - Bilinear

/// Where one output pixel falls between two source pixels of a row or a column.
private struct LinearTap {
    let lower: Int
    let upper: Int
    let weight: Float

    static func taps(from sourceCount: Int, to count: Int) -> [LinearTap] {
        let scale = Float(sourceCount) / Float(count)
        return (0..<count).map { index in
            let position = (Float(index) + 0.5) * scale - 0.5
            let floor = position.rounded(.down)
            let lower = min(max(Int(floor), 0), sourceCount - 1)
            return LinearTap(
                lower: lower, upper: min(max(Int(floor) + 1, 0), sourceCount - 1), weight: position - floor)
        }
    }
}

/// Pixels of another size by linear interpolation, first along rows, then along columns.
/// - Parameter pixels: `sourceWidth * sourceHeight` pixels of three bytes.
func interpolated(
    _ pixels: UnsafeBufferPointer<UInt8>, _ sourceWidth: Int, _ sourceHeight: Int, toWidth width: Int, height: Int
) -> [UInt8] {
    precondition(pixels.count == sourceWidth * sourceHeight * 3)
    let source = UnsafeRawBufferPointer(pixels)
    let columns = LinearTap.taps(from: sourceWidth, to: width)
    let rows = LinearTap.taps(from: sourceHeight, to: height)
    let rowSize = width * 3
    return [UInt8](unsafeUninitializedCapacity: rowSize * height) { result, count in
        // Pixels are written as four floats, of which the next pixel takes the fourth.
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * (rowSize + 1)) { memory in
            memory.initialize(repeating: 0)
            var upper = InterpolatedRow(values: UnsafeMutableBufferPointer(rebasing: memory[...rowSize]))
            var lower = InterpolatedRow(values: UnsafeMutableBufferPointer(rebasing: memory[(rowSize + 1)...]))
            for (y, row) in rows.enumerated() {
                // Neighbouring rows of the result often lie between the same rows of the source.
                if row.lower == lower.source { swap(&upper, &lower) }
                upper.interpolate(source, row: row.lower, of: sourceWidth, columns)
                lower.interpolate(source, row: row.upper, of: sourceWidth, columns)
                let target = UnsafeMutableBufferPointer(rebasing: result[y * rowSize..<(y + 1) * rowSize])
                for index in 0..<rowSize {
                    let value = upper.values[index] + (lower.values[index] - upper.values[index]) * row.weight
                    target[index] = UInt8(roundingInRange: value)
                }
            }
        }
        count = rowSize * height
    }
}

/// A row of the source, interpolated to the width of the result.
private struct InterpolatedRow {
    /// With room for one float more than the row has values.
    let values: UnsafeMutableBufferPointer<Float>
    /// Which row it is.
    var source: Int?

    init(values: UnsafeMutableBufferPointer<Float>) { self.values = values }

    mutating func interpolate(_ pixels: UnsafeRawBufferPointer, row: Int, of width: Int, _ columns: [LinearTap]) {
        guard source != row else { return }
        source = row
        let start = row * width * 3
        let target = UnsafeMutableRawBufferPointer(values)
        for (x, column) in columns.enumerated() {
            let left = InterpolatedRow.pixel(pixels, at: start &+ column.lower &* 3)
            let right = InterpolatedRow.pixel(pixels, at: start &+ column.upper &* 3)
            let value = left + (right - left) * SIMD4(repeating: column.weight)
            target.storeBytes(of: value, toByteOffset: x &* 12, as: SIMD4<Float>.self)
        }
    }

    /// Red, green and blue at a byte offset, and a fourth value without meaning.
    @inline(__always)
    private static func pixel(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> SIMD4<Float> {
        guard offset &+ 4 <= bytes.count else {
            return SIMD4(Float(bytes[offset]), Float(bytes[offset + 1]), Float(bytes[offset + 2]), 0)
        }
        let channels = bytes.loadUnaligned(fromByteOffset: offset, as: SIMD4<UInt8>.self)
        return SIMD4<Float>(SIMD4<Int32>(truncatingIfNeeded: channels))
    }
}

extension UInt8 {
    /// The nearest integer to a value from 0 to 255, halves up. It compiles to vector instructions, which a conversion
    /// with its check does not: adding 2^23 leaves the integer in the low bits, rounded to even, which is then put
    /// right.
    fileprivate init(roundingInRange value: Float) {
        let raised = value + 0.5
        let shifted = raised + 0x1p23
        let correction: UInt32 = shifted - 0x1p23 > raised ? 1 : 0
        self.init(truncatingIfNeeded: shifted.bitPattern &- correction)
    }
}

// MARK: - Antialiased bilinear

/// The source pixels that one output pixel of a row or a column averages, with their weights in units of 2^-22.
private struct TriangleWindow {
    let first: Int
    let weights: [Int32]

    static let fractionBits: Int32 = 22
    static let half: Int32 = 1 << (fractionBits - 1)

    static func windows(from sourceCount: Int, to count: Int) -> [TriangleWindow] {
        let scale = Double(sourceCount) / Double(count)
        let radius = max(scale, 1)
        let slope = 1 / radius
        return (0..<count).map { index in
            let centre = (Double(index) + 0.5) * scale
            let first = max(Int(centre - radius + 0.5), 0)
            let end = min(Int(centre + radius + 0.5), sourceCount)
            let heights = (first..<end).map { max(1 - abs((Double($0) - centre + 0.5) * slope), 0) }
            let unit = 1 / heights.reduce(0, +)
            return TriangleWindow(
                first: first, weights: heights.map { Int32($0 * unit * Double(1 << fractionBits) + 0.5) })
        }
    }

    static func rounded(_ sum: Int32) -> UInt8 { UInt8(clamping: sum >> fractionBits) }
}

extension Image {
    /// Rows first, rounded to 8 bits, then columns.
    private func resampled(width: Int, height: Int) -> Image {
        let columns = TriangleWindow.windows(from: self.width, to: width)
        let rows = TriangleWindow.windows(from: self.height, to: height)
        let rowSize = width * 3
        var narrowed = [UInt8](repeating: 0, count: rowSize * self.height)
        for y in 0..<self.height {
            let source = y * self.width * 3
            for (x, window) in columns.enumerated() {
                var sums = SIMD3<Int32>(repeating: TriangleWindow.half)
                for (offset, weight) in window.weights.enumerated() {
                    let pixel = source + (window.first + offset) * 3
                    sums[0] &+= Int32(pixels[pixel]) &* weight
                    sums[1] &+= Int32(pixels[pixel + 1]) &* weight
                    sums[2] &+= Int32(pixels[pixel + 2]) &* weight
                }
                let target = y * rowSize + x * 3
                for channel in 0..<3 { narrowed[target + channel] = TriangleWindow.rounded(sums[channel]) }
            }
        }
        var result = [UInt8](repeating: 0, count: rowSize * height)
        var sums = [Int32](repeating: 0, count: rowSize)
        for (y, window) in rows.enumerated() {
            for index in 0..<rowSize { sums[index] = TriangleWindow.half }
            for (offset, weight) in window.weights.enumerated() {
                let source = (window.first + offset) * rowSize
                for index in 0..<rowSize { sums[index] &+= Int32(narrowed[source + index]) &* weight }
            }
            for index in 0..<rowSize { result[y * rowSize + index] = TriangleWindow.rounded(sums[index]) }
        }
        return Image(width, height, result)
    }
}
