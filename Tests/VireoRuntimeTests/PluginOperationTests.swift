import Testing
import VireoIR
import VireoRuntime
import VireoTensor

@Suite struct PluginOperationTests {
    @Test func `a library's operations say what stands for what, and infer shapes`() throws {
        let operations = try PluginOperation.load(from: [Fixture.example.path])
        #expect(operations.map(\.frameworkType) == ["SoftShrink"])
        #expect(operations.map(\.type) == ["SoftShrink"])
        let input = ValueType(.f32, .ranked([.dynamic, 3]))
        #expect(try operations[0].outputs([Attribute("lambda", .number(0.5))], [input]) == [input])
    }

    @Test func `what the plugin refuses is an error with the operation as its place`() throws {
        let operation = try PluginOperation.load(from: [Fixture.example.path])[0]
        let error = #expect(throws: VireoError.self) { try operation.outputs([], []) }
        #expect(error?.message == "SoftShrink has one input")
        #expect(error?.context == ["the plugin's shape inference of SoftShrink"])
    }

    @Test func `a library of ABI 1_0, or without operations, is refused by path`() throws {
        let error = #expect(throws: VireoError.self) { try PluginOperation.load(from: [Fixture.faulty.path]) }
        #expect(error?.description.contains(Fixture.faulty.path) == true)
    }
}
