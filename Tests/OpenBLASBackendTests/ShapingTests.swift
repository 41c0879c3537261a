import Glibc
import Testing
import VireoPluginKit

@Suite struct ShapingTests {
    @Test(
        "a transposition moves every element to its place",
        arguments: [
            ([5, 7], [1, 0]), ([2, 3, 17, 19], [0, 2, 3, 1]), ([2, 17, 19, 3], [0, 3, 1, 2]),
            ([2, 3, 4, 5], [3, 1, 0, 2]),
            ([2, 3, 4, 5], [0, 1, 2, 3]), ([2, 3, 4, 5], [1, 0, 2, 3]), ([1, 33, 1, 40], [3, 0, 2, 1]),
            ([2, 3, 4, 5], []), ([40, 50, 60], [2, 0, 1]),
        ])
    func transpose(_ dimensions: [Int], _ order: [Int]) throws {
        let axes = order.isEmpty ? Array(dimensions.indices.reversed()) : order
        let shape = axes.map { dimensions[$0] }
        let input = noise(dimensions, seed: 1)
        let builder = GraphBuilder()
        let output = builder.node(
            "Transpose", [builder.input(input, dimensions), builder.axes(order)], to: shape)
        let expected = positions(shape).map { position -> Double in
            var place = position
            for (index, axis) in axes.enumerated() { place[axis] = position[index] }
            return broadcast(input, dimensions, at: place)
        }
        expectEqual(try builder.run(outputs: [output]).numbers[0], expected, tolerance: 0)
    }

    @Test("a slice has the places from begin to end in steps, and drops axes")
    func stridedSlice() throws {
        let dimensions = [2, 5, 6, 7]
        let input = noise(dimensions, seed: 3)
        let builder = GraphBuilder()
        let source = builder.input(input, dimensions)
        func slice(
            _ begin: [Int], _ end: [Int], _ steps: [Int], to shape: [Int], begins: [Int] = [], ends: [Int] = [],
            drops: [Int] = []
        ) -> Int {
            builder.node(
                "StridedSlice", [source, builder.axes(begin), builder.axes(end), builder.axes(steps)], to: shape,
                [
                    "begin_mask": .integers(begins), "end_mask": .integers(ends), "shrink_axis_mask": .integers(drops),
                    "new_axis_mask": .integers([]), "ellipsis_mask": .integers([]),
                ])
        }
        let outputs = [
            slice(
                [0, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1], to: [2, 5, 5, 6], begins: [1, 1, 0, 0], ends: [1, 1, 1, 1]),
            slice([0, -4, 0, -6], [2, 5, 99, -1], [1, 2, 3, 2], to: [2, 2, 2, 3]),
            slice([1, 3], [0, 0], [1, 1], to: [6, 7], drops: [1, 1]),
        ]
        let results = try builder.run(outputs: outputs).numbers
        func expected(_ shape: [Int], _ place: ([Int]) -> [Int]) -> [Double] {
            positions(shape).map { broadcast(input, dimensions, at: place($0)) }
        }
        expectEqual(
            results[0], expected([2, 5, 5, 6]) { [$0[0], $0[1], $0[2] + 1, $0[3] + 1] }, tolerance: 0)
        expectEqual(
            results[1], expected([2, 2, 2, 3]) { [$0[0], 1 + 2 * $0[1], 3 * $0[2], 1 + 2 * $0[3]] }, tolerance: 0)
        expectEqual(results[2], expected([6, 7]) { [1, 3, $0[0], $0[1]] }, tolerance: 0)
    }

    @Test("tensors are joined along an axis", arguments: [0, 1, 2, -1])
    func concat(axis: Int) throws {
        let position = axis < 0 ? axis + 3 : axis
        let shapes = [2, 1, 4].map { extent in
            var shape = [3, 4, 5]
            shape[position] = extent
            return shape
        }
        var total = [3, 4, 5]
        total[position] = 7
        let parts = shapes.enumerated().map { noise($1, seed: UInt64($0 + 1)) }
        let builder = GraphBuilder()
        let inputs = zip(parts, shapes).map { builder.node("ReLU", [builder.input($0, $1)], to: $1) }
        let output = builder.node("Concat", inputs, to: total, ["axis": .integers([axis])])
        let starts = [0, 2, 3]
        let expected = positions(total).map { place -> Double in
            let part = starts.lastIndex { $0 <= place[position] }!
            var inner = place
            inner[position] -= starts[part]
            return max(0, broadcast(parts[part], shapes[part], at: inner))
        }
        expectEqual(try builder.run(outputs: [output]).numbers[0], expected, tolerance: 0)
    }

