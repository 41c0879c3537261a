import OpenCLBackend
import Testing
import VireoPluginKit
import VireoTensor

@Suite(needsDevice)
struct MovementTests {
    @Test("Concat joins along every axis", arguments: [0, 1, 2, -1])
    func concat(axis: Int) throws {
        let lengths = [2, 1, 5]
        let front = axis < 0 ? axis + 3 : axis
        let shapes = lengths.map { length in (0..<3).map { $0 == front ? length : 3 } }
        var output = [3, 3, 3]
        output[front] = 8
        var numbers = Numbers()
        let parts = shapes.map { numbers.list($0) }
        let graph = TestGraph()
        graph.output(graph.node("Concat", shapes.map { graph.input($0) }, output, ["axis": .integers([axis])]))
        let inner = output[(front + 1)...].reduce(1, *)
        var expected: [Double] = []
        for outer in 0..<output[..<front].reduce(1, *) {
            for (part, length) in zip(parts, lengths) {
                expected += part[(outer * length * inner)..<((outer + 1) * length * inner)].map { Double($0) }
            }
        }
        expectClose(try graph.run(parts)[0], expected, tolerance: 0)
    }

    @Test("Splitting and joining again changes nothing", arguments: ["Split", "VariadicSplit"])
    func split(opType: String) throws {
        let lengths = opType == "Split" ? [2, 2, 2] : [1, 3, 2]
        var numbers = Numbers()
        let input = numbers.list([2, 6, 5])
        let graph = TestGraph()
        let x = graph.input([2, 6, 5])
        let axis = graph.constant([], [Int64(1)])
        let parts = graph.node(
            opType, opType == "Split" ? [x, axis] : [x, axis, graph.integers(lengths)],
            outputs: lengths.map { graph.value([2, $0, 5]) }, ["num_splits": .integers([3])])
        graph.output(parts[1])
        graph.output(graph.node("Concat", parts, [2, 6, 5], ["axis": .integers([1])]))
        let found = try graph.run([input])
        var expected: [Float] = []
        for image in 0..<2 {
            let start = (image * 6 + lengths[0]) * 5
            expected += input[start..<(start + lengths[1] * 5)]
        }
        #expect(found[0] == expected)
        #expect(found[1] == input)
    }

    @Test(
        "Transpose puts each element where the order says",
        arguments: [
            ([2, 3], [1, 0]), ([2, 3, 4, 5], [0, 2, 3, 1]), ([2, 3, 4, 5], [0, 3, 1, 2]),
            ([1, 3, 1, 5], [2, 1, 0, 3]),
            ([2, 3, 2, 3, 2, 3], [5, 3, 1, 4, 2, 0]), ([3, 4, 50], []), ([40, 3], [1, 0]),
        ])
    func transpose(_ dims: [Int], _ given: [Int]) throws {
        let order = given.isEmpty ? Array(dims.indices.reversed()) : given
        let output = order.map { dims[$0] }
        var numbers = Numbers()
        let input = numbers.list(dims)
        let graph = TestGraph()
        graph.output(graph.node("Transpose", [graph.input(dims), graph.integers(given)], output))
        let strides = Shape(dims).strides
        let expected = (0..<input.count).map { index -> Float in
            var rest = index
            var offset = 0
            for axis in output.indices.reversed() {
                offset += rest % output[axis] * strides[order[axis]]
                rest /= output[axis]
            }
            return input[offset]
        }
        #expect(try graph.run([input])[0] == expected)
    }

    @Test("Reshape, Squeeze and Unsqueeze keep the elements", arguments: ["Reshape", "Squeeze", "Unsqueeze"])
    func reshape(opType: String) throws {
        var numbers = Numbers()
        let input = numbers.list([2, 6])
        let graph = TestGraph()
        let doubled = graph.node("Add", [graph.input([2, 6]), graph.constant([1], [Float(1)])], [2, 6])
        let flat = graph.node(opType, [doubled, graph.integers([1])], [2, 1, 6])
        graph.output(graph.node("ReLU", [flat], [2, 1, 6]))
        expectClose(try graph.run([input])[0], input.map { max(Double($0) + 1, 0) })
    }

    @Test(
        "Pad surrounds, and cuts where pads are negative",
        arguments: [([0, 1, 2], [3, 0, 1]), ([0, 0, -1], [0, -2, 1]), ([0, 0, 0], [0, 0, 0])])
    func pad(_ begins: [Int], _ ends: [Int]) throws {
        let dims = [2, 3, 4]
        let output = (0..<3).map { dims[$0] + begins[$0] + ends[$0] }
        var numbers = Numbers()
        let input = numbers.list(dims)
        let graph = TestGraph()
        let inputs = [
            graph.input(dims), graph.integers(begins), graph.integers(ends), graph.constant([], [Float(7)]),
        ]
        graph.output(graph.node("Pad", inputs, output, ["pad_mode": .string("constant")]))
        var expected: [Float] = []
        for i in 0..<output[0] {
            for j in 0..<output[1] {
                for k in 0..<output[2] {
                    let at = [i - begins[0], j - begins[1], k - begins[2]]
                    let isInside = (0..<3).allSatisfy { (0..<dims[$0]).contains(at[$0]) }
                    expected.append(isInside ? input[(at[0] * 3 + at[1]) * 4 + at[2]] : 7)
                }
            }
        }
        #expect(try graph.run([input])[0] == expected)
    }
}
