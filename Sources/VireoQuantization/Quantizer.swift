import Glibc
import VireoIR
import VireoPasses
import VireoRuntime
import VireoTensor

/// Post-training quantization: rounds a model's weights and activations to 8 bits, with ranges from sample inputs.
///
/// ```swift
/// let samples = CalibrationSet(count: files.count) { [try input.tensor([Image(contentsOf: files[$0])])] }
/// let (model, report) = try Quantizer(core, device: "CPU").quantize(model, with: samples)
/// try model.writeIR(directory: "int8", name: "mobilenet")
/// ```
///
/// The result is the same model with FakeQuantize operations, the form in which OpenVINO and its tools exchange
/// quantized networks: before each layer one of 256 levels, around its weights one of 255 levels with a range for each
/// output.
public struct Quantizer: Sendable {
    /// What is being done, and how far it is.
    public struct Progress: Sendable {
        public let task: String
        public let done: Int
        public let total: Int
    }

    private let core: Core
    private let device: String
    private let settings: QuantizationSettings
    private let progress: @Sendable (Progress) -> Void

    /// - Parameter device: what runs the samples.
    public init(
        _ core: Core, device: String = "CPU", settings: QuantizationSettings = QuantizationSettings(),
        progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) {
        self.core = core
        self.device = device
        self.settings = settings
        self.progress = progress
    }

    /// - Throws: `invalidArgument` for a model that is quantized already or has nothing to quantize, for layers to keep
    ///   that it does not have, and for samples that do not fit it; `unsupported` for a target agreement where the
    ///   first output is no list of classes; otherwise what running the model throws.
    public func quantize(
        _ original: Model, with samples: CalibrationSet
    ) throws -> (model: Model, report: QuantizationReport) {
        guard samples.count > 0 else { throw VireoError(.invalidArgument, "there are no samples to calibrate with") }
        var model = original
        try PassPipeline([FoldConstants()]).run(on: &model)
        var scheme = try QuantizationScheme(model)
        var kept = try keptLayers(in: scheme)
        let expected = try calibrate(&scheme, samples)
        let noise = try signalToNoise(scheme, samples)
        let ranking = scheme.layers.sorted { noise[$0.id]! < noise[$1.id]! }
        var quantized = try scheme.quantized(keeping: kept)
        var comparison = try compare(quantized, with: expected, samples)
        if let target = settings.targetAgreement {
            guard var agreement = comparison.agreement else {
                throw VireoError(
                    .unsupported, "a target agreement for a model whose first output is no list of classes",
                    remedy: "name the layers that stay in f32 instead")
            }
            var count = 1
            while agreement < target, kept.count < scheme.layers.count {
                kept.formUnion(ranking.filter { !kept.contains($0.id) }.prefix(count).map(\.id))
                quantized = try scheme.quantized(keeping: kept)
                comparison = try compare(quantized, with: expected, samples)
                agreement = comparison.agreement ?? agreement
                count *= 2
            }
        }
        let report = QuantizationReport(
            layers: ranking.map {
                .init(
                    name: $0.name, type: $0.type, signalToNoise: noise[$0.id]!,
                    precision: kept.contains($0.id) ? .f32 : .int8)
            }, agreement: comparison.agreement, outputSignalToNoise: comparison.signalToNoise,
            sampleCount: comparison.count)
        return (quantized, report)
    }

    private func keptLayers(in scheme: QuantizationScheme) throws -> Set<NodeID> {
        let names = Set(scheme.layers.map(\.name))
        let unknown = settings.keptLayers.subtracting(names).sorted()
        guard unknown.isEmpty else {
            throw VireoError(
                .invalidArgument,
                "no layer to quantize is called " + unknown.map { "\"\($0)\"" }.joined(separator: ", "),
                remedy: "the layers are " + scheme.layers.map(\.name).joined(separator: ", "))
        }
        return Set(scheme.layers.filter { settings.keptLayers.contains($0.name) }.map(\.id))
    }

    /// Runs a model over all samples.
    private func run(
        _ model: Model, _ samples: CalibrationSet, _ task: String, _ body: (Int, [Tensor]) throws -> Void
    ) throws {
        let request = try core.compile(model, device: device).makeRequest()
        for index in 0..<samples.count {
            try body(index, try request.run(try samples.inputs(index)))
            progress(Progress(task: task, done: index + 1, total: samples.count))
        }
    }
}

// MARK: - Calibration

extension Quantizer {
    /// Finds the ranges of activations and the corrections of biases.
    /// - Returns: the first output of every sample.
    private func calibrate(_ scheme: inout QuantizationScheme, _ samples: CalibrationSet) throws -> [Tensor] {
        var observed: [Output] = []
        var axes: [Output: Int] = [:]
        for layer in scheme.layers {
            if axes.updateValue(layer.inputChannelAxis, forKey: layer.input) == nil { observed.append(layer.input) }
        }
        for value in scheme.roundedValues where axes[value] == nil {
            axes[value] = min(1, (scheme.model.type(of: value).shape.rank ?? 1) - 1)
            observed.append(value)
        }
        var model = scheme.model
        let resultCount = model.results.count
        for value in observed { try model.add(Result(), [value], name: "observed") }
        var statistics = observed.map { _ in ActivationStatistics() }
        var first: [Tensor] = []
        try run(model, samples, "calibrating") { _, outputs in
            first.append(outputs[0])
            for (index, value) in observed.enumerated() {
                try withContext("value of \(scheme.model[value.node].label)") {
                    try statistics[index].add(outputs[resultCount + index], channelAxis: axes[value]!)
                }
            }
        }
        let seen = Dictionary(uniqueKeysWithValues: zip(observed, statistics))
        chooseRanges(&scheme, seen)
        if settings.correctsBias {
            for layer in scheme.layers {
                scheme.corrections[layer.id] = try correction(of: layer, seen[layer.input]!.channelMeans)
            }
        }
        return first
    }

