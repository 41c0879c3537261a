import Testing
import VireoPluginKit

@Suite("Operations that move data")
struct MovementTests {
    /// A value in a layout of oneDNN's choice.
    private func blocked(_ builder: GraphBuilder, channels: Int) -> (Int, Naive.DoubleTensor) {
        let source = builder.input4([2, 16, 5, 6])
        let sum = builder.convolution(
            source.0, source.1, outputs: channels, .init(kernel: [3, 3], begin: [1, 1], end: [1, 1]))
        return builder.relu(sum.0, sum.1)
    }

    @Test("transposes of any order agree", arguments: [[0, 2, 3, 1], [0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2], []])
    func transpose(_ order: [Int]) throws {
        for channels in [16, 5] {
            let builder = GraphBuilder()
            let source = blocked(builder, channels: channels)
            let expected = Naive.transpose(source.1, order.isEmpty ? [3, 2, 1, 0] : order)
            let value = builder.node("Transpose", [source.0, builder.integers(order)], to: expected.shape)
            let function = builder.relu(value, expected)
            _ = try verify(builder, [(value, expected), function, source])
        }
    }

    @Test("six axes move as four do")
    func sixAxes() throws {
        let builder = GraphBuilder()
        let source = builder.input4([2, 3, 1, 4, 2, 3])
        let order = [4, 0, 5, 3, 2, 1]
        let moved = Naive.transpose(source.1, order)
        let value = builder.node("Transpose", [source.0, builder.integers(order)], to: moved.shape)
        let joined = Naive.concat([moved, moved], axis: 2)
        let both = builder.node("Concat", [value, value], to: joined.shape, ["axis": .integers([2])])
        let largest = Naive.reduce(joined, [1, 4]) { $0.max()! }
        let reduced = builder.node(
            "ReduceMax", [both, builder.integers([1, 4])], to: largest.shape, ["keep_dims": .integers([1])])
        _ = try verify(builder, [(reduced, largest), (both, joined)])
    }

    @Test("reshapes see row-major order, and cost nothing on row-major memory")
    func reshape() throws {
        let builder = GraphBuilder()
        let source = blocked(builder, channels: 24)
        let flat = builder.node("Reshape", [source.0, builder.integers([2, 24 * 30])], to: [2, 24 * 30])
        let squeezed = builder.node("Unsqueeze", [flat, builder.integers([0])], to: [1, 2, 24 * 30])
        let restored = builder.node("Squeeze", [squeezed, builder.integers([0])], to: [2, 24 * 30])
        let run = try verify(
            builder, [builder.relu(restored, .init([2, 24 * 30], source.1.elements))], tolerance: 2e-6)
        #expect(run.context.profile.count { $0.status == .optimizedOut } >= 3)
    }

    @Test("a graph may return its input, a constant, a view, and one value twice")
    func plainOutputs() throws {
        let builder = GraphBuilder()
        let source = builder.input4([2, 3, 4, 5])
        let constant = builder.constant([3])
        let view = builder.node("Reshape", [source.0, builder.integers([6, 20])], to: [6, 20])
        let relu = builder.relu(source.0, source.1)
        let reshaped = builder.node("Reshape", [relu.0, builder.integers([120])], to: [120])
        _ = try verify(
            builder,
            [
                source, (constant, .init([3], builder.elements(of: constant))),
                (view, .init([6, 20], source.1.elements)), relu, relu, (reshaped, .init([120], relu.1.elements)),
            ])
    }

    struct Padding: Sendable, CustomTestStringConvertible {
        let begin: [Int]
        let end: [Int]
        let value: Float
        var testDescription: String { "\(begin) and \(end) with \(value)" }
    }

