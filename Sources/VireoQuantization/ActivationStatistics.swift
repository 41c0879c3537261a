import VireoTensor

/// What was seen of an activation: its limits, a histogram of its absolute values, and the mean of each channel.
struct ActivationStatistics {
    private(set) var smallest = Float.infinity
    private(set) var largest = -Float.infinity
    /// How many absolute values lie in each of equal intervals from 0 to `reach`.
    private(set) var counts = [Int](repeating: 0, count: ActivationStatistics.binCount)
    private(set) var reach: Float = 0
    /// Zeros, which are no part of the histogram: every range holds them exactly.
    private var zeroCount = 0
    private var sums: [Double] = []
    private var countPerChannel = 0

    static let binCount = 4096

    var channelMeans: [Double] { sums.map { countPerChannel > 0 ? $0 / Double(countPerChannel) : 0 } }

    /// - Throws: `invalidArgument` for values that are not finite.
    mutating func add(_ tensor: Tensor, channelAxis: Int) throws {
        let shape = tensor.shape
        guard tensor.elementCount > 0, channelAxis < shape.rank else { return }
        let inner = shape.dimensions[(channelAxis + 1)...].reduce(1, *)
        let channels = shape[channelAxis]
        if sums.isEmpty { sums = [Double](repeating: 0, count: channels) }
        countPerChannel += tensor.elementCount / channels
        try tensor.withUnsafeElements(of: Float.self) { elements in
            var (low, high) = (Float.infinity, -Float.infinity)
            for start in stride(from: 0, to: elements.count, by: inner) {
                var sum: Float = 0
                for index in start..<start + inner {
                    low = min(low, elements[index])
                    high = max(high, elements[index])
                    sum += elements[index]
                }
                sums[start / inner % channels] += Double(sum)
            }
            guard low.isFinite, high.isFinite, sums.allSatisfy(\.isFinite) else {
                throw VireoError(.invalidArgument, "an activation is not finite")
            }
            (smallest, largest) = (min(smallest, low), max(largest, high))
            grow(to: max(abs(low), abs(high)))
            let countBefore = counts.reduce(0, +)
            let scale = reach > 0 ? Float(ActivationStatistics.binCount) / reach : 0
            for element in elements where element != 0 {
                counts[min(Int(abs(element) * scale), ActivationStatistics.binCount - 1)] += 1
            }
            zeroCount += elements.count - (counts.reduce(0, +) - countBefore)
        }
    }

    /// Doubles the intervals until the largest value fits.
    private mutating func grow(to largest: Float) {
        if reach == 0 { reach = largest }
        while reach < largest, reach > 0 {
            let half = ActivationStatistics.binCount / 2
            for bin in 0..<half { counts[bin] = counts[2 * bin] + counts[2 * bin + 1] }
            for bin in half..<ActivationStatistics.binCount { counts[bin] = 0 }
            reach *= 2
        }
    }
}

/// The limits between which an activation is rounded to 256 levels, 0 among them.
struct ActivationRange: Equatable {
    let low: Float
    let high: Float

    /// Without negative values the range begins at 0. With few and small ones it is moved so that 0 is a level;
    /// otherwise 0 is in its middle: 128 levels below, 127 above.
    init(_ statistics: ActivationStatistics, _ method: QuantizationSettings.RangeMethod, mustBeCentered: Bool) {
        let reach = max(abs(statistics.smallest), abs(statistics.largest))
        let isSigned = statistics.smallest < 0
        let isCentered = isSigned && (mustBeCentered || -statistics.smallest > statistics.largest / 4)
        let top: Float
        switch method {
        case .minMax: top = reach
        case .percentile(let percentage): top = min(statistics.reach(of: percentage / 100), reach)
        case .meanSquaredError: top = min(statistics.leastErrorReach(levels: isCentered ? 127 : 255), reach)
        }
        guard top > 0 else {
            (low, high) = (0, 1)
            return
        }
        if !isSigned {
            (low, high) = (0, top)
        } else if isCentered {
            (low, high) = (-top * 128 / 127, top)
        } else {
            let scale = (top - statistics.smallest) / 255
            let zero = (-statistics.smallest / scale).rounded()
            (low, high) = (-zero * scale, (255 - zero) * scale)
        }
    }
}

extension ActivationStatistics {
    /// The absolute value that this part of the values does not exceed.
    func reach(of part: Double) -> Float {
        var seen = zeroCount
        let total = counts.reduce(seen, +)
        for (bin, count) in counts.enumerated() {
            seen += count
            if Double(seen) >= part * Double(total) { return Float(bin + 1) / Float(counts.count) * reach }
        }
        return reach
    }

    /// The absolute value up to which `levels` steps give the least mean square of errors.
    func leastErrorReach(levels: Int) -> Float {
        var best = (reach: reach, error: Double.infinity)
        let width = Double(reach) / Double(counts.count)
        for bin in stride(from: counts.count, through: counts.count / 16, by: -counts.count / 128) {
            let top = Double(bin) * width
            let step = top / Double(levels)
            var error = Double(counts[..<bin].reduce(0, +)) * step * step / 12
            for clipped in bin..<counts.count where counts[clipped] > 0 {
                let distance = (Double(clipped) + 0.5) * width - top
                error += Double(counts[clipped]) * distance * distance
            }
            if error < best.error { best = (Float(top), error) }
        }
        return best.reach
    }
}
