import Testing
import VireoPluginKit

/// Sums of a few hundred products, three times in a row.
private let tolerance = 6e-6

@Suite("Depthwise convolutions with their pointwise neighbours", .enabled(if: HostProcessor.has("avx512f")))
struct SeparableTests {
    struct Block: Sendable, CustomTestStringConvertible {
        var image: [Int]
        /// Channels of the depthwise convolution, and those after it; the image's own where nothing comes before it.
        var expanded: Int?
        var projected: Int?
        var stride = 1
        var begin = [1, 1]
        var end = [1, 1]
        var adds = false
        /// Taps and stride of the convolution before it.
        var taps = [1, 1]
        var step = 1

        var testDescription: String {
            "\(image) to \(expanded ?? image[1]) to \(projected ?? 0), stride \(stride), pads \(begin) \(end), "
                + "\(taps) by \(step)\(adds ? ", added" : "")"
        }
    }

    private func clamp(_ builder: GraphBuilder, _ source: (Int, Naive.DoubleTensor)) -> (Int, Naive.DoubleTensor) {
        let value = builder.node(
            "Clamp", [source.0], to: source.1.shape, ["min": .numbers([-0.25]), "max": .numbers([6])])
        return (value, source.1.map { min(max($0, -0.25), 6) })
    }

    private func make(_ block: Block, _ builder: GraphBuilder) -> (Int, Naive.DoubleTensor) {
        let source = builder.input4(block.image)
        var value = source
        if let expanded = block.expanded {
            let pads = block.taps.map { $0 / 2 }
            value = builder.convolution(
                value.0, value.1, outputs: expanded,
                .init(
                    kernel: block.taps, strides: [block.step, block.step], begin: pads.map { max(0, $0 - 1) }, end: pads
                ))
            value = clamp(builder, builder.bias(value.0, value.1))
        }
        value = builder.convolution(
            value.0, value.1, outputs: value.1.shape[1], groups: value.1.shape[1],
            .init(kernel: [3, 3], strides: [block.stride, block.stride], begin: block.begin, end: block.end))
        value = clamp(builder, builder.bias(value.0, value.1))
        guard let projected = block.projected else { return value }
        value = builder.convolution(value.0, value.1, outputs: projected, .init())
        value = builder.bias(value.0, value.1)
        return block.adds ? builder.add(value, source) : value
    }

    /// Strips with and without a rest, images smaller than the window's pads, channels with and without a rest after
    /// vectors, several images, and each member left out.
    @Test(
        "are one step that agrees with the definition",
        arguments: [
            Block(image: [1, 16, 23, 19], expanded: 96, projected: 24),
            Block(image: [1, 24, 30, 31], expanded: 144, projected: 24, adds: true),
            Block(image: [2, 24, 17, 16], expanded: 72, projected: 40, stride: 2, begin: [0, 0]),
            Block(image: [1, 10, 9, 13], expanded: 50, projected: 10, adds: true),
            Block(image: [3, 8, 5, 4], expanded: 24, projected: 7, stride: 2),
            Block(image: [1, 64, 7, 7], expanded: 256, projected: 56, begin: [0, 1], end: [2, 0]),
            Block(image: [1, 12, 1, 1], expanded: 20, projected: 3),
            Block(image: [1, 12, 2, 3], expanded: 48, projected: 12, adds: true),
            Block(image: [1, 32, 6, 35], expanded: 64),
            Block(image: [2, 20, 14, 14], expanded: 48, stride: 2, begin: [0, 0]),
            Block(image: [1, 32, 33, 29], projected: 64), Block(image: [2, 48, 15, 15], projected: 33, stride: 2),
            Block(image: [1, 256, 14, 14], projected: 512), Block(image: [1, 64, 4, 4], projected: 64, adds: true),
            Block(image: [1, 3, 40, 46], expanded: 32, projected: 16, taps: [3, 3], step: 2),
            Block(image: [2, 3, 19, 21], expanded: 24, projected: 20, stride: 2, taps: [5, 3], step: 1),
            Block(image: [1, 1, 16, 16], expanded: 32, taps: [7, 7], step: 2),
        ], ["1", "2", "3"])
    func agree(_ block: Block, _ threads: String) throws {
        let builder = GraphBuilder()
        let result = make(block, builder)
        let run = try Run(
            builder.graph([result.0]), properties: ["PERF_COUNT": "YES", "INFERENCE_NUM_THREADS": threads])
        for _ in 0..<2 { expectClose(try run(builder.feeds)[0], result.1, tolerance: tolerance) }
        if threads == "1" {
            #expect(run.executed.filter { $0.execType.contains("+") }.count == 1, "\(run.executed.map(\.execType))")
            #expect(!run.executed.contains { $0.execType.contains("brg") })
        }
        withExtendedLifetime(builder) {}
    }

