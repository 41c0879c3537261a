import VireoIR
import VireoTensor

func deformableConvolution(_ operation: DeformableConvolution, _ call: Call) throws -> [Tensor] {
    let (shape, kernel) = (call.inputs[0].shape, Array(call.inputs[2].shape.dimensions[2...]))
    let (channels, height, width) = (shape[1], shape[2], shape[3])
    let (outputs, rows, columns) = (call.shape[1], call.shape[2], call.shape[3])
    let window = operation.window.resolvingAutoPad(input: [height, width], kernel: kernel)
    let (data, offsets, weights) = (try call.floats(0), try call.floats(1), try call.floats(2))
    let mask = call.inputs.count == 4 ? try call.floats(3) : nil
    let taps = kernel[0] * kernel[1]
    let part = channels / operation.groups
    let perOffset = channels / operation.deformableGroups
    var result = [Float](repeating: 0, count: call.shape.elementCount)
    guard !result.isEmpty else { return [Tensor(result, call.shape)] }
    for image in 0..<shape[0] {
        for place in 0..<rows * columns {
            let (row, column) = place.quotientAndRemainder(dividingBy: columns)
            // What every tap of every channel reads, before the weights.
            var patch = [Float](repeating: 0, count: channels * taps)
            for channel in 0..<channels {
                let plane = Plane(data, (image * channels + channel) * height * width, height, width)
                for tap in 0..<taps {
                    let group = channel / perOffset
                    let first = ((image * operation.deformableGroups + group) * 2 * taps + 2 * tap) * rows * columns
                    let y =
                        Float(row * window.strides[0] - window.padsBegin[0] + tap / kernel[1] * window.dilations[0])
                        + offsets[first + place]
                    let x =
                        Float(column * window.strides[1] - window.padsBegin[1] + tap % kernel[1] * window.dilations[1])
                        + offsets[first + rows * columns + place]
                    var value = operation.padsInterpolation ? plane.surroundedByZeros(y, x) : plane.inside(y, x)
                    if let mask {
                        let number = (image * operation.deformableGroups + group) * taps + tap
                        value *= mask[number * rows * columns + place]
                    }
                    patch[channel * taps + tap] = value
                }
            }
            for output in 0..<outputs {
                let first = output / (outputs / operation.groups) * part * taps
                var sum: Float = 0
                for index in 0..<part * taps { sum += weights[output * part * taps + index] * patch[first + index] }
                result[(image * outputs + output) * rows * columns + place] = sum
            }
        }
    }
    return [Tensor(result, call.shape)]
}

/// One channel that is read between its elements.
private struct Plane {
    private let data: [Float]
    private let start: Int
    private let height: Int
    private let width: Int

    init(_ data: [Float], _ start: Int, _ height: Int, _ width: Int) {
        (self.data, self.start, self.height, self.width) = (data, start, height, width)
    }

    private func element(_ y: Int, _ x: Int) -> Float { data[start + y * width + x] }

    /// 0 outside; the last row and column go on as they are.
    func inside(_ y: Float, _ x: Float) -> Float {
        guard y >= 0, x >= 0, y < Float(height), x < Float(width) else { return 0 }
        return between(min(y, Float(height - 1)), min(x, Float(width - 1)))
    }

    func between(_ y: Float, _ x: Float) -> Float {
        let (top, left) = (Int(y), Int(x))
        let (bottom, right) = (min(top + 1, height - 1), min(left + 1, width - 1))
        let (down, along) = (y - Float(top), x - Float(left))
        return (1 - down) * ((1 - along) * element(top, left) + along * element(top, right))
            + down * ((1 - along) * element(bottom, left) + along * element(bottom, right))
    }

    func surroundedByZeros(_ y: Float, _ x: Float) -> Float {
        guard y > -1, x > -1, y < Float(height), x < Float(width) else { return 0 }
        let (top, left) = (Int(y.rounded(.down)), Int(x.rounded(.down)))
        let (down, along) = (y - Float(top), x - Float(left))
        func value(_ y: Int, _ x: Int) -> Float {
            (0..<height).contains(y) && (0..<width).contains(x) ? element(y, x) : 0
        }
        return (1 - down) * ((1 - along) * value(top, left) + along * value(top, left + 1))
            + down * ((1 - along) * value(top + 1, left) + along * value(top + 1, left + 1))
    }
}