    @Test(
        "constant padding agrees on plain and blocked layouts",
        arguments: [
            Padding(begin: [0, 0, 1, 2], end: [0, 0, 2, 0], value: 0),
            Padding(begin: [0, 0, 1, 1], end: [0, 0, 1, 1], value: -1.5),
            Padding(begin: [0, 3, 0, 0], end: [0, 2, 0, 1], value: 0),
            Padding(begin: [1, 16, 0, 0], end: [0, 0, 0, 0], value: 2),
        ], [16, 5])
    func pad(_ padding: Padding, channels: Int) throws {
        let builder = GraphBuilder()
        let source = blocked(builder, channels: channels)
        let shape = (0..<4).map { padding.begin[$0] + source.1.shape[$0] + padding.end[$0] }
        let expected = Naive.DoubleTensor(
            shape,
            (0..<shape.reduce(1, *)).map { index in
                let position = zip(Naive.coordinates(index, in: shape), padding.begin).map(-)
                let isInside = zip(position, source.1.shape).allSatisfy { $0 >= 0 && $0 < $1 }
                return isInside
                    ? source.1.elements[Naive.offset(position, in: source.1.shape)] : Double(padding.value)
            })
        let value = builder.node(
            "Pad",
            [
                source.0, builder.integers(padding.begin), builder.integers(padding.end),
                builder.constant([], [padding.value]),
            ], to: shape, ["pad_mode": .string("constant")])
        let after = builder.convolution(value, expected, outputs: 4, .init())
        _ = try verify(builder, [after, (value, expected)], tolerance: 4e-6)
    }

    @Test("padding goes into the convolution after it, and what it reads stays until then", arguments: [nil, 16])
    func padMerges(groups: Int?) throws {
        let builder = GraphBuilder()
        let source = blocked(builder, channels: 16)
        let (height, width) = (source.1.shape[2], source.1.shape[3])
        let value = builder.node(
            "Pad",
            [
                source.0, builder.integers([0, 0, 1, 2]), builder.integers([0, 0, 2, 0]), builder.constant([], [0]),
            ], to: [source.1.shape[0], 16, height + 3, width + 2], ["pad_mode": .string("constant")])
        // It would overwrite the source, if nobody else read that.
        let other = builder.relu(source.0, source.1)
        let weights = builder.constant(groups == nil ? [16, 16, 3, 3] : [16, 1, 1, 3, 3])
        func geometry(_ begin: [Int], _ end: [Int]) -> Naive.Geometry {
            .init(kernel: [3, 3], strides: [2, 2], begin: begin, end: end)
        }
        let expected = Naive.convolution(
            source.1, builder.elements(of: weights), outputs: 16, groups: groups ?? 1, geometry([2, 2], [2, 1]))
        let result = builder.node(
            groups == nil ? "Convolution" : "GroupConvolution", [value, weights], to: expected.shape,
            geometry([1, 0], [0, 1]).attributes)
        let run = try verify(builder, [(result, expected), other], tolerance: 4e-6)
        #expect(!run.executed.contains { $0.opType == "Pad" })
    }

    @Test("splits give each part", arguments: [1, -1], [[4, 12], [16, 16], [5, 3, 8]])
    func split(axis: Int, parts: [Int]) throws {
        let builder = GraphBuilder()
        let total = parts.reduce(0, +)
        let source = builder.input4(axis == 1 ? [1, total, 3, 2] : [1, 4, 3, total])
        let sum = axis == 1 ? builder.convolution(source.0, source.1, outputs: total, .init()) : source
        let counted = axis < 0 ? 3 : axis
        var shapes: [[Int]] = []
        var expected: [Naive.DoubleTensor] = []
        var start = 0
        for part in parts {
            var shape = sum.1.shape
            shape[counted] = part
            shapes.append(shape)
            expected.append(
                .init(
                    shape,
                    (0..<shape.reduce(1, *)).map { index in
                        var position = Naive.coordinates(index, in: shape)
                        position[counted] += start
                        return sum.1.elements[Naive.offset(position, in: sum.1.shape)]
                    }))
            start += part
        }
        let values = builder.nodes(
            "VariadicSplit", [sum.0, builder.integers([axis]), builder.integers(parts)], to: shapes)
        _ = try verify(builder, zip(values, expected).map { ($0, $1) })
    }

