import VireoPluginKit
import VireoTensor

/// Integers that stand for real numbers: `real = scale * (integer - zeroPoint)`.
struct Grid: Equatable {
    let type: DataType
    /// One, or one a channel (axis 1).
    let scales: [Float]
    let zeroPoint: Int32
    /// The integers that occur.
    let integers: ClosedRange<Int32>

    /// Integers that stand for themselves.
    init(itself type: DataType) {
        self.type = type
        scales = [1]
        zeroPoint = 0
        integers = type == .u8 ? 0...255 : -128...127
    }

    var isPerTensor: Bool { scales.count == 1 }
    /// Whether conversion to `type`, which saturates, keeps to `integers` by itself.
    var isWholeType: Bool { integers == (type == .u8 ? 0...255 : -128...127) }

    /// The grid that a FakeQuantize of activations rounds to. Ranges from 0 and ranges of which 0 is the middle need no
    /// zero point.
    /// - Throws: `unsupported` with the reason why its values are no 8-bit integers.
    init(of node: NodeView, in graph: GraphView) throws(VireoError) {
        let ranges = try QuantizationRanges(of: node, in: graph)
        guard ranges.isIdentity else {
            throw VireoError(.unsupported, "FakeQuantize that maps its range to another")
        }
        guard (2...256).contains(ranges.levels) else {
            throw VireoError(.unsupported, "\(ranges.levels) levels do not fit 8 bits")
        }
        guard ranges.axes.isEmpty || ranges.axes == 1..<2 else {
            throw VireoError(.unsupported, "ranges along axes \(Array(ranges.axes)), where channels are axis 1")
        }
        let steps = Float(ranges.levels - 1)
        var zeroPoint: Float?
        var scales: [Float] = []
        for (low, high) in zip(ranges.outputLow, ranges.outputHigh) {
            let scale = (high - low) / steps
            guard scale > 0, scale.isNormal else { throw VireoError(.unsupported, "the empty range \(low)...\(high)") }
            let zero = (-low / scale).rounded()
            guard abs(-low / scale - zero) < 1e-2, (0...steps).contains(zero) else {
                throw VireoError(.unsupported, "a range \(low)...\(high) in which 0 lies between two levels")
            }
            guard zeroPoint == nil || zeroPoint == zero else {
                throw VireoError(.unsupported, "channels whose zero points differ")
            }
            zeroPoint = zero
            scales.append(scale)
        }
        let zero = Int32(zeroPoint ?? 0)
        let top = Int32(steps)
        if zero != 0, zero == (top + 1) / 2 {
            (type, self.zeroPoint, integers) = (.s8, 0, -zero...top - zero)
        } else {
            (type, self.zeroPoint, integers) = (.u8, zero, 0...top)
        }
        self.scales = scales
        guard isPerTensor || isWholeType else {
            throw VireoError(.unsupported, "\(ranges.levels) levels with a range for each channel")
        }
    }
}

/// The four limits of a FakeQuantize with constant ranges: one number each, or one for each index of some neighbouring
/// axes.
struct QuantizationRanges {
    let levels: Int
    let inputLow: [Float]
    let inputHigh: [Float]
    let outputLow: [Float]
    let outputHigh: [Float]
    /// The axes of the data along which they run; empty for one number.
    let axes: Range<Int>

    init(of node: NodeView, in graph: GraphView) throws(VireoError) {
        guard node.inputs.count == 5, let shape = graph.values[node.inputs[0]].dimensions else {
            throw VireoError(.unsupported, "FakeQuantize with \(node.inputs.count) inputs")
        }
        levels = try node.integer("levels")
        guard (2...1 << 16).contains(levels) else { throw VireoError(.unsupported, "\(levels) levels") }
        if let broadcast = node.attributes["auto_broadcast"], broadcast != .string("numpy") {
            throw VireoError(.unsupported, "broadcasting other than numpy's")
        }
        var limits: [[Float]] = []
        var axes: Range<Int>?
        for input in node.inputs[1...] {
            guard let elements = graph.values[input].floats, let dimensions = graph.values[input].dimensions,
                elements.allSatisfy(\.isFinite)
            else { throw VireoError(.unsupported, "ranges that are no finite constants") }
            if elements.count != 1 {
                let padded = [Int](repeating: 1, count: max(shape.count - dimensions.count, 0)) + dimensions
                let first = padded.firstIndex { $0 != 1 } ?? 0
                let along = first..<(padded.lastIndex { $0 != 1 } ?? 0) + 1
                guard padded.count == shape.count, axes == nil || axes == along,
                    along.allSatisfy({ padded[$0] == shape[$0] })
                else { throw VireoError(.unsupported, "ranges of shape \(dimensions) for \(shape)") }
                axes = along
            }
            limits.append(elements)
        }
        let count = limits.map(\.count).max() ?? 1
        let filled = limits.map { $0.count == count ? $0 : [Float](repeating: $0[0], count: count) }
        (inputLow, inputHigh, outputLow, outputHigh) = (filled[0], filled[1], filled[2], filled[3])
        self.axes = axes ?? 0..<0
    }

    /// Whether the numbers stay where they are, but for the rounding.
    var isIdentity: Bool {
        func close(_ a: [Float], _ b: [Float]) -> Bool {
            zip(a.indices, zip(a, b)).allSatisfy { index, pair in
                abs(pair.0 - pair.1) <= 1e-6 * (inputHigh[index] - inputLow[index])
            }
        }
        return close(inputLow, outputLow) && close(inputHigh, outputHigh)
    }
}
