import VireoIR
import VireoTensor

func regionPooling(_ operation: ROIPooling, _ call: Call) throws -> [Tensor] {
    let features = try FeatureMaps(call)
    let regions = try features.regions(try call.floats(1))
    return [
        try features.pooled(regions.count, call) { region, channel, y, x in
            let box = regions[region]
            guard let image = box.image else { return 0 }
            let plane = features.plane(image, channel)
            switch operation.method {
            case .max:
                let scaled = (box.corners * Float(operation.spatialScale)).rounded(.toNearestOrAwayFromZero)
                let rows = cell(y, of: operation.height, from: scaled.y, to: scaled.w, extent: features.height)
                let columns = cell(x, of: operation.width, from: scaled.x, to: scaled.z, extent: features.width)
                return features.largest(plane, rows, columns)
            case .bilinear:
                return features.interpolated(
                    plane, y: point(y, of: operation.height, from: box.corners.y, to: box.corners.w, features.height),
                    x: point(x, of: operation.width, from: box.corners.x, to: box.corners.z, features.width))
            }
        }
    ]
}

func positionSensitivePooling(_ operation: PSROIPooling, _ call: Call) throws -> [Tensor] {
    let features = try FeatureMaps(call)
    let regions = try features.regions(try call.floats(1))
    let scale = Float(operation.spatialScale)
    let size = operation.groupSize
    return [
        try features.pooled(regions.count, call) { region, channel, y, x in
            let box = regions[region]
            guard let image = box.image else { return 0 }
            switch operation.mode {
            case .average:
                let rounded = box.corners.rounded(.toNearestOrAwayFromZero)
                let (start, end) = (rounded.lowHalf * scale, (rounded.highHalf + 1) * scale)
                // Regions without an area get a little.
                let bin = pointwiseMax(end - start, SIMD2(repeating: 0.1)) / Float(size)
                let rows = part(start.y + Float(y) * bin.y, start.y + Float(y + 1) * bin.y, features.height)
                let columns = part(start.x + Float(x) * bin.x, start.x + Float(x + 1) * bin.x, features.width)
                return features.mean(features.plane(image, (channel * size + y) * size + x), rows, columns)
            case .bilinear:
                let corners = box.corners * scale
                let bins = SIMD2(Float(operation.binsX), Float(operation.binsY))
                let bin = (corners.highHalf - corners.lowHalf) / bins
                var sum: Float = 0
                for binY in 0..<operation.binsY {
                    for binX in 0..<operation.binsX {
                        let start = corners.lowHalf + SIMD2(Float(binX), Float(binY)) * bin
                        let number = binY * operation.binsX + binX
                        sum += features.interpolated(
                            features.plane(image, number * operation.outputChannels + channel),
                            y: point(y, of: size, from: start.y, to: start.y + bin.y, features.height),
                            x: point(x, of: size, from: start.x, to: start.x + bin.x, features.width))
                    }
                }
                return sum / Float(operation.binsX * operation.binsY)
            }
        }
    ]
}

func regionAlignment(_ operation: ROIAlign, _ call: Call) throws -> [Tensor] {
    let features = try FeatureMaps(call)
    let corners = try call.floats(1)
    let images = try call.integers(2)
    guard images.allSatisfy((0..<features.images).contains) else {
        throw VireoError(.invalidArgument, "regions of images \(images) among \(features.images)")
    }
    let grids = try stride(from: 0, to: corners.count, by: 4).map { first in
        try SampleGrid(operation, SIMD4(corners[first], corners[first + 1], corners[first + 2], corners[first + 3]))
    }
    return [
        try features.pooled(images.count, call) { region, channel, y, x in
            let grid = grids[region]
            let plane = features.plane(images[region], channel)
            var (sum, largest): (Float, Float) = (0, 0)
            for row in 0..<grid.rows {
                for column in 0..<grid.columns {
                    let sample = features.sample(plane, y: grid.y(y, row), x: grid.x(x, column))
                    sum += sample
                    largest = max(largest, sample)
                }
            }
            return operation.mode == .max ? largest : sum / Float(max(grid.rows * grid.columns, 1))
        }
    ]
}

