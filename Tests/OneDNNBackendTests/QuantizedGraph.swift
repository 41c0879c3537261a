import Testing
import VireoPluginKit

/// A value with what it should be.
typealias Computed = (value: Int, expected: Naive.DoubleTensor)

/// The limits of a FakeQuantize.
struct Limits: Sendable {
    var low: Float
    var high: Float
    var levels = 256

    /// From 0: u8 without a zero point.
    static let unsigned = Limits(low: 0, high: 1.5)
    /// 128 levels below 0: s8 without a zero point.
    static let signed = Limits(low: -1.28, high: 1.27)
    /// 0 is level 50: u8 with a zero point.
    static let shifted = Limits(low: -0.5, high: 2.05)

    var step: Double { Double(high - low) / Double(levels - 1) }

    func rounded(_ x: Double) -> Double {
        let steps = Float(levels - 1)
        let x = Float(x)
        if x <= low { return Double(low) }
        if x > high { return Double(high) }
        return Double(((x - low) / (high - low) * steps).rounded(.toNearestOrEven) / steps * (high - low) + low)
    }
}

extension GraphBuilder {
    func rounded(_ source: Computed, _ limits: Limits) -> Computed {
        let ends = [limits.low, limits.high].map { constant([], [$0]) }
        let value = node(
            "FakeQuantize", [source.value, ends[0], ends[1], ends[0], ends[1]], to: source.expected.shape,
            ["levels": .integers([limits.levels]), "auto_broadcast": .string("numpy")])
        return (value, source.expected.map(limits.rounded))
    }

    /// Random weights of 255 levels, with a range for each of the leading `outputs` of them.
    func roundedWeights(_ shape: [Int], outputs: Int) -> (value: Int, elements: [Float]) {
        let weights = constant(shape)
        let count = elements(of: weights).count / outputs
        let limits = (0..<outputs).map { 0.5 + Float($0 % 7) / 10 }
        var product = 1
        let rangeShape = shape.map { extent -> Int in
            if product == outputs { return 1 }
            product *= extent
            return extent
        }
        let (low, high) = (constant(rangeShape, limits.map { -$0 }), constant(rangeShape, limits))
        let value = node(
            "FakeQuantize", [weights, low, high, low, high], to: shape,
            ["levels": .integers([255]), "auto_broadcast": .string("numpy")])
        let rounded = elements(of: weights).enumerated().map { index, weight in
            let limit = limits[index / count]
            return Float(Limits(low: -limit, high: limit, levels: 255).rounded(Double(weight)))
        }
        return (value, rounded)
    }

    func biased(_ source: Computed) -> Computed { bias(source.value, source.expected) }

    func rectified(_ source: Computed) -> Computed { relu(source.value, source.expected) }

    /// A convolution with rounded weights.
    func roundedConvolution(
        _ source: Computed, outputs: Int, groups: Int? = nil, _ geometry: Naive.Geometry = .init()
    ) -> Computed {
        let channels = source.expected.shape[1]
        let shape = groups.map { [$0, outputs / $0, channels / $0] } ?? [outputs, channels]
        let weights = roundedWeights(shape + geometry.kernel, outputs: outputs)
        let result = Naive.convolution(
            source.expected, weights.elements, outputs: outputs, groups: groups ?? 1, geometry)
        let value = node(
            groups == nil ? "Convolution" : "GroupConvolution", [source.value, weights.value], to: result.shape,
            geometry.attributes)
        return (value, result)
    }
}

/// Checks numbers that were rounded to steps of `step` after sums in another order: where a sum lies in the middle
/// between two levels, either is right, so that a few may be one step off.
func expectRounded(
    _ actual: [Float], _ expected: Naive.DoubleTensor, step: Double, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(actual.count == expected.elements.count, sourceLocation: sourceLocation)
    let errors = zip(actual, expected.elements).map { abs(Double($0) - $1) / step }
    #expect((errors.max() ?? 0) < 1.01, "more than one step", sourceLocation: sourceLocation)
    let count = errors.count { $0 > 0.01 }
    #expect(count * 50 <= errors.count, "\(count) of \(errors.count) are a step off", sourceLocation: sourceLocation)
}

extension Run {
    func execTypes(of opTypes: String...) -> [String] {
        executed.filter { opTypes.contains($0.opType) }.map(\.execType)
    }
}
