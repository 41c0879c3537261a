import Glibc
import VireoIR
import VireoTensor

/// Axis after axis: an output element is a weighted sum of a few input elements along each.
func interpolate(_ operation: Interpolate, _ call: Call) throws -> [Tensor] {
    guard operation.mode != .bilinearPillow, operation.mode != .bicubicPillow else {
        throw VireoError(.unsupported, "Interpolate with mode \(operation.mode.rawValue)")
    }
    guard !(operation.padsBegin + operation.padsEnd).contains(where: { $0 != 0 }) else {
        throw VireoError(.unsupported, "Interpolate with pads")
    }
    guard !operation.antialias || operation.mode == .nearest else {
        throw VireoError(.unsupported, "Interpolate with antialias")
    }
    let rank = call.shape.rank
    let axes =
        call.inputs.count > operation.axesInput
        ? try call.integers(operation.axesInput).map { axis throws(VireoError) in
            try normalizedAxis(axis, rank: rank)
        } : Array(0..<rank)
    var scales = axes.map { Float(call.shape[$0]) / Float(call.inputs[0].shape[$0]) }
    if operation.shapeCalculation == .scales {
        scales = try call.inputs[operation.version == 4 ? 2 : 1].doubles().map { Float($0) }
    }
    let isInteger = call.elementType == .i64
    var data = isInteger ? try call.inputs[0].converted(to: .f64) : call.inputs[0]
    for (axis, scale) in zip(axes, scales) {
        let (input, output) = (data.shape[axis], call.shape[axis])
        if input == output, scale == 1 { continue }
        let taps = try (0..<output).map { index in
            try operation.taps(at: index, input: input, output: output, scale: scale)
        }
        data =
            try data.elementType == .f64
            ? resampled(data, axis, taps, Double.self) : resampled(data, axis, taps, Float.self)
    }
    return [isInteger ? try data.converted(to: .i64) : data]
}

/// Input elements and their weights.
private typealias Taps = [(index: Int, weight: Float)]

extension Interpolate {
    fileprivate func taps(at index: Int, input: Int, output: Int, scale: Float) throws -> Taps {
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
            // A triangle, cut off and rescaled at the borders.
            let centre = Int(place.rounded(.toNearestOrAwayFromZero))
            var taps: Taps = []
            for index in centre - 2...centre + 2 where (0..<input).contains(index) {
                let weight = max(0, 1 - abs(place - Float(index)))
                if weight > 0 { taps.append((index, weight)) }
            }
            let sum = taps.reduce(Float(0)) { $0 + $1.weight }
            guard sum > 0 else { return [(index: inside(centre), weight: 1)] }
            return taps.map { (index: $0.index, weight: $0.weight / sum) }
        default:
            let lower = Int(place.rounded(.down))
            let part = place - Float(lower)
            let a = Float(cubeCoefficient)
            // Keys, Cubic convolution interpolation for digital image processing, 1981.
            func near(_ x: Float) -> Float { ((a + 2) * x - (a + 3)) * x * x + 1 }
            func far(_ x: Float) -> Float { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
            let weights: [Float] = [far(part + 1), near(part), near(1 - part), far(2 - part)]
            return weights.enumerated().map { (index: inside(lower - 1 + $0.offset), weight: $0.element) }
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
