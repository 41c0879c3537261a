import Glibc
import VireoIR
import VireoTensor

/// Axis after axis: an output element is a weighted sum of a few input elements along each.
func interpolate(_ operation: Interpolate, _ call: Call) throws -> [Tensor] {
    let rank = call.shape.rank
    let source = try padded(operation, call.inputs[0])
    let axes =
        operation.version == 1
        ? try operation.listedAxes.map { axis throws(VireoError) in try normalizedAxis(axis, rank: rank) }
        : call.inputs.count > operation.axesInput
            ? try call.integers(operation.axesInput).map { axis throws(VireoError) in
                try normalizedAxis(axis, rank: rank)
            } : Array(0..<rank)
    var scales = axes.map { Float(call.shape[$0]) / Float(source.shape[$0]) }
    if operation.shapeCalculation == .scales {
        scales = try call.inputs[operation.version == 4 ? 2 : 1].doubles().map { Float($0) }
    }
    // Antialias is for what shrinks; then it holds for every axis.
    let smooths = operation.antialias && scales.contains { $0 < 1 }
    let isInteger = call.elementType == .i64
    var data = isInteger ? try source.converted(to: .f64) : source
    for (axis, scale) in zip(axes, scales) {
        let (input, output) = (data.shape[axis], call.shape[axis])
        if input == output, scale == 1 { continue }
        let taps = try (0..<output).map { index in
            try operation.taps(at: index, input: input, output: output, scale: scale, smooths: smooths)
        }
        data =
            try data.elementType == .f64
            ? resampled(data, axis, taps, Double.self) : resampled(data, axis, taps, Float.self)
    }
    return [isInteger ? try data.converted(to: .i64) : data]
}

/// The data with zeros around them.
private func padded(_ operation: Interpolate, _ data: Tensor) throws -> Tensor {
    let rank = data.shape.rank
    func pads(_ list: [Int]) -> [Int] { Array((list + [Int](repeating: 0, count: rank)).prefix(rank)) }
    let (begin, end) = (pads(operation.padsBegin), pads(operation.padsEnd))
    guard (begin + end).contains(where: { $0 != 0 }) else { return data }
    let extents = (0..<rank).map { data.shape[$0] + begin[$0] + end[$0] }
    let inputs = [data, Tensor(begin.map { Int64($0) }), Tensor(end.map { Int64($0) })]
    return try pad(Pad(), Call(inputs: inputs, shapes: [Shape(validating: extents)]))[0]
}

