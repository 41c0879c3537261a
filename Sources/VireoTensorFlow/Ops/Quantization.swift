import VireoIR
import VireoTensor

extension TensorFlowOperations {
    /// Limits from two inputs that hold one number each, or one for each channel (the last axis).
    static let fakeQuantize: Translator = { graph in
        let low = try graph.constantInput(1).doubles()
        let high = try graph.constantInput(2).doubles()
        return try fakeQuantize(graph, low, high)
    }

    static let fakeQuantizeByAttributes: Translator = { graph in
        try fakeQuantize(
            graph, [Double(graph.node.float("min", default: -6))], [Double(graph.node.float("max", default: 6))])
    }

    private static func fakeQuantize(_ graph: GraphImporter, _ low: [Double], _ high: [Double]) throws -> [Output] {
        let bits = try graph.node.int("num_bits", default: 8)
        guard (2...16).contains(bits), low.count == high.count, !low.isEmpty else {
            throw VireoError(
                .malformedFile, "\(bits) bits between \(low.count) and \(high.count) limits", in: [graph.node.place])
        }
        let isNarrow = try graph.node.bool("narrow_range", default: false)
        let levels = (1 << bits) - (isNarrow ? 1 : 0)
        var limits: [(low: Float, high: Float)] = []
        for (low, high) in zip(low, high) {
            guard low < high || low == 0 && high == 0 else {
                throw VireoError(.malformedFile, "the range from \(low) to \(high) is empty", in: [graph.node.place])
            }
            limits.append(nudged(Float(low), Float(high), steps: Float(levels - 1)))
        }
        let shape: Shape = limits.count == 1 ? .scalar : [limits.count]
        let lows = try graph.constant(Tensor(limits.map(\.low), shape), "low")
        let highs = try graph.constant(Tensor(limits.map(\.high), shape), "high")
        return [try graph.emit(FakeQuantize(levels: levels), [graph.input(0), lows, highs, lows, highs])]
    }

    /// The range moved so that 0 is one of its values, in the arithmetic of TensorFlow's kernel.
    private static func nudged(_ low: Float, _ high: Float, steps: Float) -> (low: Float, high: Float) {
        let scale = (high - low) / steps
        guard scale > 0 else { return (0, 0) }
        let zeroPoint = min(max((-low / scale).rounded(.toNearestOrAwayFromZero), 0), steps)
        return ((0 - zeroPoint) * scale, (steps - zeroPoint) * scale)
    }

    /// Weights stored in 8 bits, with one range for all or one for each index along an axis. A range from 0 to 0 stands
    /// for zeros.
    static let dequantize: Translator = { graph in
        guard let elementType = try graph.node.type("T").elementType, elementType.byteWidth == 1 else {
            throw VireoError(.unsupported, "the element type of a quantized tensor", in: [graph.node.place])
        }
        let low = try graph.constantInput(1).doubles()
        let high = try graph.constantInput(2).doubles()
        let shape = try rangeShape(graph, low.count)
        guard low.count == high.count, shape.elementCount == low.count else {
            throw VireoError(
                .malformedFile, "limits of \(low.count) and \(high.count) elements", in: [graph.node.place])
        }
        let ranges = try zip(low, high).map { low, high in
            try dequantization(graph, Float(low), Float(high), isSigned: elementType == .i8)
        }
        let hasOffsets = ranges.contains { $0.offset != 0 }
        let levels = try graph.emit(Convert(to: .f32), [graph.input(0)], "levels")
        let factor = try graph.constant(Tensor(ranges.map(\.scale), shape), "scale")
        let scaled = try graph.emit(BinaryElementwise(.multiply), [levels, factor], hasOffsets ? "scaled" : "")
        guard hasOffsets else { return [scaled] }
        let shift = try graph.constant(Tensor(ranges.map(\.offset), shape), "offset")
        return [try graph.emit(BinaryElementwise(.add), [scaled, shift])]
    }

    /// The shape with which the limits meet the data: a scalar, or the limits along the attribute's axis.
    private static func rangeShape(_ graph: GraphImporter, _ count: Int) throws -> Shape {
        let axis = try graph.node.int("axis", default: -1)
        guard axis != -1 else { return .scalar }
        let dimensions = try graph.dimensions(graph.input(0))
        guard dimensions.indices.contains(axis), dimensions[axis].value == count else {
            throw VireoError(
                .malformedFile, "\(count) limits along axis \(axis) of \(dimensions)", in: [graph.node.place])
        }
        var extents = [Int](repeating: 1, count: dimensions.count)
        extents[axis] = count
        return Shape(extents)
    }

    /// What a level is multiplied by, and what is added then.
    private static func dequantization(
        _ graph: GraphImporter, _ low: Float, _ high: Float, isSigned: Bool
    ) throws -> (scale: Float, offset: Float) {
        let lowest: Float = isSigned ? -128 : 0
        let highest: Float = isSigned ? 127 : 255
        switch try graph.node.string("mode", default: "MIN_COMBINED") {
        case "MIN_COMBINED":
            let scale = (high - low) / 255
            return (scale, low + (isSigned ? 128 * scale : 0))
        case "MIN_FIRST":
            let scale = (high - low) / 255
            let rounded = scale == 0 ? low : (low / scale).rounded(.toNearestOrAwayFromZero) * scale
            return (scale, rounded - lowest * scale)
        case "SCALED":
            let isNarrow = try graph.node.bool("narrow_range", default: false)
            return isSigned ? (max(low / (lowest + (isNarrow ? 1 : 0)), high / highest), 0) : (high / highest, 0)
        case let mode: throw VireoError(.unsupported, "mode \(mode)", in: [graph.node.place])
        }
    }
}
