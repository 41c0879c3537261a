import VireoTensor

/// A number as an integer, however large it is.
func whole(_ number: Float) -> Int { number.isNaN ? 0 : Int(min(max(number, -1e9), 1e9)) }

/// An input [N, C, H, W] of the operations on regions.
struct FeatureMaps {
    let images: Int
    let channels: Int
    let height: Int
    let width: Int
    private let elements: [Float]

    init(_ call: Call, _ input: Int = 0) throws {
        let shape = call.inputs[input].shape
        (images, channels, height, width) = (shape[0], shape[1], shape[2], shape[3])
        elements = try call.floats(input)
    }

    /// One region: its image, or nil behind the end of the list, and its corners.
    struct Region {
        let image: Int?
        let corners: SIMD4<Float>
    }

    /// - Throws: `invalidArgument` for an image that is not there.
    func regions(_ numbers: [Float]) throws -> [Region] {
        var isEnd = false
        return try stride(from: 0, to: numbers.count, by: 5).map { start in
            isEnd = isEnd || numbers[start] == -1
            let image = whole(numbers[start])
            guard isEnd || (0..<images).contains(image) else {
                throw VireoError(.invalidArgument, "a region of image \(numbers[start]) among \(images)")
            }
            let corners = SIMD4(numbers[start + 1], numbers[start + 2], numbers[start + 3], numbers[start + 4])
            return Region(image: isEnd ? nil : image, corners: corners)
        }
    }

    /// Calls `value` for every element of the result [regions, channels, height, width].
    static func pooled(
        _ regions: Int, _ call: Call, _ value: (_ region: Int, _ channel: Int, _ y: Int, _ x: Int) -> Float
    ) throws -> Tensor {
        let (channels, height, width) = (call.shape[1], call.shape[2], call.shape[3])
        return try .making(call.shape) { (result: UnsafeMutableBufferPointer<Float>) in
            guard let target = result.baseAddress, !result.isEmpty else { return }
            Parallel.forEach(regions * channels, nanoseconds: Double(height * width) * 50) { range in
                for plane in range {
                    for y in 0..<height {
                        for x in 0..<width {
                            target[(plane * height + y) * width + x] = value(plane / channels, plane % channels, y, x)
                        }
                    }
                }
            }
        }
    }

    /// Where the plane of a channel starts.
    func plane(_ image: Int, _ channel: Int) -> Int { (image * channels + channel) * height * width }

    func largest(_ plane: Int, _ rows: Range<Int>, _ columns: Range<Int>) -> Float {
        guard !rows.isEmpty, !columns.isEmpty else { return 0 }
        var largest = -Float.infinity
        for y in rows { for x in columns { largest = max(largest, elements[plane + y * width + x]) } }
        return largest
    }

    func mean(_ plane: Int, _ rows: Range<Int>, _ columns: Range<Int>) -> Float {
        guard !rows.isEmpty, !columns.isEmpty else { return 0 }
        var sum: Float = 0
        for y in rows { for x in columns { sum += elements[plane + y * width + x] } }
        return sum / Float(rows.count * columns.count)
    }

    /// The value between four pixels; 0 outside.
    func interpolated(_ plane: Int, y: Float, x: Float) -> Float {
        guard y >= 0, x >= 0, y <= Float(height - 1), x <= Float(width - 1) else { return 0 }
        let (top, left) = (Int(y), Int(x))
        let (bottom, right) = (min(top + 1, height - 1), min(left + 1, width - 1))
        func row(_ y: Int) -> Float {
            let first = elements[plane + y * width + left]
            return first + (elements[plane + y * width + right] - first) * (x - Float(left))
        }
        let first = row(top)
        return first + (row(bottom) - first) * (y - Float(top))
    }

    /// As `interpolated`, with a border of one pixel around that repeats the edge.
    func sample(_ plane: Int, y: Float, x: Float) -> Float {
        guard y >= -1, x >= -1, y <= Float(height), x <= Float(width) else { return 0 }
        return interpolated(plane, y: min(max(y, 0), Float(height - 1)), x: min(max(x, 0), Float(width - 1)))
    }

    /// The mean of the samples in a cell.
    /// - Parameter place: where a point of the grid lies among the features.
    func mean(
        _ grid: SampleGrid, _ plane: Int, _ y: Int, _ x: Int, at place: (SIMD2<Float>) -> SIMD2<Float> = { $0 }
    ) -> Float {
        var sum: Float = 0
        forEachSample(grid, plane, y, x, at: place) { sum += $0 }
        return sum / Float(max(grid.rows * grid.columns, 1))
    }

    /// The largest of the samples in a cell, and of 0.
    func largest(_ grid: SampleGrid, _ plane: Int, _ y: Int, _ x: Int) -> Float {
        var largest: Float = 0
        forEachSample(grid, plane, y, x) { largest = max(largest, $0) }
        return largest
    }

    private func forEachSample(
        _ grid: SampleGrid, _ plane: Int, _ y: Int, _ x: Int, at place: (SIMD2<Float>) -> SIMD2<Float> = { $0 },
        _ body: (Float) -> Void
    ) {
        for row in 0..<grid.rows {
            for column in 0..<grid.columns {
                let point = place(SIMD2(grid.x(x, column), grid.y(y, row)))
                body(sample(plane, y: point.y, x: point.x))
            }
        }
    }
}

/// Where the samples of one region lie.
struct SampleGrid {
    /// The samples along the sides of a cell.
    let rows: Int
    let columns: Int
    private let start: SIMD2<Float>
    private let bin: SIMD2<Float>

    /// - Parameters:
    ///   - start: the first corner, in pixels of the features.
    ///   - rows: the cells along each axis.
    ///   - samplingRatio: the samples along each side of a cell; 0: as many as it has pixels.
    /// - Throws: `invalidArgument` for cells that are larger than any feature map.
    init(_ start: SIMD2<Float>, _ size: SIMD2<Float>, rows: Int, columns: Int, samplingRatio: Int) throws {
        self.start = start
        bin = size / SIMD2(Float(columns), Float(rows))
        guard bin.x <= 4096, bin.y <= 4096 else {
            throw VireoError(.invalidArgument, "a region of \(size.x) by \(size.y) pixels")
        }
        func samples(_ size: Float) -> Int {
            samplingRatio > 0 ? samplingRatio : max(whole(size.rounded(.up)), 0)
        }
        (self.rows, self.columns) = (samples(bin.y), samples(bin.x))
    }

    func y(_ cell: Int, _ row: Int) -> Float {
        start.y + Float(cell) * bin.y + bin.y / Float(rows) * (Float(row) + 0.5)
    }

    func x(_ cell: Int, _ column: Int) -> Float {
        start.x + Float(cell) * bin.x + bin.x / Float(columns) * (Float(column) + 0.5)
    }
}
