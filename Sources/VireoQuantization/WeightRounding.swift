import VireoTensor

/// Weights rounded to 255 levels with 0 in the middle, with a range for each output.
struct WeightRounding {
    /// The limit of each output's range.
    let limits: [Float]
    /// The shape that the limits have beside the weights.
    let limitShape: Shape
    let weights: Tensor
    private let outputAxes: Range<Int>

    init(_ weights: Tensor, outputAxes: Range<Int>) throws {
        let shape = weights.shape.dimensions
        var limits = [Float](repeating: 0, count: outputAxes.reduce(1) { $0 * shape[$1] })
        let inner = shape[outputAxes.upperBound...].reduce(1, *)
        weights.withUnsafeElements(of: Float.self) { elements in
            for index in elements.indices {
                let output = index / inner % limits.count
                limits[output] = max(limits[output], abs(elements[index]))
            }
        }
        guard limits.allSatisfy(\.isFinite) else { throw VireoError(.invalidArgument, "weights that are not finite") }
        // An output without weights gets some range: all its levels but 0 are unused.
        self.limits = limits.map { $0 > 0 ? max($0, .leastNormalMagnitude * 1024) : 1 }
        limitShape = Shape(shape.indices.map { outputAxes.contains($0) ? shape[$0] : 1 })
        self.weights = weights
        self.outputAxes = outputAxes
    }

    /// For each output and input channel the sum over the window of what rounding takes away.
    /// - Parameter inputAxis: the axis of the weights that input channels run along.
    func removed(alongInputs inputAxis: Int) -> [[Double]] {
        let shape = weights.shape.dimensions
        let strides = weights.shape.strides
        let inner = shape[outputAxes.upperBound...].reduce(1, *)
        var sums = limits.map { _ in [Double](repeating: 0, count: shape[inputAxis]) }
        weights.withUnsafeElements(of: Float.self) { elements in
            for index in elements.indices {
                let output = index / inner % limits.count
                let step = limits[output] / 127
                let rounded = (elements[index] / step).rounded(.toNearestOrEven) * step
                sums[output][index / strides[inputAxis] % shape[inputAxis]] += Double(elements[index] - rounded)
            }
        }
        return sums
    }
}