    @Test("constants join computed values", arguments: [0, 1, 2, 3])
    func concatConstants(axis: Int) throws {
        let builder = GraphBuilder()
        let source = blocked(builder, channels: 16)
        var shape = source.1.shape
        shape[axis] = 3
        let constant = builder.constant(shape)
        let other = Naive.DoubleTensor(shape, builder.elements(of: constant))
        let expected = Naive.concat([other, source.1, other], axis: axis)
        let value = builder.node(
            "Concat", [constant, source.0, constant], to: expected.shape, ["axis": .integers([axis])])
        _ = try verify(builder, [(value, expected)])
    }

    @Test("an image of bytes becomes the first convolution's input in one copy", arguments: [16, 64])
    func bytes(outputs: Int) throws {
        let builder = GraphBuilder()
        let bytes = builder.bytes([1, 12, 10, 3])
        let image = Naive.transpose(.init([1, 12, 10, 3], builder.elements(of: bytes)), [0, 3, 1, 2])
        let real = builder.node("Convert", [bytes], to: [1, 12, 10, 3])
        let planes = builder.node("Transpose", [real, builder.integers([0, 3, 1, 2])], to: image.shape)
        let result = builder.convolution(
            planes, image, outputs: outputs, .init(kernel: [3, 3], strides: [2, 2], begin: [0, 0], end: [1, 1]))
        let run = try verify(builder, [result])
        let before = run.executed.prefix { $0.opType != "Convolution" }
        #expect(before.map(\.opType) == ["Reorder"], "\(run.executed)")
        #expect(run.execTypes(of: "Convolution").allSatisfy { $0.hasSuffix("f32") })
    }

    @Test("mean and scale of an image of bytes are one kernel", arguments: [true, false])
    func meanAndScale(isPlanar: Bool) throws {
        let builder = GraphBuilder()
        let shape = isPlanar ? [1, 3, 12, 10] : [1, 12, 10, 3]
        let bytes = builder.bytes(shape)
        let given = Naive.DoubleTensor(shape, builder.elements(of: bytes))
        let image = isPlanar ? given : Naive.transpose(given, [0, 3, 1, 2])
        var planes = builder.node("Convert", [bytes], to: shape)
        if !isPlanar {
            planes = builder.node("Transpose", [planes, builder.integers([0, 3, 1, 2])], to: image.shape)
        }
        let means: [Float] = [123.68, 116.78, 103.94]
        let centred = builder.node("Subtract", [planes, builder.constant([1, 3, 1, 1], means)], to: image.shape)
        let scaled = builder.node("Divide", [centred, builder.constant([], [58.5])], to: image.shape)
        let expected = Naive.DoubleTensor(
            image.shape,
            image.elements.enumerated().map { ($1 - Double(means[$0 / 120 % 3])) / 58.5 })
        let result = builder.convolution(
            scaled, expected, outputs: 32, .init(kernel: [3, 3], strides: [2, 2], begin: [0, 0], end: [1, 1]))
        let run = try verify(builder, [result])
        let before = run.executed.prefix { $0.opType != "Convolution" }
        // Planes are first brought together.
        #expect(before.map(\.opType) == (isPlanar ? ["Reorder", "Subtract"] : ["Subtract"]), "\(run.executed)")
    }

    @Test("bytes are read by operations of every kind")
    func bytesOfOthers() throws {
        let builder = GraphBuilder()
        let bytes = builder.bytes([1, 2, 4, 4])
        let expected = Naive.DoubleTensor([1, 2, 4, 4], builder.elements(of: bytes))
        let real = builder.node("Convert", [bytes], to: expected.shape)
        let shifted = builder.bias(real, expected)
        let rectified = builder.relu(real, expected)
        _ = try verify(builder, [(real, expected), shifted, rectified])
    }
}
