import OneDNNKernels
import Testing
import VireoPluginKit

@Suite(
    "Winograd's convolutions in bf16",
    .enabled(if: HostProcessor.has("avx512_bf16"), "needs avx512_bf16"))
struct HalfPrecisionWinogradTests {
    /// Image, filters and, once transformed, both again are rounded by up to 2^-9, of which most cancel in the sum; the
    /// result is rounded once. The largest error is some four standard deviations of that.
    private let tolerance = 0.007

    /// Extents with and without a rest after tiles, unequal pads, several images, and more rows than are computed at a
    /// time.
    @Test(
        "agree with the definition, between layers of bf16 and at the end",
        arguments: [
            ([1, 64, 28, 28], 64, [1, 1], [1, 1]), ([1, 96, 15, 17], 48, [1, 1], [1, 1]),
            ([1, 64, 30, 29], 96, [0, 0], [0, 0]), ([3, 64, 17, 18], 64, [1, 0], [0, 1]),
            ([2, 48, 20, 13], 64, [0, 1], [1, 2]), ([1, 64, 75, 61], 64, [1, 1], [1, 1]),
        ])
    func agree(_ image: [Int], _ outputs: Int, _ begin: [Int], _ end: [Int]) throws {
        let geometry = Naive.Geometry(kernel: [3, 3], begin: begin, end: end)
        for (isLast, function) in [(false, "ReLU"), (true, "Clamp"), (true, nil)] {
            let builder = GraphBuilder()
            let (source, data) = builder.input4(image)
            var result = builder.convolution(source, data, outputs: outputs, geometry)
            result = builder.bias(result.0, result.1)
            switch function {
            case "ReLU": result = builder.relu(result.0, result.1)
            case "Clamp":
                let clamp = builder.node(
                    "Clamp", [result.0], to: result.1.shape, ["min": .numbers([-8]), "max": .numbers([12])])
                result = (clamp, result.1.map { min(max($0, -8), 12) })
            default: break
            }
            if !isLast { result = builder.convolution(result.0, result.1, outputs: 16, .init()) }
            for threads in ["1", "2"] {
                let run = try Run(
                    builder.graph([result.0]),
                    properties: [
                        "INFERENCE_PRECISION_HINT": "bf16", "PERF_COUNT": "YES", "INFERENCE_NUM_THREADS": threads,
                    ])
                // A clamp leaves the errors of what it cuts off.
                expectClose(
                    try run(builder.feeds)[0], result.1, tolerance: function == "Clamp" ? 4 * tolerance : tolerance)
                let kernels = Set(run.executed.map(\.execType).filter { $0.hasPrefix("winograd_") })
                #expect(kernels == ["winograd_4x4:image_bf16", "winograd_4x4:sums_f32\(isLast ? "" : "_bf16")"])
            }
            withExtendedLifetime(builder) {}
        }
    }

    @Test("are not used where accuracy is asked for, nor where they save little", arguments: [true, false])
    func direct(_ isAccurate: Bool) throws {
        let builder = GraphBuilder()
        let (source, data) = builder.input4([1, isAccurate ? 64 : 16, 28, 28])
        let result = builder.convolution(
            source, data, outputs: 64, .init(kernel: [3, 3], begin: [1, 1], end: [1, 1]))
        let run = try Run(
            builder.graph([result.0]),
            properties: [
                "EXECUTION_MODE_HINT": isAccurate ? "ACCURACY" : "PERFORMANCE", "INFERENCE_PRECISION_HINT": "bf16",
                "PERF_COUNT": "YES",
            ])
        expectClose(try run(builder.feeds)[0], result.1, tolerance: tolerance)
        #expect(!run.executed.contains { $0.execType.contains("wino") })
        withExtendedLifetime(builder) {}
    }

    @Test("round to the nearest bf16, of two to the even one, and keep NaN")
    func rounding() {
        let numbers: [(Float, UInt16)] = [
            (1, 0x3F80), (1 + 0x1p-9, 0x3F80), (1 + 0x1p-8, 0x3F80), ((1 + 0x1p-8).nextUp, 0x3F81),
            (1 + 0x3p-8, 0x3F82), (-1 - 0x1.8p-8, 0xBF81), (.greatestFiniteMagnitude, 0x7F80),
            (.leastNonzeroMagnitude, 0), (0, 0), (-.infinity, 0xFF80), (Float(bitPattern: 0x7FFF_FFFF), 0x7FFF),
            (Float(bitPattern: 0xFFC0_0001), 0xFFC0),
        ]
        let channels = 16
        func axis(_ stride: Int) -> vireo_winograd_axis {
            vireo_winograd_axis(points: 4, outputs: 2, tiles: 1, extent: 1, pad: 0, stride: stride)
        }
        var tiles = vireo_winograd_tiles(
            rows: axis(channels), columns: axis(channels), element: VIREO_ELEMENT_BF16, channels: Int32(channels),
            image_stride: channels, first_row: 0, row_count: 1)
        // One tile, of which the first point alone is no zero, and that is what the first output is.
        var sums = [Float](repeating: 0, count: 16 * channels)
        for (channel, number) in numbers.enumerated() { sums[channel] = number.0 }
        var results = [UInt16](repeating: 1, count: channels)
        vireo_winograd_transform_sums(&sums, &tiles, nil, -.infinity, .infinity, &results)
        #expect(Array(results.prefix(numbers.count)) == numbers.map(\.1))
    }
}
