import CVireoImageCodecs
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
            let result = [UInt8](unsafeUninitializedCapacity: width * height * 3) { result, count in
                pixels.withUnsafeBufferPointer { pixels in
                    interpolate(pixels, self.width, self.height, toWidth: width, height: height) { _, row in
                        _ = result[count...].initialize(fromContentsOf: row)
                        count += row.count
                    }
                }
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
            let upper = min(max(Int(floor) + 1, 0), sourceCount - 1)
            return LinearTap(lower: lower, upper: upper, weight: lower == upper ? 0 : position - floor)
        }
    }
}

/// Computes the rows of an image of another size by linear interpolation, first along rows, then along columns.
/// - Parameters:
///   - pixels: `sourceWidth * sourceHeight` pixels of three bytes.
///   - body: is given each row of the result with its number, from the top.
func interpolate(
    _ pixels: UnsafeBufferPointer<UInt8>, _ sourceWidth: Int, _ sourceHeight: Int, toWidth width: Int, height: Int,
    _ body: (Int, UnsafeBufferPointer<UInt8>) -> Void
) {
    precondition(pixels.count == sourceWidth * sourceHeight * 3)
    let columns = LinearTap.taps(from: sourceWidth, to: width).map {
        vireo_tap(offset: UInt32($0.lower * 3), weight: $0.weight)
    }
    let rowSize = width * 3
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: rowSize) { target in
        var upper = InterpolatedRow(pixels, sourceWidth, columns)
        var lower = InterpolatedRow(pixels, sourceWidth, columns)
        for (y, row) in LinearTap.taps(from: sourceHeight, to: height).enumerated() {
            // Neighbouring rows of the result often lie between the same rows of the source.
            if row.lower == lower.source { swap(&upper, &lower) }
            upper.interpolate(row.lower)
            lower.interpolate(row.upper)
            vireo_interpolate_rows(upper.values, lower.values, row.weight, rowSize, target.baseAddress!)
            body(y, UnsafeBufferPointer(target))
        }
    }
}

/// A row of the source, interpolated to the width of the result.
private struct InterpolatedRow {
    private(set) var values: [Float]
    /// Which row it is.
    private(set) var source: Int?
    private let pixels: UnsafeBufferPointer<UInt8>
    private let width: Int
    private let columns: [vireo_tap]

    init(_ pixels: UnsafeBufferPointer<UInt8>, _ width: Int, _ columns: [vireo_tap]) {
        self.pixels = pixels
        self.width = width
        self.columns = columns
        values = [Float](repeating: 0, count: columns.count * 3 + 1)
    }

    mutating func interpolate(_ row: Int) {
        guard source != row else { return }
        source = row
        let start = row * width * 3
        let end = start + width * 3
        // Two pixels are read as eight bytes, which the last of the image may not have.
        if end + 5 <= pixels.count {
            vireo_interpolate_columns(pixels.baseAddress! + start, columns, columns.count, &values)
        } else {
            let padded = pixels[start..<end] + [UInt8](repeating: 0, count: 5)
            vireo_interpolate_columns(padded, columns, columns.count, &values)
        }
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
