import Glibc
import OpenCLBackend
import Testing
import VireoPluginKit
import VireoTensor

func exponential(_ x: Double) -> Double { exp(x) }

@Suite(needsDevice)
struct ElementwiseTests {
    struct Function: Sendable, CustomTestStringConvertible {
        let opType: String
        let apply: @Sendable (Double, Double) -> Double
        var testDescription: String { opType }
    }

    static let functions = [
        Function(opType: "Add") { $0 + $1 },
        Function(opType: "Subtract") { $0 - $1 },
        Function(opType: "Multiply") { $0 * $1 },
        Function(opType: "Divide") { $0 / $1 },
        Function(opType: "Maximum") { max($0, $1) },
        Function(opType: "Minimum") { min($0, $1) },
    ]

    static let shapes: [[[Int]]] = [
        [[2, 3, 4], [2, 3, 4]],
        [[2, 3, 4, 5], [1, 3, 1, 1]],
        [[2, 3, 4, 5], [5]],
        [[2, 3, 4, 5], []],
        [[3, 1, 5], [4, 1]],
        [[1, 7], [6, 1]],
        [[2, 1, 3, 1, 2, 1], [1, 3, 1, 2, 1, 40]],
        [[1], [1, 1, 1]],
    ]

    @Test("Two tensors broadcast as numpy does", arguments: functions, shapes)
    func broadcasting(_ function: Function, _ dims: [[Int]]) throws {
        var numbers = Numbers()
        let left = numbers.list(dims[0])
        // Away from zero, where a quotient has no precision.
        let right = numbers.list(dims[1]).map { $0 + ($0 < 0 ? -0.5 : 0.5) }
        let rank = max(dims[0].count, dims[1].count)
        let full = dims.map { [Int](repeating: 1, count: rank - $0.count) + $0 }
        let output = zip(full[0], full[1]).map { max($0, $1) }
        let graph = TestGraph()
        graph.output(graph.node(function.opType, [graph.input(dims[0]), graph.input(dims[1])], output))
        let expected = (0..<output.reduce(1, *)).map { index in
            function.apply(
                Double(left[offset(of: index, in: output, through: full[0])]),
                Double(right[offset(of: index, in: output, through: full[1])]))
        }
        expectClose(try graph.run([left, right])[0], expected)
    }

    private func offset(of index: Int, in dims: [Int], through own: [Int]) -> Int {
        let strides = Shape(own).strides
        var rest = index
        var offset = 0
        for axis in dims.indices.reversed() {
            offset += rest % dims[axis] * (own[axis] == 1 ? 0 : strides[axis])
            rest /= dims[axis]
        }
        return offset
    }

    @Test("An activation after a sum is applied")
    func fusedActivation() throws {
        var numbers = Numbers()
        let left = numbers.list([3, 70])
        let right = numbers.list([70])
        let graph = TestGraph()
        let sum = graph.node("Add", [graph.input([3, 70]), graph.input([70])], [3, 70])
        graph.output(graph.node("ReLU", [sum], [3, 70]))
        let expected = left.enumerated().map { max(Double($1) + Double(right[$0 % 70]), 0) }
        expectClose(try graph.run([left, right])[0], expected)
    }

    struct Curve: Sendable, CustomTestStringConvertible {
        let opType: String
        var attributes: [String: NodeView.Attribute] = [:]
        let apply: @Sendable (Double) -> Double
        var testDescription: String { opType }
    }

    static let curves = [
        Curve(opType: "ReLU") { max($0, 0) },
        Curve(opType: "Clamp", attributes: ["min": .numbers([-2]), "max": .integers([3])]) { min(max($0, -2), 3) },
        Curve(opType: "Sigmoid") { 1 / (1 + exp(-$0)) },
        Curve(opType: "Tanh") { tanh($0) },
        Curve(opType: "Exp") { exp($0) },
        Curve(opType: "Elu", attributes: ["alpha": .numbers([0.5])]) { $0 < 0 ? 0.5 * expm1($0) : $0 },
        Curve(opType: "Swish") { $0 / (1 + exp(-$0)) },
        Curve(opType: "HSwish") { $0 * min(max($0 + 3, 0), 6) / 6 },
    ]

    @Test("A function of one element follows its definition", arguments: curves)
    func unary(_ curve: Curve) throws {
        var numbers = Numbers()
        let input = numbers.list([3, 111]).map { $0 * 8 }
        let graph = TestGraph()
        graph.output(graph.node(curve.opType, [graph.input([3, 111])], [3, 111], curve.attributes))
        expectClose(try graph.run([input])[0], input.map { curve.apply(Double($0)) })
    }

    @Test("NaN passes through ReLU and Maximum keeps infinities")
    func specialNumbers() throws {
        let graph = TestGraph()
        let x = graph.input([4])
        graph.output(graph.node("ReLU", [x], [4]))
        graph.output(graph.node("Maximum", [x, graph.constant([1], [Float(1)])], [4]))
        let found = try graph.run([[.nan, .infinity, -.infinity, 2]])
        #expect(found[0][0].isNaN)
        #expect(Array(found[0][1...]) == [.infinity, 0, 2])
        #expect(Array(found[1][1...]) == [.infinity, 1, 2])
    }

    @Test("A Swish with a slope uses it")
    func swishSlope() throws {
        let graph = TestGraph()
        graph.output(graph.node("Swish", [graph.input([3]), graph.constant([], [Float(2)])], [3]))
        let input: [Float] = [-1, 0.5, 3]
        expectClose(try graph.run([input])[0], input.map { Double($0) / (1 + exp(-2 * Double($0))) })
    }
}
