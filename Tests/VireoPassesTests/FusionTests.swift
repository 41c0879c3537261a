import Testing
import VireoIR
import VireoPasses
import VireoTensor

extension Builder {
    fileprivate func binary(_ kind: BinaryElementwise.Kind, _ left: Output, _ right: Output) throws -> Output {
        try add(BinaryElementwise(kind), left, right)
    }

    fileprivate func number(_ value: Float) throws -> Output { try constant([value], []) }
}

@Suite("Fusions keep what a model computes")
struct FusionTests {
    @Test("SinkTransposes goes through slices, parts and tiles")
    func sinksThroughSlices() throws {
        let builder = try Builder(image)
        let last = try builder.add(Transpose(), builder.input, builder.indices([0, 2, 3, 1]))
        let sliced = try builder.add(
            StridedSlice(beginMask: [1, 0], endMask: [1, 1]), last, builder.indices([0, 1]), builder.indices([0, 0]),
            builder.indices([1, 2]))
        let axis = try builder.model.addConstant(Tensor(scalar: Int64(1)), name: "axis")
        let parts = try builder.add(Split(count: 2), sliced, axis)
        let joined = try builder.add(Concat(axis: 1), Output(parts.node, 1), parts)
        let tiled = try builder.add(Tile(), joined, builder.indices([1, 1, 2, 1]))
        let first = try builder.add(Transpose(), tiled, builder.indices([0, 3, 1, 2]))
        let model = try run(SinkTransposes(), on: builder.finished(first), input: image)
        #expect(try operations(model) == ["StridedSlice", "Split", "Concat", "Tile"])
    }

    @Test("SinkTransposes leaves an axis out where a slice drops it")
    func sinksThroughShrinkingSlice() throws {
        let builder = try Builder(image)
        let last = try builder.add(Transpose(), builder.input, builder.indices([0, 2, 3, 1]))
        let row = try builder.add(
            StridedSlice(beginMask: [1, 0], endMask: [1, 0], shrinkAxisMask: [0, 1]), last, builder.indices([0, 2]),
            builder.indices([0, 3]), builder.indices([1, 1]))
        let first = try builder.add(Transpose(), row, builder.indices([0, 2, 1]))
        let model = try run(SinkTransposes(), on: builder.finished(first), input: image)
        #expect(try operations(model) == ["StridedSlice"])
    }

    @Test("SinkTransposes turns the other operand when it is not transposed")
    func sinksThroughMixedOperands() throws {
        let builder = try Builder([1, 3, 1, 4])
        let last = try builder.add(Transpose(), builder.input, builder.indices([0, 2, 3, 1]))
        let other = try builder.add(Reshape(), builder.input, builder.indices([1, 1, 4, 3]))
        let sum = try builder.add(BinaryElementwise(.add), last, other)
        let first = try builder.add(Transpose(), sum, builder.indices([0, 3, 1, 2]))
        let model = try run(SinkTransposes(), on: builder.finished(first), input: [1, 3, 1, 4])
        #expect(try operations(model).last == "Add")
    }

