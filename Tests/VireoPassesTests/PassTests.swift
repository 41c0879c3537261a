import Testing
import VireoIR
import VireoPasses
import VireoReference
import VireoTensor

@Suite("Passes keep what a model computes")
struct PassTests {
    @Test("FoldConstants evaluates what does not depend on the input")
    func foldsConstants() throws {
        let builder = try Builder(image)
        let sum = try builder.add(
            BinaryElementwise(.add), builder.constant([1], [1]), builder.constant([2], [1]))
        let model = try builder.finished(builder.add(BinaryElementwise(.multiply), builder.input, sum))
        let folded = try run(FoldConstants(), on: model, input: image)
        #expect(try operations(folded) == ["Multiply"])
    }

    @Test("FoldConstants knows the shape of a static input")
    func foldsShapes() throws {
        let builder = try Builder(image)
        let shape = try builder.add(ShapeOf(), builder.input)
        let model = try builder.finished(builder.add(Reshape(), builder.input, shape))
        #expect(try operations(run(FoldConstants(), on: model, input: image)) == ["Reshape"])
    }

    @Test("RemoveNoOps removes what gives back its input")
    func removesNoOps() throws {
        let builder = try Builder(image)
        var value = try builder.add(Reshape(), builder.input, builder.indices(image.dimensions))
        value = try builder.add(BinaryElementwise(.multiply), value, builder.constant([1], [1]))
        value = try builder.add(Transpose(), value, builder.indices([0, 1, 2, 3]))
        value = try builder.add(UnaryElementwise(.relu), value)
        #expect(try operations(run(RemoveNoOps(), on: builder.finished(value), input: image)) == ["ReLU"])
    }

    @Test("DecomposeBatchNormalization leaves Multiply and Add")
    func decomposesBatchNormalization() throws {
        let builder = try Builder(image)
        let parameters = try [[1, 2, 3], [0, 1, 0], [1, 1, 2], [4, 1, 9]].map { try builder.constant($0, [3]) }
        let value = Output(
            try builder.model.add(BatchNormInference(epsilon: 1e-3), [builder.input] + parameters, name: "norm"))
        let model = try run(DecomposeBatchNormalization(), on: builder.finished(value), input: image)
        #expect(try operations(model) == ["Multiply", "Add"])
    }

    @Test("SinkTransposes cancels a pair around elementwise operations, reductions and joins")
    func sinksTransposes() throws {
        let builder = try Builder(image)
        let last = try builder.add(Transpose(), builder.input, builder.indices([0, 2, 3, 1]))
        let biased = try builder.add(BinaryElementwise(.add), last, builder.constant([1, 2, 3], [3]))
        let padded = try builder.add(Pad(), biased, builder.indices([0, 1, 2, 0]), builder.indices([0, 0, 1, 0]))
        let joined = try builder.add(Concat(axis: 3), padded, padded)
        let mean = try builder.add(Reduction(.mean, keepDims: true), joined, builder.indices([1]))
        let first = try builder.add(Transpose(), mean, builder.indices([0, 3, 1, 2]))
        let model = try run(SinkTransposes(), on: builder.finished(first), input: image)
        #expect(try operations(model) == ["Add", "Pad", "Concat", "ReduceMean"])
    }

    @Test("ReplaceTransposesByReshapes and MergeReshapes leave one Reshape")
    func mergesReshapes() throws {
        let builder = try Builder([1, 6, 1, 1])
        var value = try builder.add(Transpose(), builder.input, builder.indices([0, 2, 3, 1]))
        value = try builder.add(Squeeze(), value, builder.indices([1, 2]))
        var model = try builder.finished(value)
        model = try run(ReplaceTransposesByReshapes(), on: model, input: [1, 6, 1, 1])
        model = try run(MergeReshapes(), on: model, input: [1, 6, 1, 1])
        #expect(try operations(model) == ["Reshape"])
    }

    @Test("FuseMultiply goes into the convolution before it")
    func fusesMultiplyBackwards() throws {
        let builder = try Builder(image)
        let convolved = try builder.convolution(builder.input)
        let scaled = try builder.add(BinaryElementwise(.multiply), convolved, builder.constant([3, 5], [1, 2, 1, 1]))
        #expect(try operations(run(FuseMultiply(), on: builder.finished(scaled), input: image)) == ["Convolution"])
    }

    @Test("FuseMultiply goes into the convolution after it, pads or not")
    func fusesMultiplyForwards() throws {
        let builder = try Builder(image)
        let scaled = try builder.add(
            BinaryElementwise(.multiply), builder.input, builder.constant([3, 5, 7], [1, 3, 1, 1]))
        let padded = SlidingWindow(strides: [1, 1], padsBegin: [1, 1], padsEnd: [1, 1])
        let model = try builder.finished(builder.convolution(scaled, padded))
        #expect(try operations(run(FuseMultiply(), on: model, input: image)) == ["Convolution"])
    }

