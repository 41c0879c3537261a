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
}
