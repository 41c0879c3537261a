import Glibc
import OpenCLBackend
import Testing
import VireoPluginKit
import VireoTensor

@Suite(needsDevice)
struct ReductionTests {
    @Test("SoftMax adds up to one along its axis", arguments: [0, 1, 2, -1])
    func softMax(axis: Int) throws {
        let dims = [3, 20, 7]
        let front = axis < 0 ? axis + 3 : axis
        var numbers = Numbers()
        // Far apart, so that only a shifted exponential does not overflow.
        let input = numbers.list(dims).map { $0 * 100 }
        let graph = TestGraph()
        graph.output(graph.node("SoftMax", [graph.input(dims)], dims, ["axis": .integers([axis])]))
        let inner = dims[(front + 1)...].reduce(1, *)
        let length = dims[front]
        var expected = [Double](repeating: 0, count: input.count)
        for lane in 0..<(input.count / length) {
            let positions = (0..<length).map { lane / inner * length * inner + lane % inner + $0 * inner }
            let largest = positions.map { Double(input[$0]) }.max()!
            let sum = positions.reduce(0.0) { $0 + exp(Double(input[$1]) - largest) }
            for position in positions { expected[position] = exp(Double(input[position]) - largest) / sum }
        }
        // Single-precision exponentials are exact to a few parts in 10^7.
        // In f16 inputs near 100 are rounded by 2^-5 at most, and exponentials by as many parts of them.
        expectClose(try graph.run([input], halfTolerance: 0x1p-5)[0], expected, tolerance: 2e-6)
    }

    struct Reduction: Sendable, CustomTestStringConvertible {
        let opType: String
        let apply: @Sendable ([Double]) -> Double
        var testDescription: String { opType }
    }

    static let reductions = [
        Reduction(opType: "ReduceSum") { $0.reduce(0, +) },
        Reduction(opType: "ReduceMean") { $0.reduce(0, +) / Double($0.count) },
        Reduction(opType: "ReduceMax") { $0.max()! },
    ]

    @Test(
        "A reduction sees every element of its axes", arguments: reductions,
        [[2, 3], [1], [-1, 0], [0, 1, 2, 3], [0, 2]])
    func reduce(_ reduction: Reduction, _ axes: [Int]) throws {
        for keepsDims in [false, true] {
            let dims = [2, 3, 4, 5]
            let counted = Set(axes.map { $0 < 0 ? $0 + 4 : $0 })
            let kept = (0..<4).filter { !counted.contains($0) }
            let output = keepsDims ? (0..<4).map { counted.contains($0) ? 1 : dims[$0] } : kept.map { dims[$0] }
            var numbers = Numbers()
            let input = numbers.list(dims)
            let graph = TestGraph()
            graph.output(
                graph.node(
                    reduction.opType, [graph.input(dims), graph.integers(axes)], output,
                    ["keep_dims": .integers([keepsDims ? 1 : 0])]))
            let strides = Shape(dims).strides
            var groups: [[Int]: [Double]] = [:]
            for (index, value) in input.enumerated() {
                groups[kept.map { index / strides[$0] % dims[$0] }, default: []].append(Double(value))
            }
            let expected = groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { reduction.apply($0.value) }
            expectClose(try graph.run([input])[0], expected)
        }
    }

    @Test("LRN divides by the neighbours' energy", arguments: [1, 3])
    func lrn(axis: Int) throws {
        let dims = [2, 9, 3, 6]
        var numbers = Numbers()
        let input = numbers.list(dims).map { $0 * 4 }
        let graph = TestGraph()
        graph.output(
            graph.node(
                "LRN", [graph.input(dims), graph.integers([axis])], dims,
                [
                    "alpha": .numbers([0.2]), "beta": .numbers([0.75]), "bias": .numbers([1.5]), "size": .integers([5]),
                ]))
        let stride = Shape(dims).strides[axis]
        let expected = input.indices.map { index -> Double in
            let position = index / stride % dims[axis]
            let window = max(position - 2, 0)...min(position + 2, dims[axis] - 1)
            let energy = window.reduce(0.0) { sum, at in
                let x = Double(input[index + (at - position) * stride])
                return sum + x * x
            }
            return Double(input[index]) / pow(1.5 + 0.2 / 5 * energy, 0.75)
        }
        expectClose(try graph.run([input])[0], expected)
    }
}
