import Testing
import VireoPluginKit

/// Winograd's transformations cancel large intermediate sums: F(4x4, 3x3) loses about two decimal digits.
private let tolerance = 5e-5

@Suite("Winograd's convolutions")
struct WinogradTests {
    /// Channels with and without a rest after blocks of 16, images with and without a rest after tiles.
    @Test(
        "agree with the definition, whatever the layout of their weights",
        arguments: [
            (32, 32, [40, 40]), (64, 64, [56, 56]), (96, 208, [14, 14]), (40, 72, [29, 31]), (33, 50, [30, 30]),
            (160, 320, [7, 7]), (128, 128, [28, 28]),
        ])
    func agree(_ channels: Int, _ outputs: Int, _ image: [Int]) throws {
        let builder = GraphBuilder()
        let (source, data) = builder.input4([1, channels] + image)
        let geometry = Naive.Geometry(kernel: [3, 3], begin: [1, 1], end: [1, 1])
        let result = builder.convolution(source, data, outputs: outputs, geometry)
        let run = try Run(builder.graph([result.0]), properties: ["PERF_COUNT": "YES"])
        expectClose(try run(builder.feeds)[0], result.1, tolerance: tolerance)
        if HostProcessor.has("avx512f") {
            #expect(run.executed.contains { $0.execType.contains("wino") }, "\(run.executed.map(\.execType))")
        }
        withExtendedLifetime(builder) {}
    }

    /// Extents with and without a rest after tiles, unequal pads, several images, and more rows than are computed at a
    /// time.
    @Test(
        "agree with the definition along one axis, and in parts",
        arguments: [
            ([1, 192, 17, 17], 192, [1, 7], [0, 3]), ([1, 160, 17, 16], 192, [7, 1], [3, 0]),
            ([3, 64, 12, 10], 96, [1, 7], [0, 2]), ([1, 384, 8, 8], 384, [1, 3], [0, 1]),
            ([2, 128, 9, 11], 64, [3, 1], [1, 0]), ([1, 48, 35, 35], 64, [5, 5], [2, 2]),
            ([2, 48, 14, 15], 64, [5, 5], [1, 0]), ([1, 64, 21, 20], 64, [5, 1], [2, 0]),
            ([1, 64, 20, 22], 48, [1, 5], [0, 2]), ([1, 32, 75, 61], 64, [3, 3], [1, 0]),
            ([3, 64, 30, 29], 64, [3, 3], [1, 1]),
        ])
    func separate(_ image: [Int], _ outputs: Int, _ kernel: [Int], _ pads: [Int]) throws {
        let builder = GraphBuilder()
        let (source, data) = builder.input4(image)
        let ends = kernel.indices.map { kernel[$0] / 2 }
        var result = builder.convolution(
            source, data, outputs: outputs, .init(kernel: kernel, begin: pads, end: ends))
        result = builder.bias(result.0, result.1)
        result = builder.relu(result.0, result.1)
        for threads in ["1", "2"] {
            let run = try Run(
                builder.graph([result.0]), properties: ["PERF_COUNT": "YES", "INFERENCE_NUM_THREADS": threads])
            expectClose(try run(builder.feeds)[0], result.1, tolerance: tolerance)
            if HostProcessor.has("avx512f") {
                #expect(run.executed.filter { $0.execType.hasPrefix("winograd_") }.count == 2)
            }
        }
        withExtendedLifetime(builder) {}
    }

    @Test("are not used where accuracy is asked for")
    func accuracy() throws {
        let builder = GraphBuilder()
        let (source, data) = builder.input4([1, 64, 28, 28])
        let result = builder.convolution(
            source, data, outputs: 64, .init(kernel: [3, 3], begin: [1, 1], end: [1, 1]))
        let run = try Run(
            builder.graph([result.0]), properties: ["EXECUTION_MODE_HINT": "ACCURACY", "PERF_COUNT": "YES"])
        expectClose(try run(builder.feeds)[0], result.1, tolerance: 2e-6)
        #expect(!run.executed.contains { $0.execType.contains("wino") })
        withExtendedLifetime(builder) {}
    }
}
