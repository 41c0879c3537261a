import Testing
import VireoIR
import VireoReference
import VireoTensor
import VireoTestSupport

struct SingleOperationTests {
    @Test("the kernels compute what OpenVINO computes", arguments: SingleOperationCase.all)
    func agreesWithOpenVINO(_ sample: SingleOperationCase) throws {
        let outputs = sample.outputs.map { ValueType($0.elementType, $0.shape) }
        let results = try Reference.evaluate(sample.operation, sample.inputs, outputs: outputs)
        let difference = try sample.difference(of: results)
        #expect(difference == nil)
    }
}
