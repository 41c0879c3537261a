import Testing
import VireoPluginKit
import VireoTensor

private let threeByThree = Naive.Geometry(kernel: [3, 3], begin: [1, 1], end: [1, 1])

@Suite("Quantized layers run in integers")
struct LowPrecisionTests {
    private func run(_ builder: GraphBuilder, _ outputs: [Computed], integers: Bool = true) throws -> (Run, [[Float]]) {
        let run = try Run(
            builder.graph(outputs.map(\.value)),
            properties: ["PERF_COUNT": "YES", "QUANTIZED_EXECUTION": integers ? "INT8" : "F32"])
        _ = try run(builder.feeds)
        return (run, try run(builder.feeds))
    }

    struct Layer: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var channels = 16
        var outputs = 24
        var groups: Int?
        var geometry = Naive.Geometry()

        static let all = [
            Layer(testDescription: "1x1"), Layer(testDescription: "3x3", geometry: threeByThree),
            Layer(
                testDescription: "strided image", channels: 3,
                geometry: .init(kernel: [5, 3], strides: [2, 2], begin: [2, 0], end: [1, 1])),
            Layer(testDescription: "depthwise", outputs: 16, groups: 16, geometry: threeByThree),
            Layer(testDescription: "grouped", outputs: 32, groups: 4, geometry: threeByThree),
            Layer(testDescription: "depthwise with multiplier", outputs: 32, groups: 16, geometry: threeByThree),
        ]
    }

    @Test("convolutions, exactly", arguments: Layer.all, [Limits.unsigned, .signed, .shifted])
    func convolution(_ layer: Layer, _ limits: Limits) throws {
        let builder = GraphBuilder()
        let source = builder.rounded(builder.input4([1, layer.channels, 9, 8]), limits)
        let result = builder.biased(
            builder.roundedConvolution(source, outputs: layer.outputs, groups: layer.groups, layer.geometry))
        let (run, actual) = try run(builder, [result])
        // Sums of integers are exact; what is left is the rounding of one product and one sum in f32.
        expectClose(actual[0], result.expected, tolerance: 1e-6)
        let kernels = run.execTypes(of: "Convolution", "GroupConvolution")
        #expect(kernels.count == 1 && kernels[0].hasSuffix(limits.low == -1.28 ? "s8_f32" : "u8_f32"), "\(kernels)")
    }

    @Test(
        "a bias, an activation and the next layer's rounding run inside", arguments: Layer.all,
        [Limits.unsigned, .signed])
    func rounding(_ layer: Layer, _ limits: Limits) throws {
        let builder = GraphBuilder()
        let source = builder.rounded(builder.input4([1, layer.channels, 9, 8]), limits)
        let sum = builder.biased(
            builder.roundedConvolution(source, outputs: layer.outputs, groups: layer.groups, layer.geometry))
        let active: Computed = (
            builder.node(
                "Clamp", [sum.value], to: sum.expected.shape, ["min": .numbers([0]), "max": .numbers([1])]),
            sum.expected.map { min(max($0, 0), 1) }
        )
        let out = Limits(low: 0, high: 1.2)
        let result = builder.rounded(active, out)
        let (run, actual) = try run(builder, [result])
        expectRounded(actual[0], result.expected, step: out.step)
        #expect(run.executed.allSatisfy { ["Convolution", "GroupConvolution", "Reorder"].contains($0.opType) })
        #expect(run.execTypes(of: "Convolution", "GroupConvolution").allSatisfy { $0.contains("8") })
    }

    @Test("functions that are no clips run in f32 before the rounding")
    func functions() throws {
        let builder = GraphBuilder()
        let source = builder.rounded(builder.input4([1, 16, 9, 8]), .unsigned)
        let sum = builder.biased(builder.roundedConvolution(source, outputs: 24))
        let half: Computed = (
            builder.node("Multiply", [sum.value, builder.constant([], [0.5])], to: sum.expected.shape),
            sum.expected.map { $0 * 0.5 }
        )
        let moved: Computed = (
            builder.node("Add", [half.value, builder.constant([], [0.3])], to: sum.expected.shape),
            half.expected.map { $0 + Double(Float(0.3)) }
        )
        let result = builder.rounded(moved, .shifted)
        let (run, actual) = try run(builder, [result])
        expectRounded(actual[0], result.expected, step: Limits.shifted.step)
        #expect(run.execTypes(of: "Convolution").allSatisfy { $0.hasSuffix("u8") })
    }

    @Test("a residual is added as integers", arguments: [Limits.unsigned, .signed, .shifted], [false, true])
    func residual(_ limits: Limits, isShared: Bool) throws {
        let builder = GraphBuilder()
        let source = builder.rounded(builder.input4([1, 16, 9, 8]), .unsigned)
        let stem = builder.rounded(builder.roundedConvolution(source, outputs: 16), limits)
        let branch = builder.biased(builder.roundedConvolution(source, outputs: 16, threeByThree))
        let sum: Computed = builder.rectified(builder.add(stem, branch))
        let out = Limits(low: 0, high: 4)
        let result = builder.rounded(sum, out)
        let outputs = isShared ? [result, builder.roundedConvolution(stem, outputs: 8)] : [result]
        let (run, actual) = try run(builder, outputs)
        // The stem may be a step off where sums meet the middle of two levels.
        expectRounded(actual[0], result.expected, step: out.step)
        #expect(!run.executed.contains { $0.opType == "Add" || $0.opType == "FakeQuantize" })
        #expect(run.execTypes(of: "Convolution").allSatisfy { $0.contains("8") })
    }

    @Test("the sum of two rounded tensors is a sum of integers")
    func sum() throws {
        let builder = GraphBuilder()
        let left = builder.rounded(builder.input4([1, 16, 5, 4]), .shifted)
        let right = builder.rounded(builder.input4([1, 16, 5, 4]), .signed)
        // No sum of two steps of 0.01 lies in the middle between two of these.
        let out = Limits(low: -3.84, high: 3.81)
        let result = builder.rounded(builder.add(left, right), out)
        let (run, actual) = try run(builder, [result])
        expectRounded(actual[0], result.expected, step: out.step)
        #expect(run.execTypes(of: "Add").allSatisfy { $0.contains("u8") && !$0.contains("f32") })
    }

    @Test("pools, concatenations and reshapes keep integers")
    func movement() throws {
        let builder = GraphBuilder()
        let source = builder.rounded(builder.input4([1, 16, 8, 8]), .unsigned)
        let (left, right) = (
            builder.roundedConvolution(source, outputs: 16), builder.roundedConvolution(source, outputs: 32)
        )
        let joined: Computed = (
            builder.node("Concat", [left.value, right.value], to: [1, 48, 8, 8], ["axis": .integers([1])]),
            Naive.concat([left.expected, right.expected], axis: 1)
        )
        let rounded = builder.rounded(joined, .signed)
        let geometry = Naive.Geometry(kernel: [2, 2], strides: [2, 2])
        var attributes = geometry.attributes
        attributes["kernel"] = .integers([2, 2])
        attributes["rounding_type"] = .string("floor")
        let pooled: Computed = (
            builder.node("MaxPool", [rounded.value], to: [1, 48, 4, 4], attributes),
            Naive.pool(.max, rounded.expected, geometry)
        )
        let result = builder.roundedConvolution(pooled, outputs: 8)
        let (run, actual) = try run(builder, [result])
        // One step of the rounded input through 48 products.
        expectClose(actual[0], result.expected, tolerance: 0.02)
        #expect(
            run.executed.filter { $0.opType != "Reorder" && $0.opType != "Convolution" }.allSatisfy {
                $0.execType.contains("8") && !$0.execType.contains("f32")
            })
    }

    @Test("matrix products", arguments: [false, true], [1, 5])
    func matrixProduct(isTransposed: Bool, rows: Int) throws {
        let builder = GraphBuilder()
        let given = builder.input([rows, 32])
        let source = builder.rounded(
            (given, Naive.DoubleTensor([rows, 32], builder.elements(of: given))), .signed)
        let weights = builder.constant(isTransposed ? [20, 32] : [32, 20])
        let limit = builder.constant(isTransposed ? [20, 1] : [1, 20], (0..<20).map { 0.5 + Float($0) / 40 })
        let negative = builder.constant(
            isTransposed ? [20, 1] : [1, 20], builder.elements(of: limit).map { -$0 })
        let rounded = builder.node(
            "FakeQuantize", [weights, negative, limit, negative, limit], to: builder.shape(of: weights),
            ["levels": .integers([255])])
        var matrix = Naive.DoubleTensor(builder.shape(of: weights), builder.elements(of: weights))
        for index in matrix.elements.indices {
            let high = builder.elements(of: limit)[isTransposed ? index / 32 : index % 20]
            matrix.elements[index] = Limits(low: -high, high: high, levels: 255).rounded(matrix.elements[index])
        }
        let expected = Naive.matmul(source.expected, isTransposed ? Naive.transpose(matrix, [1, 0]) : matrix)
        let product: Computed = (
            builder.node(
                "MatMul", [source.value, rounded], to: [rows, 20],
                ["transpose_a": .integers([0]), "transpose_b": .integers([isTransposed ? 1 : 0])]), expected
        )
        let (run, actual) = try run(builder, [product])
        expectClose(actual[0], product.expected, tolerance: 1e-6)
        #expect(run.execTypes(of: "MatMul").allSatisfy { $0.hasSuffix("s8_f32") })
    }

    @Test("a range for each channel is folded into depthwise weights, and refused with the reason elsewhere")
    func channelRanges() throws {
        for groups in [8, nil] {
            let builder = GraphBuilder()
            let source = builder.input4([1, 8, 6, 6])
            let highs = (0..<8).map { 0.4 + Float($0) / 10 }
            let low = builder.constant([1, 8, 1, 1], highs.map { _ in 0 })
            let high = builder.constant([1, 8, 1, 1], highs)
            var expected = source.1
            for index in expected.elements.indices {
                expected.elements[index] = Limits(low: 0, high: highs[index / 36]).rounded(expected.elements[index])
            }
            let rounded: Computed = (
                builder.node(
                    "FakeQuantize", [source.0, low, high, low, high], to: [1, 8, 6, 6], ["levels": .integers([256])]),
                expected
            )
            let result = builder.roundedConvolution(rounded, outputs: 8, groups: groups, threeByThree)
            let (run, actual) = try run(builder, [result])
            expectClose(actual[0], result.expected, tolerance: 1e-6)
            let kernels = run.execTypes(of: "Convolution", "GroupConvolution")
            if groups == nil {
                #expect(kernels[0].hasSuffix("f32 (the input has a scale for each channel, and channels are summed)"))
            } else {
                #expect(kernels[0].hasSuffix("u8_f32"))
            }
        }
    }

    @Test("weights beyond the signed range are rounded once more, by at most half a step of theirs")
    func lopsidedWeights() throws {
        let builder = GraphBuilder()
        let source = builder.rounded(builder.input4([1, 4, 5, 5]), .unsigned)
        let weights = builder.constant([2, 4, 1, 1], [-1.8, 0.2, 0.1, -0.4, 0.3, 0.2, -0.1, -0.2])
        let limits = Limits(low: -2, high: 0.54, levels: 255)
        let ends = [limits.low, limits.high].map { builder.constant([], [$0]) }
        let rounded = builder.node(
            "FakeQuantize", [weights, ends[0], ends[1], ends[0], ends[1]], to: [2, 4, 1, 1],
            ["levels": .integers([255])])
        let elements = builder.elements(of: weights).map { Float(limits.rounded(Double($0))) }
        let expected = Naive.convolution(source.expected, elements, outputs: 2, groups: 1, .init())
        let value = builder.node(
            "Convolution", [source.value, rounded], to: expected.shape, Naive.Geometry().attributes)
        let (_, actual) = try run(builder, [(value, expected)])
        // Four weights, each off by half of 1.8 / 128 at most, times inputs up to 1.
        let errors = zip(actual[0], expected.elements).map { abs(Double($0) - $1) }
        #expect(errors.prefix(25).max()! <= 4 * 1.8 / 128 / 2)
        #expect(errors.suffix(25).max()! <= 1e-6)
    }

    @Test(
        "what is no 8-bit integer is rounded in f32",
        arguments: [
            Limits(low: 0, high: 1, levels: 1000), Limits(low: -0.3333, high: 1), Limits(low: -1, high: 1, levels: 16),
        ])
    func otherLevels(_ limits: Limits) throws {
        let builder = GraphBuilder()
        let result = builder.rounded(builder.input4([1, 16, 5, 4]), limits)
        let (_, actual) = try run(builder, [result])
        expectRounded(actual[0], result.expected, step: limits.step)
    }

    @Test("the reason why a layer is not computed in integers stands beside its kernel")
    func reason() throws {
        let builder = GraphBuilder()
        let source = builder.rounded(builder.input4([1, 16, 5, 4]), .unsigned)
        let plain = builder.convolution(source.value, source.expected, outputs: 8, .init())
        let (run, actual) = try run(builder, [plain])
        expectClose(actual[0], plain.1)
        #expect(run.execTypes(of: "Convolution")[0].hasSuffix("f32 (the weights are not quantized)"))
    }

    @Test("integers can be switched off")
    func switchedOff() throws {
        let builder = GraphBuilder()
        let source = builder.rounded(builder.input4([1, 16, 9, 8]), .unsigned)
        let result = builder.roundedConvolution(source, outputs: 24, threeByThree)
        let (run, actual) = try run(builder, [result], integers: false)
        expectClose(actual[0], result.expected, tolerance: 4e-6)
        #expect(!run.executed.contains { $0.execType.contains("u8") })
    }
}

