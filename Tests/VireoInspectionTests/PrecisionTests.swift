import Testing
import Vireo

/// In which precision each layer of a quantized network ran.
@Suite("The precision of a layer", .enabled(if: (try? Core().resolve("ONEDNN")) != nil, "ONEDNN is not built"))
struct PrecisionTests {
    let core: Core
    let model: Model
    let input: Tensor

    init() throws {
        core = try Core()
        model = try QuantizedNetwork.model()
        input = try QuantizedNetwork.input()
    }

    @Test("is what explain, the counters and the execution graph say alike")
    func everywhere() throws {
        let request = try core.compile(model, device: "ONEDNN", properties: ["PERF_COUNT": "YES"]).makeRequest()
        _ = try request.run([input])
        let rows = try request.profile
        let graph = try #require(request.model.executionGraph).timed(by: rows)
        let explanation = try Explanation(model, on: "ONEDNN", core, inputs: [input])
        for name in ["conv0", "conv1"] {
            let row = try #require(rows.first { $0.name == name && $0.opType == "Convolution" })
            #expect(row.execType.contains("u8") && row.precision == .u8)
            let info = try #require(graph.node(named: name)).runtimeInfo
            #expect(info.first { $0.name == "runtimePrecision" }?["value"] == "u8")
            let node = try #require(explanation.nodes.first { $0.name == name })
            #expect(node.precision == "u8" && node.elementType == "f32" && node.kernel == row.execType)
        }
    }

    @Test("is f32 where the device is told to compute the network in f32")
    func single() throws {
        let explanation = try Explanation(
            model, on: "ONEDNN", core, inputs: [input], properties: ["QUANTIZED_EXECUTION": "F32"])
        for name in ["conv0", "conv1"] {
            #expect(explanation.nodes.first { $0.name == name }?.precision == "f32")
        }
    }

    @Test("explain tells of the nodes that run, which hold the weights with their ranges")
    func sameGraph() throws {
        let explanation = try Explanation(model, on: "ONEDNN", core, inputs: [input])
        let placement = try core.compile(model, device: "ONEDNN").placement
        #expect(explanation.nodes.map(\.name) == placement.nodes.map(\.name))
        // A node that the model of the explanation does not hold would have no shape.
        #expect(explanation.nodes.allSatisfy { !$0.shape.isEmpty })
        #expect(explanation.nodes.contains { $0.name == "conv0/weights_rounded" })
    }

    @Test("compare runs the same kernels, and rounding makes the two devices differ by steps of the grid at most")
    func compared() throws {
        let comparison = try LayerComparison(model, on: "ONEDNN", against: .device("REFERENCE"), core, inputs: [input])
        let convolutions = comparison.layers.filter { $0.kernel.contains("u8") }
        #expect(!convolutions.isEmpty)
        #expect(!comparison.layers.contains { $0.name.hasSuffix("weights_rounded") })
        // A value on the boundary of two steps may go either way: 2/255 of the range, in sums of 144 products.
        #expect(comparison.firstBeyond(0.02) == nil)
    }

    @Test(
        "is f16 where OPENCL is told so", .enabled(if: (try? Core().resolve("OPENCL.0")) != nil, "there is no OpenCL"))
    func half() throws {
        let explanation = try Explanation(
            BranchedNetwork.model(), on: "OPENCL.0", core, inputs: [BranchedNetwork.input()],
            properties: ["INFERENCE_PRECISION_HINT": "f16"])
        let convolutions = explanation.nodes.filter { $0.type == "Convolution" }
        #expect(convolutions.map(\.precision) == ["f16", "f16"] && convolutions.map(\.elementType) == ["f32", "f32"])
    }

    @Test("of kernels is read from the end of their names")
    func names() throws {
        let graph = try core.compile(model, device: "REFERENCE", properties: ["PERF_COUNT": "YES"])
        let request = try graph.makeRequest()
        _ = try request.run([input])
        #expect(try request.profile.allSatisfy { $0.precision == .f32 })
    }
}
