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