    @Test("FuseMultiply leaves a product that broadcasting makes larger")
    func leavesBroadcastingMultiply() throws {
        let builder = try Builder([1, 2, 1, 1])
        let weights = try builder.constant([1, 2, 3, 4], [2, 2, 1, 1])
        let convolved = try builder.add(Convolution(window), builder.input, weights)
        let scaled = try builder.add(BinaryElementwise(.multiply), convolved, builder.constant([1, 2], [1, 1, 2, 1]))
        let model = try run(FuseMultiply(), on: builder.finished(scaled), input: [1, 2, 1, 1])
        #expect(try operations(model) == ["Convolution", "Multiply"])
    }

    @Test("MoveMultiplyBeforeAdd lets the product meet the convolution")
    func movesMultiply() throws {
        let builder = try Builder(image)
        let convolved = try builder.convolution(builder.input)
        let biased = try builder.add(BinaryElementwise(.add), convolved, builder.constant([1, 2], [1, 2, 1, 1]))
        let scaled = try builder.add(BinaryElementwise(.multiply), biased, builder.constant([3, 5], [1, 2, 1, 1]))
        let model = try run(MoveMultiplyBeforeAdd(), on: builder.finished(scaled), input: image)
        #expect(try operations(model) == ["Convolution", "Multiply", "Add"])
    }

    @Test("FuseAddIntoNextConvolution moves a mean behind a convolution without pads only")
    func fusesAdd() throws {
        func operationsAfter(_ window: SlidingWindow) throws -> [String] {
            let builder = try Builder(image)
            let shifted = try builder.add(
                BinaryElementwise(.add), builder.input, builder.constant([-1, -2, -3], [1, 3, 1, 1]))
            let model = try builder.finished(builder.convolution(shifted, window))
            return try operations(run(FuseAddIntoNextConvolution(), on: model, input: image))
        }
        #expect(try operationsAfter(window) == ["Convolution", "Add"])
        let padded = SlidingWindow(strides: [1, 1], padsBegin: [1, 1], padsEnd: [0, 0])
        #expect(try operationsAfter(padded) == ["Add", "Convolution"])
    }

    @Test("MergeAdds adds constants up")
    func mergesAdds() throws {
        let builder = try Builder(image)
        let first = try builder.add(BinaryElementwise(.add), builder.input, builder.constant([1, 2, 3], [1, 3, 1, 1]))
        let second = try builder.add(BinaryElementwise(.add), first, builder.constant([4], [1]))
        #expect(try operations(run(MergeAdds(), on: builder.finished(second), input: image)) == ["Add"])
    }

    @Test("FusePad gives the pads to the convolution, and leaves a pool alone")
    func fusesPad() throws {
        let builder = try Builder(image)
        let padded = try builder.add(
            Pad(), builder.input, builder.indices([0, 0, 1, 2]), builder.indices([0, 0, 0, 1]))
        let convolved = try run(FusePad(), on: builder.finished(builder.convolution(padded)), input: image)
        #expect(try operations(convolved) == ["Convolution"])
        let pooled = try run(
            FusePad(), on: builder.finished(builder.add(MaxPool(window, kernel: [2, 2]), padded)), input: image)
        #expect(try operations(pooled) == ["Pad", "MaxPool"])
    }

    @Test("SinkChannelReversal reaches the weights through a mean, and stays where it cannot")
    func sinksChannelReversal() throws {
        func operationsAfter(_ consumer: (Builder, Output) throws -> Output) throws -> [String] {
            let builder = try Builder(image)
            let axis = try builder.model.addConstant(Tensor(scalar: Int64(1)), name: "axis")
            let reversed = try builder.add(Gather(), builder.input, builder.indices([2, 1, 0]), axis)
            let shifted = try builder.add(
                BinaryElementwise(.add), reversed, builder.constant([1, 2, 3], [1, 3, 1, 1]))
            let model = try builder.finished(consumer(builder, shifted))
            return try operations(run(SinkChannelReversal(), on: model, input: image))
        }
        #expect(try operationsAfter { try $0.convolution($1) } == ["Add", "Convolution"])
        #expect(try operationsAfter { try $0.add(UnaryElementwise(.relu), $1) } == ["Add", "Gather", "ReLU"])
    }

    @Test("ResolveAutoPad writes TensorFlow's SAME as numbers")
    func resolvesAutoPad() throws {
        let builder = try Builder(image)
        let same = SlidingWindow(strides: [2, 2], autoPad: .sameUpper)
        let model = try run(
            ResolveAutoPad(), on: builder.finished(builder.convolution(builder.input, same)), input: image)
        let convolution = try #require(model.nodes.lazy.compactMap { $0.operation as? Convolution }.first)
        #expect(convolution.window.autoPad == .explicit)
        #expect(convolution.window.padsBegin == [0, 0])
        #expect(convolution.window.padsEnd == [1, 0])
    }
}
