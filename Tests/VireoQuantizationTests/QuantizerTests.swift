import Testing
import VireoIR
import VireoQuantization
import VireoRuntime
import VireoTensor

@Suite("Quantizing a model")
struct QuantizerTests {
    private let core: Core
    private let samples = CalibrationSet(count: 12) { Network.sample($0) }

    init() throws { core = try Core() }

    private func quantized(
        _ change: (inout QuantizationSettings) -> Void = { _ in }
    ) throws -> (model: Model, report: QuantizationReport) {
        var settings = QuantizationSettings()
        change(&settings)
        return try Quantizer(core, device: "REFERENCE", settings: settings).quantize(Network.model(), with: samples)
    }

    private func run(_ model: Model, on device: String, _ sample: Int) throws -> [Double] {
        try core.compile(model, device: device).makeRequest().run(Network.sample(sample))[0].doubles()
    }

    @Test(
        "every layer is rounded, and the probabilities stay close",
        arguments: [
            QuantizationSettings.RangeMethod.minMax, .percentile(99.9), .meanSquaredError,
        ])
    func probabilities(_ ranges: QuantizationSettings.RangeMethod) throws {
        let (model, report) = try quantized { $0.ranges = ranges }
        try model.verify()
        #expect(report.quantizedCount == 4)
        #expect(Set(report.layers.map(\.name)) == ["stem", "depthwise", "branch", "scores"])
        // Of rounding to 8 bits alone a layer is some 40 dB away; fewer than 25 would be a wrong scale.
        #expect(report.layers.allSatisfy { $0.signalToNoise > 25 }, "\(report.layers)")
        #expect(report.outputSignalToNoise > 25)
        #expect(report.agreement.map { $0 >= 11.0 / 12 } == true)
        #expect(report.sampleCount == 12)
        // Samples that it has not seen, on every processor backend: probabilities differ by a few steps of 1/256.
        let original = try Network.model()
        for device in ["REFERENCE", "CPU"] {
            for sample in 50..<54 {
                let (expected, actual) = (try run(original, on: device, sample), try run(model, on: device, sample))
                #expect(zip(expected, actual).allSatisfy { abs($0 - $1) < 0.03 })
            }
        }
    }

    @Test("FakeQuantize stands as OpenVINO's tools write it")
    func form() throws {
        let (model, _) = try quantized()
        let rounding = model.nodes.compactMap { node in (node.operation as? FakeQuantize).map { (node, $0.levels) } }
        let weights = rounding.filter { model.constant($0.0.inputs[0]) != nil }
        #expect(weights.count == 4 && weights.allSatisfy { $0.1 == 255 })
        for (node, _) in weights {
            let (low, high) = (model.constant(node.inputs[1]), model.constant(node.inputs[2]))
            #expect(try low?.doubles() == high?.doubles().map { -$0 })
            let rank = model.type(of: node.inputs[0]).shape.rank
            #expect(low?.shape.rank == rank)
        }
        let activations = rounding.filter { model.constant($0.0.inputs[0]) == nil }
        // The stem's output is rounded once for the depthwise convolution and for the sum.
        #expect(activations.count == 4 && activations.allSatisfy { $0.1 == 256 })
        for (node, _) in activations {
            let limits = try node.inputs[1...].map { try #require(model.constant($0)).doubles()[0] }
            #expect(limits[0] == limits[2] && limits[1] == limits[3] && limits[0] <= 0 && limits[1] > 0)
            // 0 is one of the levels.
            let zero = -limits[0] / (limits[1] - limits[0]) * 255
            #expect(abs(zero - zero.rounded()) < 1e-3)
        }
        let stem = try #require(model.node(named: "stem"))
        #expect(model.producer(of: stem, 0).type == "FakeQuantize")
    }

    @Test("named layers stay in f32")
    func keptLayers() throws {
        let (model, report) = try quantized { $0.keptLayers = ["stem", "scores"] }
        #expect(report.layers.filter { $0.precision == .f32 }.map(\.name).sorted() == ["scores", "stem"])
        let stem = try #require(model.node(named: "stem"))
        #expect(model.producer(of: stem, 0).type == "Parameter" && model.constant(stem.inputs[1]) != nil)
        let error = #expect(throws: VireoError.self) { try quantized { $0.keptLayers = ["head"] } }
        #expect(error?.message.contains("no layer to quantize is called \"head\"") == true)
    }

    @Test("an agreement that rounding cannot reach leaves every layer in f32, and then there is no difference")
    func targetAgreement() throws {
        let (model, report) = try quantized { $0.targetAgreement = 1.01 }
        #expect(report.quantizedCount == 0)
        #expect(report.agreement == 1)
        #expect(!model.nodes.contains { $0.operation is FakeQuantize })
        #expect(try run(model, on: "REFERENCE", 3) == run(Network.model(), on: "REFERENCE", 3))
    }

    @Test("correcting biases brings the mean of each class closer")
    func biasCorrection() throws {
        func meanError(_ model: Model) throws -> Double {
            let original = try Network.model()
            var sums = [Double](repeating: 0, count: 5)
            for sample in 0..<12 {
                let (a, b) = (try run(original, on: "REFERENCE", sample), try run(model, on: "REFERENCE", sample))
                for index in sums.indices { sums[index] += a[index] - b[index] }
            }
            return sums.reduce(0) { $0 + $1 * $1 }
        }
        let corrected = try quantized().model
        let plain = try quantized { $0.correctsBias = false }.model
        #expect(try meanError(corrected) < meanError(plain) * 1.5)
        let difference = try #require(corrected.node(named: "stem/biased"))
        let bias = try #require(corrected.constant(difference.inputs[1])).doubles()
        let other = try #require(plain.node(named: "stem/biased"))
        let before = try #require(plain.constant(other.inputs[1])).doubles()
        #expect(bias != before && zip(bias, before).allSatisfy { abs($0 - $1) < 0.05 })
    }

    @Test("what cannot be quantized is refused with what to do")
    func refusals() throws {
        let quantizer = Quantizer(core, device: "REFERENCE")
        let (model, _) = try quantizer.quantize(Network.model(), with: samples)
        let twice = #expect(throws: VireoError.self) { try quantizer.quantize(model, with: samples) }
        #expect(twice?.message.contains("holds FakeQuantize operations already") == true)
        let none = #expect(throws: VireoError.self) {
            try quantizer.quantize(Network.model(), with: CalibrationSet(count: 0) { Network.sample($0) })
        }
        #expect(none?.message == "there are no samples to calibrate with")
        var empty = Model(name: "empty")
        let input = Output(try empty.add(Parameter(.f32, PartialShape([1, 3])), name: "input"))
        try empty.add(Result(), [input], name: "result")
        let nothing = #expect(throws: VireoError.self) {
            try quantizer.quantize(
                empty, with: CalibrationSet(count: 1) { _ in [Tensor([1, 2, 3] as [Float], [1, 3])] })
        }
        #expect(nothing?.message.contains("no convolution and no matrix product") == true)
    }
}