    @Test("a tensor may be joined to itself, to inputs and to constants")
    func concatShared() throws {
        let (numbers, fixed) = (noise(6, seed: 1), noise(6, seed: 2))
        let builder = GraphBuilder()
        let input = builder.input(numbers, [1, 6])
        let computed = builder.node("ReLU", [input], to: [1, 6])
        let joined = builder.node(
            "Concat", [computed, input, computed, builder.constant(fixed, [1, 6])], to: [1, 24],
            ["axis": .integers([1])])
        let again = builder.node("Concat", [computed, joined], to: [1, 30], ["axis": .integers([1])])
        let result = try builder.run(outputs: [joined, again, computed]).numbers
        let positive = numbers.map { max(0, $0) }
        #expect(result[0] == positive + numbers + positive + fixed)
        #expect(result[1] == positive + result[0])
        #expect(result[2] == positive)
    }

    @Test("a tensor is cut along an axis", arguments: ["Split", "VariadicSplit"], [0, 1, -1])
    func split(_ opType: String, axis: Int) throws {
        let dimensions = [4, 6, 8]
        let position = axis < 0 ? axis + 3 : axis
        let lengths =
            opType == "Split"
            ? [dimensions[position] / 2, dimensions[position] / 2] : [1, 2, dimensions[position] - 3]
        let shapes = lengths.map { length in
            var shape = dimensions
            shape[position] = length
            return shape
        }
        let input = noise(dimensions, seed: 1)
        let builder = GraphBuilder()
        var inputs = [builder.input(input, dimensions), builder.constant([Int64(axis)], [])]
        if opType == "VariadicSplit" { inputs.append(builder.axes(lengths)) }
        let parts = builder.node(opType, inputs, to: shapes, ["num_splits": .integers([2])])
        let outputs = zip(parts, shapes).map { builder.node("ReLU", [$0], to: $1) }
        let results = try builder.run(outputs: outputs + parts).numbers
        var start = 0
        for (index, shape) in shapes.enumerated() {
            let expected = positions(shape).map { place -> Double in
                var place = place
                place[position] += start
                return broadcast(input, dimensions, at: place)
            }
            expectEqual(results[index], expected.map { max(0, $0) }, tolerance: 0)
            expectEqual(results[shapes.count + index], expected, tolerance: 0)
            start += shape[position]
        }
    }

    @Test("constant padding surrounds a tensor")
    func pad() throws {
        let (dimensions, begin, end) = ([2, 3, 4], [1, 0, 2], [0, 2, 1])
        let shape = [3, 5, 7]
        let input = noise(dimensions, seed: 1)
        let builder = GraphBuilder()
        let data = builder.input(input, dimensions)
        let output = builder.node(
            "Pad", [data, builder.axes(begin), builder.axes(end), builder.constant([Float(9)], [])], to: shape,
            ["pad_mode": .string("constant")])
        let expected = positions(shape).map { place -> Double in
            let inner = zip(place, begin).map { $0 - $1 }
            let isInside = zip(inner, dimensions).allSatisfy { (0..<$1).contains($0) }
            return isInside ? broadcast(input, dimensions, at: inner) : 9
        }
        expectEqual(try builder.run(outputs: [output]).numbers[0], expected, tolerance: 0)
    }

    @Test("views need no memory of their own, wherever they lead")
    func views() throws {
        let numbers = noise(24, seed: 1)
        let builder = GraphBuilder()
        let input = builder.input(numbers, [2, 3, 4])
        let flat = builder.node("Reshape", [input, builder.axes([24])], to: [24])
        let wide = builder.node("Unsqueeze", [flat, builder.axes([0])], to: [1, 24])
        let computed = builder.node("ReLU", [wide], to: [1, 24])
        let squeezed = builder.node("Squeeze", [computed, builder.axes([0])], to: [24])
        let square = builder.node("Reshape", [squeezed, builder.axes([4, 6])], to: [4, 6])
        let fixed = builder.constant(noise(3, seed: 2), [3])
        let result = try builder.run(outputs: [flat, square, squeezed, input, square, fixed]).numbers
        let positive = numbers.map { max(0, $0) }
        #expect(result == [numbers, positive, positive, numbers, positive, noise(3, seed: 2)])
    }