/// Keys, Cubic convolution interpolation for digital image processing, 1981: the weights of four neighbours.
func cubicWeights(_ part: Float, _ a: Float) -> [Float] {
    func near(_ x: Float) -> Float { ((a + 2) * x - (a + 3)) * x * x + 1 }
    func far(_ x: Float) -> Float { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
    return [far(part + 1), near(part), near(1 - part), far(2 - part)]
}

/// Input elements and their weights.
private typealias Taps = [(index: Int, weight: Float)]

extension Interpolate {
    fileprivate func taps(
        at index: Int, input: Int, output: Int, scale: Float, smooths: Bool
    ) throws -> Taps {
        let place = position(of: Float(index), input: Float(input), output: Float(output), scale: scale)
        func inside(_ index: Int) -> Int { min(max(index, 0), input - 1) }
        switch mode {
        case .nearest: return [(inside(Int(neighbour(of: place, isShrinking: scale < 1))), 1)]
        case .linearOnnx:
            let clamped = min(max(place, 0), Float(input - 1))
            let lower = Int(clamped)
            let part = clamped - Float(lower)
            return [(lower, 1 - part), (inside(lower + 1), part)]
        case .linear:
            // A triangle, cut off and rescaled at the borders; with antialias as wide as what it stands for.
            let slope = smooths ? scale : 1
            let radius = scale > 1 ? 2 : Int((2 / slope).rounded(.up))
            let centre = Int(place.rounded(.toNearestOrAwayFromZero))
            var taps: Taps = []
            for index in centre - radius...centre + radius where (0..<input).contains(index) {
                let weight = max(0, 1 - abs(slope * (place - Float(index))))
                if weight > 0 { taps.append((index, weight)) }
            }
            let sum = taps.reduce(Float(0)) { $0 + $1.weight }
            // Where one axis shrinks and another grows, the narrow triangle may miss every element: the sum of none is
            // 0.
            guard sum > 0 else { return [(index: inside(centre), weight: 0)] }
            return taps.map { (index: $0.index, weight: $0.weight / sum) }
        case .cubic:
            let lower = Int(place.rounded(.down))
            return cubicWeights(place - Float(lower), Float(cubeCoefficient)).enumerated().map {
                (index: inside(lower - 1 + $0.offset), weight: $0.element)
            }
        case .bilinearPillow, .bicubicPillow: return pillowTaps(at: index, input: input, output: output)
        }
    }

    /// A filter as wide as what an output element stands for, as in the Pillow library.
    private func pillowTaps(at index: Int, input: Int, output: Int) -> Taps {
        let scale = Double(input) / Double(output)
        let width = max(scale, 1)
        let reach = (mode == .bilinearPillow ? 1 : 2) * width
        let centre = (Double(index) + 0.5) * scale
        let first = max(Int(centre - reach + 0.5), 0)
        let last = min(Int(centre + reach + 0.5), input)
        let a = cubeCoefficient
        func filter(_ x: Double) -> Double {
            let x = abs(x)
            if mode == .bilinearPillow { return max(1 - x, 0) }
            if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
        }
        let weights = (first..<max(last, first + 1)).map { filter((Double($0) - centre + 0.5) / width) }
        let sum = weights.reduce(0, +)
        return weights.enumerated().map {
            (index: first + $0.offset, weight: Float(sum == 0 ? $0.element : $0.element / sum))
        }
    }

    private func position(of x: Float, input: Float, output: Float, scale: Float) -> Float {
        switch coordinates {
        case .halfPixel: (x + 0.5) / scale - 0.5
        case .pytorchHalfPixel: output > 1 ? (x + 0.5) / scale - 0.5 : 0
        case .asymmetric: x / scale
        case .tfHalfPixelForNN: (x + 0.5) / scale
        case .alignCorners: output == 1 ? 0 : x * (input - 1) / (output - 1)
        }
    }

    private func neighbour(of place: Float, isShrinking: Bool) -> Float {
        switch nearestMode {
        case .roundPreferFloor: place == place.rounded(.down) + 0.5 ? place.rounded(.down) : place.rounded()
        case .roundPreferCeil: (place + 0.5).rounded(.down)
        case .floor: place.rounded(.down)
        case .ceil: place.rounded(.up)
        case .simple: isShrinking ? place.rounded(.up) : place.rounded(.towardZero)
        }
    }
}

private func resampled<Element: Real>(
    _ data: Tensor, _ axis: Int, _ taps: [Taps], _ type: Element.Type
) throws -> Tensor {
    var dimensions = data.shape.dimensions
    let input = dimensions[axis]
    dimensions[axis] = taps.count
    let inner = dimensions[(axis + 1)...].reduce(1, *)
    return try data.withUnsafeElements(of: Element.self) { source in
        try .making(Shape(validating: dimensions)) { (result: UnsafeMutableBufferPointer<Element>) in
            guard !result.isEmpty else { return }
            Parallel.forEach(result.count / inner, nanoseconds: Double(4 * inner)) { range in
                for line in range {
                    let (outer, index) = line.quotientAndRemainder(dividingBy: taps.count)
                    let target = result.baseAddress! + line * inner
                    for (position, weight) in taps[index] {
                        let row = source.baseAddress! + (outer * input + position) * inner
                        let weight = Element(weight)
                        for element in 0..<inner { target[element] += weight * row[element] }
                    }
                }
            }
        }
    }
}
