import Testing
import VireoPluginKit

@Suite("Convolutions over few channels, whose rows are unfolded")
struct UnfoldedConvolutionTests {
    /// Images wider and narrower than what is copied at once, windows that begin and end beside them, and steps that
    /// leave a rest.
    private static let problems: [([Int], Int, Naive.Geometry)] = [
        ([2, 3, 37, 45], 64, .init(kernel: [7, 7], strides: [2, 2], begin: [3, 3], end: [3, 3])),
        ([1, 3, 30, 31], 48, .init(kernel: [7, 7], strides: [2, 2], begin: [2, 5], end: [3, 0])),
        ([1, 3, 67, 70], 64, .init(kernel: [11, 11], strides: [4, 4])),
        ([1, 3, 20, 8], 64, .init(kernel: [7, 7], begin: [3, 3], end: [3, 6])),
    ]

    @Test(
        "agree with the definition in bf16",
        .enabled(if: HostProcessor.has("avx512_bf16"), "needs avx512_bf16"),
        arguments: problems + [([1, 1, 40, 33], 32, .init(kernel: [5, 5], begin: [2, 2], end: [2, 2]))])
    func half(_ image: [Int], _ outputs: Int, _ geometry: Naive.Geometry) throws {
        for isLast in [true, false] {
            let builder = GraphBuilder()
            let source = builder.input4(image)
            var result = builder.convolution(source.0, source.1, outputs: outputs, geometry)
            result = builder.rectified(builder.biased(result))
            if !isLast { result = builder.convolution(result.0, result.1, outputs: 16, .init()) }
            for threads in ["1", "2"] {
                let run = try Run(
                    builder.graph([result.0]),
                    properties: [
                        "INFERENCE_PRECISION_HINT": "bf16", "PERF_COUNT": "YES", "INFERENCE_NUM_THREADS": threads,
                    ])
                // Images, filters and results are rounded by up to 2^-9.
                expectClose(try run(builder.feeds)[0], result.1, tolerance: 0.008)
                #expect(run.executed.count { $0.execType == "unfold_bf16" } == 1)
            }
            withExtendedLifetime(builder) {}
        }
    }

    @Test(
        "give the sums of integers exactly, beside the image what stands for 0",
        .enabled(if: HostProcessor.has("avx512_vnni"), "needs avx512_vnni"),
        arguments: problems, [Limits.unsigned, .signed, .shifted])
    func integers(_ problem: ([Int], Int, Naive.Geometry), _ limits: Limits) throws {
        let (image, outputs, geometry) = problem
        let builder = GraphBuilder()
        let source = builder.rounded(builder.input4(image), limits)
        let result = builder.biased(builder.roundedConvolution(source, outputs: outputs, geometry))
        let run = try Run(builder.graph([result.value]), properties: ["PERF_COUNT": "YES"])
        expectClose(try run(builder.feeds)[0], result.expected, tolerance: 1e-6)
        #expect(
            run.execTypes(of: "Convolution").first == (limits.low == -1.28 ? "unfold_s8" : "unfold_u8"),
            "\(run.executed.map(\.execType))")
        withExtendedLifetime(builder) {}
    }

    @Test("are left as they are where that takes no more products", arguments: ["f32", "bf16"])
    func others(_ precision: String) throws {
        guard precision == "f32" || HostProcessor.has("avx512_bf16") else { return }
        let builder = GraphBuilder()
        let source = builder.input4([1, precision == "f32" ? 3 : 4, 37, 45])
        let result = builder.convolution(
            source.0, source.1, outputs: 64, .init(kernel: [7, 7], strides: [2, 2], begin: [3, 3], end: [3, 3]))
        let run = try Run(
            builder.graph([result.0]), properties: ["INFERENCE_PRECISION_HINT": precision, "PERF_COUNT": "YES"])
        expectClose(try run(builder.feeds)[0], result.1, tolerance: precision == "f32" ? 2e-6 : 0.008)
        #expect(!run.executed.contains { $0.execType.hasPrefix("unfold") })
        withExtendedLifetime(builder) {}
    }
}