    @Test("read images of bytes and images with the channels of a pixel next to each other", arguments: [false, true])
    func channelsLast(isOfBytes: Bool) throws {
        let builder = GraphBuilder()
        let given = isOfBytes ? builder.bytes([1, 18, 21, 3]) : builder.input([1, 18, 21, 3])
        let image = Naive.transpose(.init([1, 18, 21, 3], builder.elements(of: given)), [0, 3, 1, 2])
        var source = given
        if isOfBytes {
            source = builder.node("Convert", [source], to: [1, 18, 21, 3], ["destination_type": .string("f32")])
        }
        source = builder.node("Transpose", [source, builder.integers([0, 3, 1, 2])], to: [1, 3, 18, 21])
        var value = builder.convolution(
            source, image, outputs: 20, .init(kernel: [3, 5], strides: [2, 2], begin: [0, 1], end: [1, 2]))
        value = builder.bias(value.0, value.1)
        value = builder.convolution(
            value.0, value.1, outputs: 20, groups: 20, .init(kernel: [3, 3], begin: [1, 1], end: [1, 1]))
        value = builder.convolution(value.0, value.1, outputs: 9, .init())
        let run = try Run(
            builder.graph([value.0]), properties: ["PERF_COUNT": "YES", "INFERENCE_NUM_THREADS": "1"])
        expectClose(try run(builder.feeds)[0], value.1, tolerance: tolerance)
        #expect(run.executed.contains { $0.execType.hasPrefix("conv_3x5+depthwise_3x3+conv_1x1") })
        #expect(run.reorders <= (isOfBytes ? 2 : 1))
        withExtendedLifetime(builder) {}
    }

    @Test(
        "are shared by channels where an image has few rows",
        arguments: [
            Block(image: [1, 40, 7, 7], expanded: 256, projected: 56, adds: false),
            Block(image: [2, 24, 5, 6], expanded: 250, projected: 24, adds: true),
            Block(image: [1, 16, 9, 8], expanded: 256, stride: 2), Block(image: [1, 256, 6, 4], projected: 33),
        ], ["2", "3", "4"])
    func channels(_ block: Block, _ threads: String) throws {
        let builder = GraphBuilder()
        let result = make(block, builder)
        let run = try Run(
            builder.graph([result.0]), properties: ["PERF_COUNT": "YES", "INFERENCE_NUM_THREADS": threads])
        expectClose(try run(builder.feeds)[0], result.1, tolerance: tolerance)
        #expect(run.executed.contains { $0.execType.contains("+") }, "\(run.executed.map(\.execType))")
        withExtendedLifetime(builder) {}
    }

    @Test("stay apart where somebody else reads what is between them")
    func shared() throws {
        let builder = GraphBuilder()
        let source = builder.input4([1, 16, 12, 12])
        let expanded = builder.convolution(source.0, source.1, outputs: 48, .init())
        let filtered = builder.convolution(
            expanded.0, expanded.1, outputs: 48, groups: 48, .init(kernel: [3, 3], begin: [1, 1], end: [1, 1]))
        let projected = builder.convolution(filtered.0, filtered.1, outputs: 16, .init())
        let run = try verify(
            builder, [builder.relu(projected.0, projected.1), filtered, expanded], tolerance: tolerance)
        #expect(!run.executed.contains { $0.execType.contains("+") })
    }

    @Test("run with more threads than rows")
    func manyThreads() throws {
        let builder = GraphBuilder()
        let result = make(Block(image: [1, 3, 10, 12], expanded: 16, projected: 8, taps: [3, 3], step: 2), builder)
        let run = try Run(builder.graph([result.0]), properties: ["INFERENCE_NUM_THREADS": "16"])
        expectClose(try run(builder.feeds)[0], result.1, tolerance: tolerance)
        withExtendedLifetime(builder) {}
    }
}

@Suite("A matrix times one row")
struct VectorProductTests {
    @Test(
        "agrees with the definition",
        arguments: [(1, 1), (3, 15), (7, 31), (8, 32), (9, 33), (64, 100), (1001, 257), (130, 1280)],
        ["1", "2"])
    func agrees(_ size: (outputs: Int, inputs: Int), _ threads: String) throws {
        let builder = GraphBuilder()
        let source = builder.input4([1, size.inputs, 1, 1])
        let product = builder.convolution(source.0, source.1, outputs: size.outputs, .init())
        let sum = builder.bias(product.0, product.1)
        let result = builder.relu(sum.0, sum.1)
        let run = try Run(
            builder.graph([result.0]), properties: ["PERF_COUNT": "YES", "INFERENCE_NUM_THREADS": threads])
        expectClose(try run(builder.feeds)[0], result.1, tolerance: tolerance)
        #expect(run.executed.contains { $0.execType == "vector_product_f32" }, "\(run.executed.map(\.execType))")
        withExtendedLifetime(builder) {}
    }
}
