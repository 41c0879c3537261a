import OpenCLBackend
import Testing
import VireoPluginKit
import VireoPluginTestSupport
import VireoTensor

@Suite(needsDevice)
struct SettingTests {
    @Test("f16 is stored by every device, and is a capability of those that compute in it")
    func precision() throws {
        let backend = try OpenCLBackend(device: 0, host: TestHost.host)
        try backend.setProperty("INFERENCE_PRECISION_HINT", to: "f16")
        let error = #expect(throws: VireoError.self) {
            try backend.setProperty("INFERENCE_PRECISION_HINT", to: "bf16")
        }
        #expect(error?.message.contains("OpenCL has no type bf16") == true)
        let capabilities = backend.properties.first { $0.name == "OPTIMIZATION_CAPABILITIES" }?.value
        #expect(capabilities == "FP32" || capabilities == "FP32 FP16")
    }

    @Test("In f16 numbers are rounded to f16 and too large ones become infinite")
    func rounding() throws {
        let graph = TestGraph()
        graph.output(graph.node("ReLU", [graph.input([5])], [5]))
        let found = try graph.run([[1.0001, 3.14159, 7e4, -1, .nan]], ["INFERENCE_PRECISION_HINT": "f16"])[0]
        #expect(found[0] == 1 && found[1] == Float(Float16(3.14159)) && found[2] == .infinity && found[3] == 0)
        #expect(found[4].isNaN)
    }

    @Test("In f16 an input, a constant's sum and one value twice can be outputs")
    func outputs() throws {
        let graph = TestGraph()
        let x = graph.input([3])
        let sum = graph.node("Add", [x, graph.constant([3], [Float(1), 2, 3])], [3])
        for value in [x, sum, sum] { graph.output(value) }
        #expect(
            try graph.run([[1, 2, 3]], ["INFERENCE_PRECISION_HINT": "f16"]) == [[1, 2, 3], [2, 4, 6], [2, 4, 6]])
    }

    @Test("Sums are f32 also where tensors are f16")
    func sums() throws {
        // In f16 a running sum of ones stops at 2048.
        let graph = TestGraph()
        let ones = graph.constant([4000, 1], [Float](repeating: 1, count: 4000))
        graph.output(
            graph.node(
                "MatMul", [graph.input([8, 4000]), ones], [8, 1],
                ["transpose_a": .integers([0]), "transpose_b": .integers([0])]))
        for group in ["AUTO", "TILE_32x32"] {
            let found = try graph.run(
                [[Float](repeating: 1, count: 32000)], ["INFERENCE_PRECISION_HINT": "f16", "WORK_GROUP": group])
            #expect(found[0] == [Float](repeating: 4000, count: 8))
        }
    }

    @Test("Without tuning nothing is measured, and large convolutions go by the table", arguments: ["AUTO", "TILE"])
    func table(_ group: String) throws {
        func launches(_ tuning: String) throws -> Int {
            let problem = ConvolutionCase(
                inputs: 64, outputs: 64, extent: [20, 20], padsBegin: [1, 1], padsEnd: [1, 1])
            var numbers = Numbers(seed: 31)
            let graph = TestGraph()
            let filter = graph.constant(Array(problem.weightDims.dropFirst()), numbers.list(problem.weightDims))
            graph.output(
                graph.node(
                    "Convolution", [graph.input(problem.inputDims), filter], problem.outputDims, problem.attributes))
            let backend = try OpenCLBackend(device: 0, host: TestHost.host)
            let executable = try backend.compile(
                graph.view, properties: ["TUNING": tuning, "PERF_COUNT": "YES", "WORK_GROUP": group])
            let count = backend.traffic.launches
            let context = try executable.makeContext()
            _ = try context.run([numbers.list(problem.inputDims)], of: graph.view, on: backend)
            let kernels = context.profile[0].execType
            if tuning == "NO" {
                #expect(kernels.contains("winograd_input"))
                #expect(kernels.contains("convolution_") || group == "AUTO")
            }
            return count
        }
        #expect(try launches("NO") == 0)
        #expect(try launches("YES") > 0)
    }
}