@Suite("bf16")
struct HalfPrecisionTests {
    @Test("convolutions, pools, sums and matrix products stay in bf16 where the processor has it")
    func network() throws {
        let builder = GraphBuilder()
        var stem = builder.input4([1, 16, 8, 8])
        stem = builder.rectified(builder.convolution(stem.0, stem.1, outputs: 32, threeByThree))
        let branch = builder.convolution(stem.0, stem.1, outputs: 32, threeByThree)
        let sum = builder.rectified(builder.add(stem, branch))
        let result = builder.convolution(sum.0, sum.1, outputs: 8, .init())
        let graph = builder.graph([result.0])
        guard HostProcessor.has("avx512_bf16") else {
            let error = #expect(throws: VireoError.self) {
                try Run(graph, properties: ["INFERENCE_PRECISION_HINT": "bf16"])
            }
            #expect(error?.message.contains("no instructions for bf16") == true)
            return
        }
        let run = try Run(graph, properties: ["INFERENCE_PRECISION_HINT": "bf16", "PERF_COUNT": "YES"])
        // 8 bits of mantissa, three layers deep.
        expectClose(try run(builder.feeds)[0], result.1, tolerance: 0.02)
        #expect(run.execTypes(of: "Convolution").allSatisfy { $0.contains("bf16") })
    }

    @Test(
        "rounding leaves the sum of a channel's weights as it was",
        .enabled(if: HostProcessor.has("avx512_bf16"), "needs avx512_bf16"))
    func diffusedRounding() throws {
        let (inputs, outputs) = (512, 32)
        // Numbers between 0.25 and 0.5, where bf16 has steps of 2^-9, which all are rounded down one by one.
        let weights = (0..<inputs * outputs).map { Float(128 + $0 % 97) / 512 + 0x1p-11 }
        let image = [Float](repeating: 1, count: inputs * 4)
        for isMatrix in [false, true] {
            let builder = GraphBuilder()
            let result =
                if isMatrix {
                    builder.node(
                        "MatMul", [builder.input([4, inputs]), builder.constant([outputs, inputs], weights)],
                        to: [4, outputs], ["transpose_a": .integers([0]), "transpose_b": .integers([1])])
                } else {
                    builder.node(
                        "Convolution",
                        [builder.input([1, inputs, 2, 2]), builder.constant([outputs, inputs, 1, 1], weights)],
                        to: [1, outputs, 2, 2], Naive.Geometry().attributes)
                }
            let run = try Run(
                builder.graph([result]), properties: ["INFERENCE_PRECISION_HINT": "bf16", "PERF_COUNT": "YES"])
            let actual = try run([image])[0]
            for output in 0..<outputs {
                let sum = weights[output * inputs..<(output + 1) * inputs].reduce(0.0) { $0 + Double($1) }
                for position in 0..<4 {
                    let value = actual[isMatrix ? position * outputs + output : output * 4 + position]
                    // Half a step of the last weight, and f32's rounding of the sum; one by one they would be off by
                    // 0.25.
                    #expect(abs(Double(value) - sum) < 0x1p-10 + 1e-3)
                }
            }
            #expect(run.execTypes(of: "Convolution", "MatMul").allSatisfy { $0.contains("bf16") })
        }
    }

    @Test("f16 is refused with the reason")
    func halfPrecision() throws {
        let builder = GraphBuilder()
        let source = builder.input4([1, 4, 2, 2])
        let graph = builder.graph([builder.relu(source.0, source.1).0])
        let error = #expect(throws: VireoError.self) {
            try Run(graph, properties: ["INFERENCE_PRECISION_HINT": "f16"])
        }
        #expect(error?.message.contains("oneDNN has no f16 kernels") == true)
    }
}
