import Testing
import VireoIR
import VireoPasses
import VireoTensor

@Suite("Quantized weights")
struct QuantizationTests {
    /// FakeQuantize of weights with a range for each output.
    private func roundedWeights(_ builder: Builder, _ shape: Shape, outputs: Int) throws -> Output {
        let weights = try builder.constant((0..<shape.elementCount).map { Float($0 % 11) - 5 }, shape)
        var range = [Int](repeating: 1, count: shape.rank)
        range[0] = outputs
        let highs = (0..<outputs).map { 3 + Float($0) }
        let low = try builder.constant(highs.map { -$0 }, Shape(range))
        let high = try builder.constant(highs, Shape(range))
        return try builder.add(FakeQuantize(levels: 255), weights, low, high, low, high)
    }

    @Test("folding keeps FakeQuantize of weights where that is asked for")
    func keeping() throws {
        let builder = try Builder([1, 3, 4, 4])
        let weights = try roundedWeights(builder, [2, 3, 1, 1], outputs: 2)
        let result = try builder.add(Convolution(SlidingWindow(strides: [1, 1])), builder.input, weights)
        var folded = try builder.finished(result)
        var kept = folded
        try PassPipeline.prepare.run(on: &folded, verifying: true)
        try PassPipeline.prepareQuantized.run(on: &kept, verifying: true)
        #expect(try operations(folded) == ["Convolution"])
        #expect(try operations(kept) == ["FakeQuantize", "Convolution"])
        #expect(try evaluate(folded, [1, 3, 4, 4]) == evaluate(kept, [1, 3, 4, 4]))
    }

    @Test("reshaping and transposing weights moves before their FakeQuantize, the ranges with them")
    func shaping() throws {
        let builder = try Builder([1, 4, 4, 4])
        let weights = try roundedWeights(builder, [4, 6], outputs: 4)
        let reshaped = try builder.add(Reshape(specialZero: false), weights, builder.indices([2, 2, 6, 1, 1]))
        let turned = try builder.add(Transpose(), reshaped, builder.indices([0, 2, 1, 3, 4]))
        let result = try builder.add(GroupConvolution(SlidingWindow(strides: [1, 1])), builder.input, turned)
        let original = try builder.finished(result)
        var moved = original
        try PassPipeline([MoveShapingBeforeFakeQuantize(), FoldConstants(keeping: .fakeQuantize)])
            .run(on: &moved, verifying: true)
        #expect(try operations(moved) == ["FakeQuantize", "GroupConvolution"])
        let ranges = try #require(moved.nodes.first { $0.operation is FakeQuantize }).inputs[1...]
        #expect(
            ranges.map { moved.constant($0)?.shape } == [
                [2, 1, 2, 1, 1], [2, 1, 2, 1, 1], [2, 1, 2, 1, 1], [2, 1, 2, 1, 1],
            ])
        #expect(try evaluate(moved, [1, 4, 4, 4]) == evaluate(original, [1, 4, 4, 4]))
    }

    @Test("weights stored in 8 bits become FakeQuantize of the same numbers", arguments: [false, true])
    func stored(hasZero: Bool) throws {
        let builder = try Builder([1, 3, 4, 4])
        let integers = try builder.model.addConstant(
            Tensor((0..<6).map { Int8(truncatingIfNeeded: $0 * 50 - 128) }, [2, 3, 1, 1]), name: "integers")
        var weights = try builder.add(Convert(to: .f32), integers)
        if hasZero {
            let zero = try builder.model.addConstant(Tensor([Int8(3), -7], [2, 1, 1, 1]), name: "zero")
            weights = try builder.add(
                BinaryElementwise(.subtract), weights, builder.add(Convert(to: .f32), zero))
        }
        weights = try builder.add(
            BinaryElementwise(.multiply), weights, builder.constant([0.5, 0.25], [2, 1, 1, 1]))
        let result = try builder.add(Convolution(SlidingWindow(strides: [1, 1])), builder.input, weights)
        let original = try builder.finished(result)
        var prepared = original
        try PassPipeline.prepareQuantized.run(on: &prepared, verifying: true)
        #expect(try operations(prepared) == ["FakeQuantize", "Convolution"])
        // Levels are computed from the ends of the range.
        let (actual, expected) = (try evaluate(prepared, [1, 3, 4, 4]), try evaluate(original, [1, 3, 4, 4]))
        #expect(zip(actual, expected).allSatisfy { abs($0 - $1) <= 1e-3 })
    }
}
