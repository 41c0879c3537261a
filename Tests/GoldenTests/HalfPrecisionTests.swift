import Testing
import Vireo
import VireoTestSupport

private let hasOpenCL = GoldenCase.core?.devices.contains { $0.name == "OPENCL.0" } == true

@Suite("Half precision", .enabled(if: hasOpenCL, "needs an OpenCL device"))
struct HalfPrecisionTests {
    @Test(
        "a network stored in f16 gives TensorFlow's probabilities, as near as f16 can",
        .enabled(if: ModelsFolder.isPresent, "needs the models folder (VIREO_MODELS)"), arguments: ["AUTO", "TILE"])
    func networkInHalfPrecision(_ group: String) throws {
        let golden = GoldenCase(
            network: .slim("mobilenet_v1_1.0_224", graph: "inference_graph"), image: "chelsea", device: "OPENCL.0")
        let core = try #require(GoldenCase.core)
        let compiled = try core.compile(
            GoldenModels.model(golden.network), device: golden.device,
            properties: ["INFERENCE_PRECISION_HINT": "f16", "WORK_GROUP": group, "TUNING": "NO"])
        let output = try compiled.makeRequest().run([golden.input()])[0].doubles()
        let expected = try golden.expected()
        let worst = zip(output, expected).map { abs($0 - $1) }.max() ?? .infinity
        // Tensors are rounded by 2^-12 behind each of 28 layers; f32 is off by 3e-7.
        #expect(output.count == expected.count && worst <= 5e-3, "largest difference \(worst)")
        #expect(worst > 1e-6, "nothing was rounded to f16")
        #expect(output.firstIndex(of: output.max()!) == expected.firstIndex(of: expected.max()!))
    }
}