    private func chooseRanges(_ scheme: inout QuantizationScheme, _ seen: [Output: ActivationStatistics]) {
        let matrices = Set(scheme.layers.filter { $0.type == "MatMul" }.map(\.rounded))
        for value in scheme.roundedValues {
            scheme.ranges[value] = ActivationRange(
                seen[value]!, settings.ranges, mustBeCentered: matrices.contains(value))
        }
        // Averages within images keep the range of what they average: then integers are averaged.
        for value in scheme.roundedValues {
            let node = scheme.model[value.node]
            guard node.operation is AvgPool, let shape = node.outputs[0].type.shape.shape,
                shape.dimensions.dropFirst(2).contains(where: { $0 > 1 }),
                let range = scheme.ranges[QuantizableLayer.origin(of: node.inputs[0], in: scheme.model)]
            else { continue }
            scheme.ranges[value] = range
        }
    }

    /// What rounding the weights takes from each output's mean.
    private func correction(of layer: QuantizableLayer, _ means: [Double]) throws -> [Float] {
        let rounding = try WeightRounding(layer.weights, outputAxes: layer.outputAxes)
        let isGrouped = layer.outputAxes.count == 2
        let inputAxis = layer.outputAxes.lowerBound == 1 ? 0 : layer.outputAxes.upperBound
        let removed = rounding.removed(alongInputs: inputAxis)
        let perGroup = isGrouped ? layer.weights.shape[1] : removed.count
        return removed.enumerated().map { output, sums in
            let first = output / perGroup * sums.count
            return Float(sums.indices.reduce(0.0) { $0 + sums[$1] * means[first + $1] })
        }
    }
}

// MARK: - Comparing

extension Quantizer {
    private struct Comparison {
        var agreement: Double?
        var signalToNoise: Double
        var count: Int
    }

    /// How the first output differs from that of the f32 model.
    private func compare(_ model: Model, with expected: [Tensor], _ samples: CalibrationSet) throws -> Comparison {
        var (signal, noise, agreeing, count) = (0.0, 0.0, 0, 0)
        let isList = expected.allSatisfy { $0.shape.rank >= 2 && $0.elementCount > $0.shape[0] }
        try run(model, samples, "comparing") { index, outputs in
            let (right, found) = (try expected[index].floats(), try outputs[0].floats())
            for (a, b) in zip(right, found) {
                signal += Double(a) * Double(a)
                noise += Double(a - b) * Double(a - b)
            }
            let rows = expected[index].shape.rank > 0 ? expected[index].shape[0] : 1
            let length = max(right.count / max(rows, 1), 1)
            for row in 0..<rows {
                let slice = row * length..<(row + 1) * length
                if largest(right[slice]) == largest(found[slice]) { agreeing += 1 }
                count += 1
            }
        }
        return Comparison(
            agreement: isList && count > 0 ? Double(agreeing) / Double(count) : nil,
            signalToNoise: decibels(signal, noise), count: count)
    }

    private func largest(_ scores: ArraySlice<Float>) -> Int? {
        scores.indices.max { scores[$0] < scores[$1] }.map { $0 - scores.startIndex }
    }

    /// For each layer how far its output is above the error of rounding its own input and weights, in decibels.
    private func signalToNoise(
        _ scheme: QuantizationScheme, _ samples: CalibrationSet
    ) throws -> [NodeID: Double] {
        var model = scheme.model
        for result in model.results { model.remove(result) }
        func sumOfSquares(_ value: Output, _ name: String) throws {
            let rank = model.type(of: value).shape.rank ?? 0
            let square = Output(try model.add(BinaryElementwise(.multiply), [value, value], name: "\(name)/square"))
            let axes = try model.addConstant(Tensor((0..<rank).map { Int64($0) }), name: "\(name)/axes")
            let sum = Output(try model.add(Reduction(.sum, keepDims: false), [square, axes], name: name))
            try model.add(Result(), [sum], name: "\(name)/result")
        }
        var rounded: [Output: Output] = [:]
        for layer in scheme.layers {
            let value = layer.input
            if rounded[value] == nil {
                rounded[value] = try QuantizationScheme.round(value, to: scheme.ranges[layer.rounded]!, in: &model)
            }
            let weights = try QuantizationScheme.round(layer, in: &model)
            let twin = Output(
                try model.add(model[layer.id].operation, [rounded[value]!, weights], name: "\(layer.name)/twin"))
            let difference = Output(
                try model.add(BinaryElementwise(.subtract), [Output(layer.id), twin], name: "\(layer.name)/difference"))
            try sumOfSquares(Output(layer.id), "\(layer.name)/signal")
            try sumOfSquares(difference, "\(layer.name)/noise")
        }
        var sums = [Double](repeating: 0, count: 2 * scheme.layers.count)
        try run(model, samples, "measuring layers") { _, outputs in
            for (index, output) in outputs.enumerated() { sums[index] += Double(try output.floats().first ?? 0) }
        }
        return Dictionary(
            uniqueKeysWithValues: scheme.layers.enumerated().map { index, layer in
                (layer.id, decibels(sums[2 * index], sums[2 * index + 1]))
            })
    }

    /// At most 200, which stands for no error.
    private func decibels(_ signal: Double, _ noise: Double) -> Double {
        guard noise > 0 else { return 200 }
        return signal > 0 ? min(10 * log10(signal / noise), 200) : -200
    }
}

extension Tensor {
    fileprivate func floats() throws -> [Float] { try converted(to: .f32).array(of: Float.self) }
}
