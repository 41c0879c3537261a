import Testing
import VireoPluginKit

@Suite("Pads before poolings")
struct PadPoolingTests {
    private typealias Value = (Int, Naive.DoubleTensor)

    /// Pads the spatial axes of a value, or takes a part of it where the numbers are negative.
    private func padded(_ source: Naive.DoubleTensor, _ begin: [Int], _ end: [Int], _ value: Double)
        -> Naive.DoubleTensor
    {
        var shape = source.shape
        for axis in 0..<2 { shape[axis + 2] += begin[axis] + end[axis] }
        return .init(
            shape,
            (0..<shape.reduce(1, *)).map { index -> Double in
                var position = Naive.coordinates(index, in: shape)
                for axis in 0..<2 { position[axis + 2] -= begin[axis] }
                let isInside = zip(position, source.shape).allSatisfy { $0 >= 0 && $0 < $1 }
                return isInside ? source.elements[Naive.offset(position, in: source.shape)] : value
            })
    }

    private func pad(_ builder: GraphBuilder, _ source: Value, _ begin: [Int], _ end: [Int], _ value: Float) -> Value {
        let result = padded(source.1, begin, end, Double(value))
        let inputs = [
            source.0, builder.integers([0, 0] + begin), builder.integers([0, 0] + end), builder.constant([], [value]),
        ]
        return (builder.node("Pad", inputs, to: result.shape, ["pad_mode": .string("constant")]), result)
    }

    private func pool(_ builder: GraphBuilder, _ source: Value, _ kind: Naive.Pool, _ geometry: Naive.Geometry) -> Value
    {
        let result = Naive.pool(kind, source.1, geometry)
        var attributes = geometry.attributes.merging(["kernel": .integers(geometry.kernel)]) { $1 }
        attributes["dilations"] = nil
        attributes["rounding_type"] = .string("floor")
        guard case .average(let excludesPads) = kind else {
            return (builder.node("MaxPool", [source.0], to: result.shape, attributes), result)
        }
        attributes["exclude-pad"] = .integers([excludesPads ? 1 : 0])
        return (builder.node("AvgPool", [source.0], to: result.shape, attributes), result)
    }

    private let window = Naive.Geometry(kernel: [3, 3], strides: [2, 2])

    @Test("with zeros go into averages, which then count them", arguments: [true, false])
    func averages(excludesPads: Bool) throws {
        let builder = GraphBuilder()
        let source = builder.input4([1, 16, 9, 8])
        let wide = pad(builder, source, [1, 0], [1, 2], 0)
        let merged = pool(builder, wide, .average(excludesPads: excludesPads), window)
        // Pads that are not counted are no zeros.
        let narrow = pad(builder, source, [1, 1], [0, 0], 0)
        let apart = Naive.Geometry(kernel: [3, 3], strides: [2, 2], begin: [0, 0], end: [1, 1])
        let kept = pool(builder, narrow, .average(excludesPads: excludesPads), apart)
        let run = try verify(builder, [merged, kept])
        let padCount = Set(run.executed.filter { $0.opType == "Pad" }.map(\.nodeName)).count
        #expect(padCount == (excludesPads ? 1 : 0))
    }

    @Test("go into maxima where they never are one", arguments: [0, -Float.infinity, -0.5])
    func maxima(value: Float) throws {
        let builder = GraphBuilder()
        let source = builder.input4([1, 16, 9, 8])
        let function = builder.relu(source.0, source.1)
        let first = pool(builder, pad(builder, source, [1, 1], [1, 1], value), .max, window)
        let second = pool(builder, pad(builder, function, [1, 1], [1, 1], value), .max, window)
        let run = try verify(builder, [first, second])
        let padCount = Set(run.executed.filter { $0.opType == "Pad" }.map(\.nodeName)).count
        #expect(padCount == (value == 0 ? 1 : value == -.infinity ? 0 : 2))
    }

    @Test("that reach beyond the window stay, and so do those that others read")
    func stay() throws {
        let builder = GraphBuilder()
        let source = builder.input4([1, 8, 7, 7])
        let wide = pad(builder, source, [3, 3], [0, 0], 0)
        let first = pool(builder, wide, .average(excludesPads: true), window)
        let shared = pad(builder, source, [1, 1], [1, 1], 0)
        let second = pool(builder, shared, .average(excludesPads: true), window)
        let run = try verify(builder, [first, second, shared])
        #expect(Set(run.executed.filter { $0.opType == "Pad" }.map(\.nodeName)).count == 2)
    }

    @Test("and slices cost nothing where one element in a window is read", arguments: [8, 9], ["AvgPool", "MaxPool"])
    func subsampling(extent: Int, opType: String) throws {
        let builder = GraphBuilder()
        let source = builder.input4([2, 12, extent, extent])
        let convolved = builder.convolution(source.0, source.1, outputs: 12, .init())
        let wide = pad(builder, convolved, [0, 0], [1, 1], 0)
        let moved = padded(wide.1, [-1, -1], [0, 0], 0)
        let zeros = builder.integers([0, 0, 0, 0])
        let slice = builder.node(
            "StridedSlice", [wide.0, builder.integers([0, 0, 1, 1]), zeros, builder.integers([1, 1, 1, 1])],
            to: moved.shape, ["begin_mask": .integers([1, 1, 0, 0]), "end_mask": .integers([1, 1, 1, 1])])
        let sampled = pool(
            builder, (slice, moved), opType == "MaxPool" ? .max : .average(excludesPads: true),
            .init(kernel: [1, 1], strides: [2, 2]))
        // What the sampling reads is there until then.
        let changed = builder.relu(convolved.0, convolved.1)
        let run = try verify(builder, [sampled, changed])
        let left = Set(run.executed.map { String($0.nodeName.prefix { $0 != "_" }) })
        // With an odd extent the last elements are padding.
        #expect(left.contains("Pad") == (extent == 9))
        #expect(!left.contains("StridedSlice"))
    }
}
