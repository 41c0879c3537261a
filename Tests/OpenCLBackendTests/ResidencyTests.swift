import Foundation
import OpenCLBackend
import Testing
import VireoPluginKit
import VireoPluginTestSupport
import VireoTensor

/// What a compilation and an inference cost, counted.
@Suite(needsDevice)
struct ResidencyTests {
    /// Two convolutions, a pool, a concatenation, a sum and a product: two inputs, two outputs.
    private func network() -> TestGraph {
        var numbers = Numbers(seed: 21)
        let graph = TestGraph()
        let (x, y) = (graph.input([1, 4, 12, 12]), graph.input([1, 8, 12, 12]))
        let same: [String: NodeView.Attribute] = [
            "strides": .integers([1, 1]), "dilations": .integers([1, 1]), "pads_begin": .integers([1, 1]),
            "pads_end": .integers([1, 1]),
        ]
        let first = graph.constant([8, 4, 3, 3], numbers.list([8, 4, 3, 3]))
        let second = graph.constant([8, 8, 3, 3], numbers.list([8, 8, 3, 3]))
        let a = graph.node("Convolution", [x, first], [1, 8, 12, 12], same)
        let b = graph.node("ReLU", [graph.node("Convolution", [a, second], [1, 8, 12, 12], same)], [1, 8, 12, 12])
        let joined = graph.node("Concat", [a, b], [1, 16, 12, 12], ["axis": .integers([1])])
        let sum = graph.node("Add", [b, y], [1, 8, 12, 12])
        let flat = graph.node("Reshape", [sum, graph.integers([1, 1152])], [1, 1152])
        let matrix = graph.constant([1152, 10], numbers.list([1152, 10]))
        let product = graph.node(
            "MatMul", [flat, matrix], [1, 10], ["transpose_a": .integers([0]), "transpose_b": .integers([0])])
        graph.output(joined)
        graph.output(graph.node("SoftMax", [product], [1, 10], ["axis": .integers([1])]))
        return graph
    }

    @Test(
        "An inference moves its inputs and outputs between host and device, nothing else, and makes no memory",
        arguments: ["f32", "f16"], ["AUTO", "TILE_32x32"])
    func inferenceStaysOnDevice(_ precision: String, _ group: String) throws {
        let graph = network()
        let view = graph.view
        let backend = try OpenCLBackend(device: 0, host: TestHost.host)
        let executable = try backend.compile(
            view, properties: ["INFERENCE_PRECISION_HINT": precision, "WORK_GROUP": group])
        let context = try executable.makeContext()
        let results = try view.outputs.map { try backend.makeBuffer(.f32, Shape(view.values[$0].dimensions!)) }
        var numbers = Numbers(seed: 22)
        var launches: [Int] = []
        for _ in 0..<3 {
            let before = backend.traffic
            let inputs = try view.inputs.map { value in
                let dims = view.values[value].dimensions!
                return try backend.buffer(numbers.list(dims), dims)
            }
            let imported = backend.traffic
            #expect(imported.uploads - before.uploads == inputs.count)
            #expect(imported.allocations - before.allocations == inputs.count)

            var outputs: [DeviceBuffer?] = results
            try context.execute(inputs: inputs, outputs: &outputs)
            let executed = backend.traffic
            #expect(executed.uploads == imported.uploads)
            #expect(executed.downloads == imported.downloads)
            #expect(executed.allocations == imported.allocations)
            launches.append(executed.launches - imported.launches)

            for result in results { _ = try result.floats() }
            #expect(backend.traffic.downloads - executed.downloads == results.count)
        }
        #expect(Set(launches).count == 1 && launches[0] > 0)
        withExtendedLifetime(graph) {}
    }

    @Test("All kernels are one program, which is compiled once and then comes from the cache")
    func oneProgram() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/vireo-opencl-program-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let graph = network()
        func programs(_ properties: [String: String]) throws -> [Int] {
            let backend = try OpenCLBackend(device: 0, host: TestHost.host)
            for _ in 0..<2 {
                _ = try backend.compile(graph.view, properties: properties.merging(["CACHE_DIR": folder]) { $1 })
            }
            return [backend.traffic.compilations, backend.traffic.reusedPrograms]
        }
        #expect(try programs([:]) == [1, 0])
        #expect(try programs([:]) == [0, 1])
        // Another precision is another program.
        #expect(try programs(["INFERENCE_PRECISION_HINT": "f16"]) == [1, 0])
        #expect(try programs(["INFERENCE_PRECISION_HINT": "f16"]) == [0, 1])
    }
}