func deformableRegionPooling(_ operation: DeformablePSROIPooling, _ call: Call) throws -> [Tensor] {
    let shape = call.inputs[0].shape
    let (height, width, size, samples) = (shape[2], shape[3], operation.groupSize, operation.samples)
    let (data, regions) = (try call.floats(0), try call.floats(1))
    let offsets = call.inputs.count == 3 ? try call.floats(2) : nil
    let classes = call.inputs.count == 3 ? call.inputs[2].shape[1] / 2 : 1
    let scale = Float(operation.spatialScale)
    let partSize = operation.partSize
    var result = [Float](repeating: 0, count: call.shape.elementCount)
    for element in result.indices {
        let (column, row) = (element % size, element / size % size)
        let channel = element / (size * size) % operation.outputChannels
        let region = element / (size * size * operation.outputChannels)
        let box = regions[region * 5..<region * 5 + 5].map { $0 }
        guard let image = Int(exactly: box[0].rounded(.towardZero)), (0..<shape[0]).contains(image) else { continue }
        func rounded(_ value: Float) -> Float { value.rounded(.toNearestOrAwayFromZero) }
        let (left, top) = (rounded(box[1]) * scale - 0.5, rounded(box[2]) * scale - 0.5)
        let boxWidth = max((rounded(box[3]) + 1) * scale - 0.5 - left, 0.1)
        let boxHeight = max((rounded(box[4]) + 1) * scale - 0.5 - top, 0.1)
        let (binWidth, binHeight) = (boxWidth / Float(size), boxHeight / Float(size))
        var (x, y) = (left + Float(column) * binWidth, top + Float(row) * binHeight)
        if let offsets {
            let label = channel / (operation.outputChannels / classes)
            let place = (row * partSize / size) * partSize + column * partSize / size
            let first = (region * classes + label) * 2 * partSize * partSize + place
            x += offsets[first] * Float(operation.offsetScale) * boxWidth
            y += offsets[first + partSize * partSize] * Float(operation.offsetScale) * boxHeight
        }
        let plane = Plane(
            data, (image * shape[1] + (channel * size + row) * size + column) * height * width, height, width)
        var (sum, count) = (Float(0), 0)
        for sampleY in 0..<samples {
            for sampleX in 0..<samples {
                let placeX = x + Float(sampleX) * binWidth / Float(samples)
                let placeY = y + Float(sampleY) * binHeight / Float(samples)
                guard placeX >= -0.5, placeX <= Float(width) - 0.5, placeY >= -0.5, placeY <= Float(height) - 0.5 else {
                    continue
                }
                sum += plane.between(
                    min(max(placeY, 0), Float(height - 1)), min(max(placeX, 0), Float(width - 1)))
                count += 1
            }
        }
        result[element] = count == 0 ? 0 : sum / Float(count)
    }
    return [Tensor(result, call.shape)]
}

func gridSample(_ operation: GridSample, _ call: Call) throws -> [Tensor] {
    let shape = call.inputs[0].shape
    let (channels, height, width) = (shape[1], shape[2], shape[3])
    let (data, grid) = (try call.floats(0), try call.floats(1))
    let places = call.shape[2] * call.shape[3]
    guard height > 0, width > 0 else { throw VireoError(.invalidArgument, "data without elements") }
    func place(_ value: Float, _ extent: Int) -> Float {
        operation.alignsCorners
            ? (value + 1) / 2 * Float(extent - 1) : ((value + 1) * Float(extent) - 1) / 2
    }
    func inside(_ index: Int, _ extent: Int) -> Int? {
        if (0..<extent).contains(index) { return index }
        switch operation.padding {
        case .zeros: return nil
        case .border: return min(max(index, 0), extent - 1)
        case .reflection:
            if operation.alignsCorners {
                let period = max(2 * (extent - 1), 1)
                let folded = abs(index) % period
                return folded >= extent ? period - folded : folded
            }
            let period = 2 * extent
            let folded = (index % period + period) % period
            return folded >= extent ? period - 1 - folded : folded
        }
    }
    func taps(_ place: Float) -> [(index: Int, weight: Float)] {
        let limited = min(max(place, -1e9), 1e9)
        let lower = Int(limited.rounded(.down))
        let part = limited - Float(lower)
        switch operation.mode {
        case .nearest: return [(Int(limited.rounded(.toNearestOrEven)), 1)]
        case .bilinear: return [(lower, 1 - part), (lower + 1, part)]
        case .bicubic:
            return cubicWeights(part, -0.75).enumerated().map { (lower - 1 + $0.offset, $0.element) }
        }
    }
    var result = [Float](repeating: 0, count: call.shape.elementCount)
    for image in 0..<shape[0] {
        for number in 0..<places {
            let first = (image * places + number) * 2
            let across = taps(place(grid[first], width))
            let down = taps(place(grid[first + 1], height))
            for channel in 0..<channels {
                let plane = (image * channels + channel) * height * width
                var sum: Float = 0
                for (y, rowWeight) in down {
                    guard let y = inside(y, height) else { continue }
                    for (x, weight) in across {
                        guard let x = inside(x, width) else { continue }
                        sum += rowWeight * weight * data[plane + y * width + x]
                    }
                }
                result[(image * channels + channel) * places + number] = sum
            }
        }
    }
    return [Tensor(result, call.shape)]
}
