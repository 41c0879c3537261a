import Testing
import VireoIR
import VireoReference
import VireoTensor
import VireoTestSupport

/// The conformance suite's sample through the kernels, without the runtime: also what makes shapes as it runs.
struct SampledCaseTests {
    @Test("a kernel computes what OpenVINO computes", arguments: SampledCase.all)
    func agreesWithOpenVINO(_ sample: SampledCase) throws {
        let model = try sample.model()
        let node = try #require(
            model.nodes.first { node in
                !(node.operation is Parameter) && !(node.operation is Constant) && !(node.operation is Result)
            })
        let feeds = Dictionary(uniqueKeysWithValues: zip(model.parameters, sample.inputs))
        let inputs = try node.inputs.map { input in try #require(feeds[input.node] ?? model.constant(input)) }
        let types = node.outputs.map(\.type)
        let results = try Reference.evaluate(node.operation, inputs, outputs: types)
        let outputs = model.results.map { results[model[$0].inputs[0].index] }
        #expect(try sample.difference(of: outputs) == nil)
    }
}
