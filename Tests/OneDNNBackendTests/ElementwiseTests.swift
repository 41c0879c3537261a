import Foundation
import Testing
import VireoPluginKit

func exponential(_ x: Double) -> Double { exp(x) }
func power(_ x: Double, _ y: Double) -> Double { pow(x, y) }

@Suite("Elementwise operations")
struct ElementwiseTests {
    @Test(
        "functions of one number agree with the definition",
        arguments: [
            "ReLU", "Clamp", "Sigmoid", "Tanh", "Swish", "HSwish", "Elu", "Exp", "Abs", "Negative", "Mish", "Gelu",
        ])
    func functions(_ opType: String) throws {
        for shape in [[], [3], [2, 5], [1, 17, 3, 2], [2, 3, 2, 1, 2, 3]] {
            let builder = GraphBuilder()
            let source = builder.input4(shape)
            let (attributes, function) = activation(opType)
            let value = builder.node(opType, [source.0], to: shape, attributes)
            _ = try verify(builder, [(value, source.1.map(function))], tolerance: 1e-6)
        }
    }

    struct Broadcast: Sendable, CustomTestStringConvertible {
        let left: [Int]
        let right: [Int]
        var testDescription: String { "\(left) and \(right)" }
    }

    static let broadcasts = [
        Broadcast(left: [2, 16, 3, 4], right: [2, 16, 3, 4]),
        Broadcast(left: [2, 16, 3, 4], right: [1, 16, 1, 1]),
        Broadcast(left: [2, 5, 3, 4], right: [5, 1, 1]),
        Broadcast(left: [2, 16, 3, 4], right: []),
        Broadcast(left: [], right: [2, 3]),
        Broadcast(left: [1, 16, 1, 1], right: [2, 16, 3, 4]),
        Broadcast(left: [4], right: [2, 16, 3, 4]),
        Broadcast(left: [2, 16, 3, 4], right: [2, 1, 3, 4]),
        Broadcast(left: [2, 16, 3, 4], right: [2, 16, 1, 1]),
        Broadcast(left: [2, 16, 3, 4], right: [3, 1]),
        Broadcast(left: [3, 1], right: [1, 4]),
        Broadcast(left: [2, 1, 3], right: [5, 1]),
        Broadcast(left: [6], right: [6]),
        Broadcast(left: [2, 1, 3, 1, 2, 5], right: [4, 1, 3, 2, 1]),
        Broadcast(left: [2, 3, 2, 4, 2, 5], right: [2, 3, 2, 4, 2, 5]),
    ]

    @Test("pairs broadcast by numpy's rules", arguments: broadcasts, ["values", "right constant", "left constant"])
    func binary(_ shapes: Broadcast, kind: String) throws {
        let functions: [(String, (Double, Double) -> Double)] = [
            ("Add", { $0 + $1 }), ("Subtract", { $0 - $1 }), ("Multiply", { $0 * $1 }), ("Divide", { $0 / $1 }),
            ("Maximum", { max($0, $1) }), ("Minimum", { min($0, $1) }),
        ]
        for (opType, function) in functions {
            let builder = GraphBuilder()
            let left = kind == "left constant" ? builder.constant(shapes.left) : builder.input(shapes.left)
            let right = kind == "right constant" ? builder.constant(shapes.right) : builder.input(shapes.right)
            let expected = Naive.binary(
                .init(shapes.left, builder.elements(of: left)), .init(shapes.right, builder.elements(of: right)),
                function)
            let value = builder.node(opType, [left, right], to: expected.shape)
            // A quotient may be large, and its error with it: the comparison is relative to the largest.
            _ = try verify(builder, [(value, expected)], tolerance: 1e-6)
        }
    }

    @Test("pairs of which one is in a blocked layout agree", arguments: broadcasts.filter { $0.left == [2, 16, 3, 4] })
    func blockedBinary(_ shapes: Broadcast) throws {
        for swaps in [false, true] {
            let builder = GraphBuilder()
            let source = builder.input4(shapes.left)
            let sum = builder.convolution(source.0, source.1, outputs: 16, .init())
            let other = builder.input4(shapes.right)
            let pair = swaps ? [other, sum] : [sum, other]
            let result = Naive.binary(pair[0].1, pair[1].1, -)
            let value = builder.node("Subtract", pair.map(\.0), to: result.shape)
            _ = try verify(builder, [builder.relu(value, result), sum])
        }
    }

    @Test("a value combined with itself is no residual")
    func doubled() throws {
        let builder = GraphBuilder()
        let source = builder.input4([1, 16, 3, 3])
        let sum = builder.convolution(source.0, source.1, outputs: 16, .init())
        let doubled = builder.add(sum, sum)
        let squared = builder.node("Multiply", [doubled.0, doubled.0], to: doubled.1.shape)
        _ = try verify(builder, [(squared, doubled.1.map { $0 * $0 })])
    }

    @Test("slopes of PReLU broadcast, and a list of them belongs to the channels")
    func prelu() throws {
        for shape in [[1], [16], [16, 1, 1], [3, 4], [16, 3, 1], [2, 16, 3, 4]] {
            let builder = GraphBuilder()
            let source = builder.input4([2, 16, 3, 4])
            let sum = builder.convolution(source.0, source.1, outputs: 16, .init())
            let slopes = builder.constant(shape)
            let given = builder.elements(of: slopes)
            var expected = sum.1
            for (index, element) in expected.elements.enumerated() where element < 0 {
                let position = Naive.coordinates(index, in: expected.shape)
                let place =
                    shape == [16]
                    ? position[1] : Naive.offset(Array(position.suffix(shape.count)), in: shape)
                expected.elements[index] *= Double(given[place])
            }
            let value = builder.node("PReLU", [sum.0, slopes], to: expected.shape)
            _ = try verify(builder, [(value, expected), sum])
        }
    }
}
