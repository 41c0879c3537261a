import ReferenceBackend
import Testing
import VireoPluginKit
import VireoPluginTestSupport
import VireoTensor

struct BackendTests {
    private let backend: ReferenceBackend

    init() throws { backend = try ReferenceBackend(device: 0, host: TestHost.host) }

    @Test("there is always one processor")
    func probe() throws {
        let devices = try ReferenceBackend.probe()
        #expect(devices.map(\.kind) == [.cpu])
        #expect(throws: VireoError.self) { try ReferenceBackend(device: 1, host: TestHost.host) }
    }

    @Test("every property that can be set is listed, and takes its own value")
    func properties() throws {
        let listed = try #require(backend.properties.first { $0.name == "SUPPORTED_PROPERTIES" })
        #expect(listed.value.split(separator: " ").map(String.init) == backend.properties.map(\.name))
        for property in backend.properties where property.isMutable {
            try backend.setProperty(property.name, to: property.value)
        }
    }

    @Test(
        "bad settings are refused",
        arguments: [
            ("PERF_COUNT", "MAYBE"), ("INFERENCE_PRECISION_HINT", "f16"), ("INFERENCE_NUM_THREADS", "-1"),
            ("FULL_DEVICE_NAME", "mine"), ("NOTHING", "1"),
        ])
    func badSettings(_ name: String, _ value: String) {
        #expect(throws: VireoError.self) { try backend.setProperty(name, to: value) }
    }

    @Test("verdicts come a node each, with a reason for each refusal")
    func verdicts() {
        let f32 = ValueView(elementType: .f32, shape: PartialShape([2]))
        let nodes = [
            NodeView("ReLU", name: "a", inputs: [0], outputs: [1]),
            NodeView("Frobnicate", name: "b", inputs: [1], outputs: [2]),
            NodeView("Clamp", name: "c", inputs: [2], outputs: [3]),
            NodeView("Convert", name: "d", inputs: [3], outputs: [4], attributes: ["destination_type": .string("u1")]),
            NodeView("ReLU", opset: "extension", name: "e", inputs: [4], outputs: [5]),
        ]
        let graph = GraphView(nodes: nodes, values: Array(repeating: f32, count: 6), inputs: [0], outputs: [5])
        let verdicts = backend.support(for: graph)
        #expect(verdicts[0] == .yes)
        #expect(verdicts[1] == .no(reason: "the operation Frobnicate (opset1) is not known"))
        #expect(verdicts[2] == .no(reason: "the attribute \"min\" is missing"))
        #expect(verdicts[3] == .no(reason: "Convert to u1"))
        #expect(verdicts[4] == .no(reason: "ReLU is of the operation set \"extension\""))
        #expect(throws: VireoError.self) { try backend.compile(graph, properties: [:]) }
    }
}
