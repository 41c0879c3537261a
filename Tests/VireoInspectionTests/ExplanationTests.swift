import Testing
import Vireo

@Suite("Explaining a model on a device")
struct ExplanationTests {
    private func explanation(_ device: String) throws -> Explanation {
        try Explanation(BranchedNetwork.model(), on: device, Core(), inputs: [BranchedNetwork.input()])
    }

    @Test("every node has a device, and a kernel of its own or of another")
    func everyNode() throws {
        for device in try Core().devices.map(\.name) {
            let explanation = try explanation(device)
            #expect(explanation.nodes.count == 8)
            for node in explanation.nodes {
                #expect(node.device == device)
                #expect(node.precision == "f32" && node.shape.hasPrefix("[1,"))
                if let anchor = node.fusedInto {
                    #expect(node.kernel == nil)
                    #expect(explanation.nodes.contains { $0.name == anchor && $0.kernel != nil })
                }
            }
        }
    }

    @Test("a bias and its activation are part of their convolution's kernel")
    func fusion() throws {
        guard try Core().devices.contains(where: { $0.name == "ONEDNN" }) else { return }
        let nodes = try explanation("ONEDNN").nodes
        for branch in ["block/branch_0", "block/branch_1"] {
            for name in ["add", "relu"] {
                #expect(nodes.first { $0.name == "\(branch)/\(name)" }?.fusedInto == "\(branch)/conv")
            }
        }
    }

    @Test("settings that were asked for are told")
    func settings() throws {
        let explanation = try Explanation(
            BranchedNetwork.model(), on: "REFERENCE", Core(), inputs: [BranchedNetwork.input()],
            properties: ["PERF_COUNT": "YES"])
        #expect(explanation.settings["PERF_COUNT"] == "YES")
    }
}
