import Testing
import VireoIR
import VireoRuntime
import VireoTensor

@Suite struct ModelPreparationTests {
    @Test func `shape arithmetic becomes constants and its nodes go`() throws {
        var model = Model(name: "shapes")
        let data = Output(try model.add(Parameter(.f32, PartialShape([2, 3])), name: "data"))
        let shape = Output(try model.add(ShapeOf(), [data], name: "shape"))
        let relu = Output(try model.add(UnaryElementwise(.relu), [data], name: "relu"))
        let reshaped = Output(try model.add(Reshape(specialZero: false), [relu, shape], name: "reshaped"))
        try model.add(Result(), [reshaped], name: "result")
        let prepared = try model.preparedForBackends()
        #expect(prepared.node(named: "shape") == nil)
        let reshape = try #require(prepared.node(named: "reshaped"))
        #expect(prepared.constant(reshape.inputs[1]) == Tensor([2, 3] as [Int64]))
    }

    @Test func `weights in half precision are converted ahead of time`() throws {
        var model = Model(name: "half")
        let data = Output(try model.add(Parameter(.f32, PartialShape([2])), name: "data"))
        let weights = try model.addConstant(Tensor([1, 0.5] as [Float16]), name: "weights")
        let converted = Output(try model.add(Convert(to: .f32), [weights], name: "converted"))
        let sum = Output(try model.add(BinaryElementwise(.add), [data, converted], name: "sum"))
        try model.add(Result(), [sum], name: "result")
        let core = try Core(searchPaths: [Fixture.example.path])
        let outputs = try core.compile(model, device: "EXAMPLE").makeRequest().run([Tensor([1, 2] as [Float])])
        #expect(outputs == [Tensor([2, 2.5] as [Float])])
    }

    @Test(arguments: [AutoPad.sameUpper, .sameLower, .valid], [RoundingType.floor, .ceil])
    func `automatic pads become explicit ones without a change of shape`(autoPad: AutoPad, rounding: RoundingType)
        throws
    {
        for extent in 5...12 {
            var model = Model(name: "pads")
            let data = Output(try model.add(Parameter(.f32, PartialShape([1, 2, extent, extent])), name: "data"))
            let weights = try model.addConstant(Tensor(zeros: .f32, [4, 2, 3, 2]), name: "weights")
            let grouped = try model.addConstant(Tensor(zeros: .f32, [2, 1, 1, 2, 2]), name: "grouped")
            let window = SlidingWindow(strides: [2, 3], autoPad: autoPad)
            let values = [
                Output(try model.add(Convolution(window), [data, weights], name: "convolution")),
                Output(try model.add(GroupConvolution(window), [data, grouped], name: "group")),
                Output(try model.add(MaxPool(window, kernel: [1, 2], rounding: rounding), [data], name: "max")),
                Output(
                    try model.add(
                        AvgPool(window, kernel: [3, 2], excludePad: true, rounding: rounding), [data], name: "mean")),
            ]
            for value in values { try model.add(Result(), [value], name: "result") }
            let prepared = try model.preparedForBackends()
            for name in ["convolution", "group", "max", "mean"] {
                let node = try #require(prepared.node(named: name))
                #expect(node.operation.attributes.contains(Attribute("auto_pad", .string("explicit"))))
                #expect(node.outputs[0].type == model.node(named: name)?.outputs[0].type)
            }
        }
    }

    @Test func `the model that is compiled does not change`() throws {
        let model = try Model.sample()
        let before = model.description
        _ = try Core(searchPaths: [Fixture.example.path]).compile(model, device: "EXAMPLE")
        #expect(model.description == before)
    }
}
