import VireoTensor

/// How far one tensor is from another that is taken as the reference.
public struct ValueDifference: Sendable, Equatable {
    public let elementCount: Int
    /// The largest |value - reference|; infinite where only one of the two is finite, or one is no number.
    public let largest: Double
    /// The row-major index of the largest difference.
    public let largestIndex: Int
    /// The mean of |value - reference|.
    public let mean: Double
    /// The largest finite |reference|.
    public let magnitude: Double
    /// The cosine of the angle between the two as vectors; 1 when both are zero.
    public let cosine: Double

    /// `largest` in parts of `magnitude`: what a tolerance is compared with. 0 when nothing differs.
    public var relative: Double {
        if largest == 0 { return 0 }
        return magnitude > 0 ? largest / magnitude : .infinity
    }

    /// - Throws: `invalidArgument` when the numbers of elements differ, `unsupported` for elements that are no numbers.
    public init(_ value: Tensor, from reference: Tensor) throws(VireoError) {
        guard value.elementCount == reference.elementCount else {
            throw VireoError(
                .invalidArgument,
                "\(value.elementType)\(value.shape) is compared with \(reference.elementType)\(reference.shape)")
        }
        self.init(try value.doubles(), from: try reference.doubles())
    }

    private init(_ values: [Double], from references: [Double]) {
        var (largest, largestIndex, sum, magnitude) = (0.0, 0, 0.0, 0.0)
        var (product, valueSquares, referenceSquares) = (0.0, 0.0, 0.0)
        for index in values.indices {
            let (value, reference) = (values[index], references[index])
            var difference = abs(value - reference)
            if !difference.isFinite {
                let isSame = value == reference || (value.isNaN && reference.isNaN)
                difference = isSame ? 0 : .infinity
            }
            if difference > largest { (largest, largestIndex) = (difference, index) }
            sum += difference
            guard value.isFinite, reference.isFinite else { continue }
            magnitude = max(magnitude, abs(reference))
            product += value * reference
            valueSquares += value * value
            referenceSquares += reference * reference
        }
        elementCount = values.count
        self.largest = largest
        self.largestIndex = largestIndex
        mean = values.isEmpty ? 0 : sum / Double(values.count)
        self.magnitude = magnitude
        let length = (valueSquares * referenceSquares).squareRoot()
        cosine = length > 0 ? product / length : valueSquares == referenceSquares ? 1 : 0
    }
}