/// Where the samples of one region lie.
private struct SampleGrid {
    /// The samples along the sides of a cell.
    let rows: Int
    let columns: Int
    private let start: SIMD2<Float>
    private let bin: SIMD2<Float>

    init(_ operation: ROIAlign, _ corners: SIMD4<Float>) throws {
        let scale = Float(operation.spatialScale)
        let scaled =
            switch operation.alignment {
            case .asymmetric: corners * scale
            case .halfPixelForNN: corners * scale - 0.5
            case .halfPixel: (corners + 0.5) * scale - 0.5
            }
        var size = scaled.highHalf - scaled.lowHalf
        if operation.alignment == .asymmetric { size = pointwiseMax(size, SIMD2(repeating: 1)) }
        start = scaled.lowHalf
        bin = size / SIMD2(Float(operation.width), Float(operation.height))
        guard bin.x <= 4096, bin.y <= 4096 else {
            throw VireoError(.invalidArgument, "a region from \(corners.lowHalf) to \(corners.highHalf)")
        }
        func samples(_ size: Float) -> Int {
            operation.samplingRatio > 0 ? operation.samplingRatio : max(whole(size.rounded(.up)), 0)
        }
        (rows, columns) = (samples(bin.y), samples(bin.x))
    }

    func y(_ cell: Int, _ row: Int) -> Float {
        start.y + Float(cell) * bin.y + bin.y / Float(rows) * (Float(row) + 0.5)
    }

    func x(_ cell: Int, _ column: Int) -> Float {
        start.x + Float(cell) * bin.x + bin.x / Float(columns) * (Float(column) + 0.5)
    }
}

/// The pixels of cell `index` of a region whose ends are pixels themselves.
private func cell(_ index: Int, of count: Int, from start: Float, to end: Float, extent: Int) -> Range<Int> {
    let size = Float(max(whole(end) - whole(start) + 1, 1)) / Float(count)
    let first = Float(whole(start))
    return part(first + (Float(index) * size).rounded(.down), first + (Float(index + 1) * size).rounded(.up), extent)
}

/// The pixels that an interval touches.
private func part(_ start: Float, _ end: Float, _ extent: Int) -> Range<Int> {
    let first = min(max(whole(start.rounded(.down)), 0), extent)
    return first..<max(min(whole(end.rounded(.up)), extent), first)
}

/// The place of point `index` of a region that is a part of the image; the last lies on its end.
private func point(_ index: Int, of count: Int, from start: Float, to end: Float, _ extent: Int) -> Float {
    let span = Float(extent - 1)
    guard count > 1 else { return 0.5 * (start + end) * span }
    return index == count - 1 ? end * span : Float(index) * ((end - start) * span / Float(count - 1)) + start * span
}

/// A number as an integer, however large it is.
private func whole(_ number: Float) -> Int { number.isNaN ? 0 : Int(min(max(number, -1e9), 1e9)) }

/// The first input of the operations on regions: [N, C, H, W].
private struct FeatureMaps {
    let images: Int
    let channels: Int
    let height: Int
    let width: Int
    private let elements: [Float]

    init(_ call: Call) throws {
        let shape = call.inputs[0].shape
        (images, channels, height, width) = (shape[0], shape[1], shape[2], shape[3])
        elements = try call.floats(0)
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
    func pooled(
        _ regions: Int, _ call: Call, _ value: (_ region: Int, _ channel: Int, _ y: Int, _ x: Int) -> Float
    ) throws -> Tensor {
        let (channels, height, width) = (call.shape[1], call.shape[2], call.shape[3])
        return try .making(call.shape) { (result: UnsafeMutableBufferPointer<Float>) in
            guard let target = result.baseAddress, !result.isEmpty, !elements.isEmpty else { return }
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
}
