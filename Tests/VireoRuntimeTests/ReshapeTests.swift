import Testing
import VireoIR
import VireoRuntime
import VireoTensor

@Suite struct ReshapeTests {
    @Test func `an input gets another shape and everything follows`() throws {
        var model = try Model.sample()
        try model.reshape(["data:0": .ranked([.dynamic, 4])])
        #expect(model.type(of: Output(model.parameters[0])).shape == .ranked([.dynamic, 4]))
        let sum = try #require(model.node(named: "sum"))
        #expect(sum.outputs[0].type.shape == .ranked([.dynamic, 4]))
        #expect(sum.outputs[0].tensorNames.isEmpty && model.node(named: "data")?.outputs[0].tensorNames == ["data:0"])
    }

    @Test func `what does not follow is named, and the model stays as it was`() throws {
        var model = try Model.sample()
        let before = model.description
        let error = #expect(throws: VireoError.self) { try model.reshape(["data": PartialShape([5])]) }
        #expect(error?.context.first == "reshaping to data[5]")
        #expect(error?.context.contains { $0.contains("\"sum\" (Add)") } == true)
        #expect(model.description == before)
    }

    @Test func `an unknown input is an error with those that there are`() throws {
        var model = try Model.sample()
        let error = #expect(throws: VireoError.self) { try model.reshape(["image": PartialShape([5])]) }
        #expect(error?.code == .invalidArgument && error?.remedy == "the inputs are \"data\" f32[4]")
    }
}
