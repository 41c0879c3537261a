import Testing
import VireoIR
import VireoSerialization
import VireoTestSupport

struct BodyTests {
    private static let cases = SampledCase.all.filter { sample in
        ["TensorIterator", "Loop", "If"].contains { sample.description.hasPrefix($0) }
    }

    @Test("there are cases with bodies")
    func casesArePresent() { #expect(BodyTests.cases.count >= 3) }

    @Test("a model with graphs inside survives a round trip", arguments: cases)
    func roundTrip(_ sample: SampledCase) throws {
        let folder = try TemporaryFolder()
        let model = try sample.model()
        try model.writeIR(directory: folder.path, name: "model")
        let again = try Model(irFile: "\(folder.path)/model.xml")
        try again.verify()
        #expect(Set(again.nodes.map(\.label)) == Set(model.nodes.map(\.label)))
        for right in model.nodes {
            let left = try #require(again.node(named: right.name))
            #expect(left.outputs.map(\.type) == right.outputs.map(\.type))
            #expect(left.bodies.count == right.bodies.count)
            for (left, right) in zip(left.bodies, right.bodies) {
                #expect(
                    left.inputs.sorted { $0.parameter < $1.parameter }
                        == right.inputs.sorted { $0.parameter < $1.parameter })
                #expect(left.outputs.sorted { $0.output < $1.output } == right.outputs.sorted { $0.output < $1.output })
                #expect(left.backEdges == right.backEdges)
                #expect(left.iterationParameter == right.iterationParameter)
                #expect(left.conditionResult == right.conditionResult)
                #expect(left.model.nodes.count == right.model.nodes.count)
            }
        }
    }
}
