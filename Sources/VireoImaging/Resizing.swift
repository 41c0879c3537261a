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
        case .bilinear: return interpolated(width: width, height: height)
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

extension Image {
    private func interpolated(width: Int, height: Int) -> Image {
        let columns = LinearTap.taps(from: self.width, to: width)
        let rows = LinearTap.taps(from: self.height, to: height)
        let rowSize = width * 3
        var upper = [Float](repeating: 0, count: rowSize)
        var lower = upper
        var result = [UInt8](repeating: 0, count: rowSize * height)
        for (y, row) in rows.enumerated() {
            interpolateRow(row.lower, columns, into: &upper)
            interpolateRow(row.upper, columns, into: &lower)
            let start = y * rowSize
            for index in 0..<rowSize {
                let value = upper[index] + (lower[index] - upper[index]) * row.weight
                result[start + index] = UInt8(value + 0.5)
            }
        }
        return Image(width, height, result)
    }

    private func interpolateRow(_ y: Int, _ columns: [LinearTap], into row: inout [Float]) {
        let start = y * width * 3
        for (x, column) in columns.enumerated() {
            for channel in 0..<3 {
                let left = Float(pixels[start + column.lower * 3 + channel])
                let right = Float(pixels[start + column.upper * 3 + channel])
                row[x * 3 + channel] = left + (right - left) * column.weight
            }
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