    @Test(
        "reductions keep the other axes",
        arguments: ["ReduceSum", "ReduceMean", "ReduceMax"],
        [[0], [1], [2], [3], [2, 3], [-1, -2], [0, 2], [1, 3], [0, 1, 2, 3], [0, 2, 3]])
    func reduce(_ opType: String, _ axes: [Int]) throws {
        let dimensions = [2, 3, 5, 37]
        let reduced = Set(axes.map { $0 < 0 ? $0 + 4 : $0 })
        let kept = dimensions.enumerated().map { reduced.contains($0) ? 1 : $1 }
        let input = noise(dimensions, seed: 1)
        var sums: [[Int]: [Double]] = [:]
        for (index, place) in positions(dimensions).enumerated() {
            sums[place.enumerated().map { reduced.contains($0) ? 0 : $1 }, default: []].append(Double(input[index]))
        }
        let expected = positions(kept).map { place -> Exact in
            let numbers = sums[place]!
            let sum = numbers.reduce(0, +)
            let magnitude = numbers.reduce(0) { $0 + $1.magnitude }
            switch opType {
            case "ReduceSum": return Exact(value: sum, magnitude: magnitude)
            case "ReduceMean":
                return Exact(value: sum / Double(numbers.count), magnitude: magnitude / Double(numbers.count))
            default: return Exact(value: numbers.max()!, magnitude: 0)
            }
        }
        for shape in [kept, kept.enumerated().filter { !reduced.contains($0.offset) }.map(\.element)] {
            let builder = GraphBuilder()
            let output = builder.node(
                opType, [builder.input(input, dimensions), builder.axes(axes)], to: shape,
                ["keep_dims": .integers([shape.count == 4 ? 1 : 0])])
            expectEqual(try builder.run(outputs: [output]).numbers[0], expected)
        }
    }

    @Test("SoftMax turns an axis into probabilities", arguments: [0, 1, 2, -1], [5, 40])
    func softMax(axis: Int, width: Int) throws {
        let dimensions = [3, 17, width]
        let position = axis < 0 ? axis + 3 : axis
        let input = noise(dimensions, seed: 1).map { $0 * 20 }
        var sums: [[Int]: Double] = [:]
        for (index, place) in positions(dimensions).enumerated() {
            var key = place
            key[position] = 0
            sums[key, default: 0] += exp(Double(input[index]))
        }
        let expected = positions(dimensions).enumerated().map { index, place -> Double in
            var key = place
            key[position] = 0
            return exp(Double(input[index])) / sums[key]!
        }
        let builder = GraphBuilder()
        let output = builder.node(
            "SoftMax", [builder.input(input, dimensions)], to: dimensions, ["axis": .integers([axis])])
        expectEqual(try builder.run(outputs: [output]).numbers[0], expected)
    }

    /// The power is taken of a sum in single precision, hence the wider tolerance.
    @Test("LRN divides by the energy of neighbouring channels", arguments: [0.75, 0.5, 1.1], [5, 3, 4])
    func lrn(beta: Double, size: Int) throws {
        let dimensions = [2, 7, 3, 5]
        let input = noise(dimensions, seed: 1).map { $0 * 3 }
        let expected = positions(dimensions).enumerated().map { index, place -> Double in
            let channels = max(0, place[1] - (size - 1) / 2)...min(6, place[1] + size / 2)
            let energy = channels.reduce(0.0) { sum, channel in
                let number = broadcast(input, dimensions, at: [place[0], channel, place[2], place[3]])
                return sum + number * number
            }
            return Double(input[index]) / pow(2 + 0.3 / Double(size) * energy, beta)
        }
        let builder = GraphBuilder()
        let output = builder.node(
            "LRN", [builder.input(input, dimensions), builder.axes([1])], to: dimensions,
            [
                "alpha": .numbers([0.3]), "beta": .numbers([beta]), "bias": .numbers([2]), "size": .integers([size]),
            ])
        expectEqual(try builder.run(outputs: [output]).numbers[0], expected, tolerance: 2e-6)
    }
}