    @Test("MoveScaleBeforeConcat takes the factor to the convolutions that are joined")
    func movesScale() throws {
        let builder = try Builder(image)
        let joined = try builder.add(
            Concat(axis: 1), builder.convolution(builder.input), builder.convolution(builder.input))
        let scaled = try builder.binary(.multiply, joined, builder.constant([1, 2, 3, 4], [1, 4, 1, 1]))
        let shifted = try builder.binary(.add, scaled, builder.constant([5, 6, 7, 8], [1, 4, 1, 1]))
        let model = try run(MoveScaleBeforeConcat(), on: builder.finished(shifted), input: image)
        #expect(
            try operations(model).sorted() == [
                "Add", "Add", "Concat", "Convolution", "Convolution", "Multiply", "Multiply",
            ])
        #expect(try operations(model).last == "Concat")
    }

    @Test("MoveScaleBeforeConcat leaves a join with something else")
    func leavesScale() throws {
        let builder = try Builder(image)
        let pooled = try builder.add(MaxPool(window, kernel: [2, 2]), builder.input)
        let joined = try builder.add(Concat(axis: 1), builder.convolution(builder.input), pooled)
        let scaled = try builder.binary(.multiply, joined, builder.constant([1, 2, 3, 4, 5], [1, 5, 1, 1]))
        let model = try run(MoveScaleBeforeConcat(), on: builder.finished(scaled), input: image)
        #expect(try operations(model).last == "Multiply")
    }

    @Test("FuseAtrousConvolution finds the dilations between SpaceToBatch and BatchToSpace")
    func fusesAtrousConvolution() throws {
        let builder = try Builder(image)
        let block = try builder.indices([1, 1, 2, 2])
        let split = try builder.add(
            SpaceToBatch(), builder.input, block, builder.indices([0, 0, 1, 1]), builder.indices([0, 0, 2, 1]))
        let activated = try builder.add(UnaryElementwise(.relu), builder.convolution(split))
        let joined = try builder.add(
            BatchToSpace(), activated, block, builder.indices([0, 0, 0, 0]), builder.indices([0, 0, 1, 0]))
        let model = try run(FuseAtrousConvolution(), on: builder.finished(joined), input: image)
        #expect(try operations(model) == ["Convolution", "ReLU"])
        let convolution = try #require(model.nodes.lazy.compactMap { $0.operation as? Convolution }.first)
        #expect(convolution.window.dilations == [2, 2])
        #expect(convolution.window.padsBegin == [1, 1])
        #expect(convolution.window.padsEnd == [1, 1])
    }

    @Test("FuseActivations knows Swish, HSigmoid and HSwish in every order")
    func fusesActivations() throws {
        func operationsAfter(_ build: (Builder, Output) throws -> Output) throws -> [String] {
            let builder = try Builder(image)
            return try operations(
                run(FuseActivations(), on: builder.finished(build(builder, builder.input)), input: image))
        }
        func clamped(_ builder: Builder, _ x: Output) throws -> Output {
            try builder.add(Clamp(lower: 0, upper: 6), builder.binary(.add, x, builder.number(3)))
        }
        #expect(
            try operationsAfter { try $0.binary(.multiply, $0.add(UnaryElementwise(.sigmoid), $1), $1) } == ["Swish"])
        #expect(
            try operationsAfter { try $0.binary(.multiply, clamped($0, $1), $0.number(1 / 6)) } == ["HSigmoid"])
        #expect(
            try operationsAfter {
                try $0.binary(.multiply, $1, $0.binary(.multiply, clamped($0, $1), $0.number(1 / 6)))
            } == ["HSwish"])
        #expect(
            try operationsAfter {
                try $0.binary(.multiply, $0.binary(.multiply, $1, clamped($0, $1)), $0.number(1 / 6))
            } == ["HSwish"])
        #expect(
            try operationsAfter { try $0.binary(.multiply, clamped($0, $1), $0.number(0.16667)) } == [
                "HSigmoid", "Multiply",
            ])
        #expect(
            try operationsAfter { try $0.binary(.multiply, clamped($0, $1), $0.number(0.25)) } == [
                "Add", "Clamp", "Multiply",
            ])
    }

    @Test("FuseNormalizeL2 finds the norm, and leaves the norm of something else")
    func fusesNormalizeL2() throws {
        func operationsAfter(_ normalized: (Builder) throws -> Output) throws -> [String] {
            let builder = try Builder(image)
            let squares = try builder.binary(.multiply, builder.input, builder.input)
            let sum = try builder.add(Reduction(.sum, keepDims: true), squares, builder.indices([1]))
            let limited = try builder.binary(.maximum, sum, builder.number(1e-6))
            let norm = try builder.binary(.power, limited, builder.number(-0.5))
            let model = try builder.finished(builder.binary(.multiply, normalized(builder), norm))
            return try operations(run(FuseNormalizeL2(), on: model, input: image))
        }
        #expect(try operationsAfter { $0.input } == ["NormalizeL2"])
        #expect(try !operationsAfter { try $0.add(UnaryElementwise(.abs), $0.input) }.contains("NormalizeL2"))
    }

    @Test("FuseMultiply does not go through a FakeQuantize")
    func leavesFakeQuantize() throws {
        let builder = try Builder(image)
        let (low, high) = (try builder.number(-20), try builder.number(20))
        let convolved = try builder.convolution(builder.input)
        let quantized = try builder.add(FakeQuantize(levels: 256), convolved, low, high, low, high)
        let scaled = try builder.binary(.multiply, quantized, builder.constant([3, 5], [1, 2, 1, 1]))
        let model = try run(FuseMultiply(), on: builder.finished(scaled), input: image)
        #expect(try operations(model) == ["Convolution", "FakeQuantize", "Multiply"])
    }
}
