import VireoTensor

/// How a model is quantized.
public struct QuantizationSettings: Sendable {
    /// How the range of an activation follows from the values that were seen.
    public enum RangeMethod: Sendable, Equatable {
        /// All values.
        case minMax
        /// This percentage of them: 99.99. The others are clipped.
        case percentile(Double)
        /// The range that makes the mean of the squared rounding and clipping errors least.
        case meanSquaredError
    }

    public var ranges = RangeMethod.meanSquaredError
    /// Whether biases are moved so that rounding the weights changes no channel's mean (Nagel et al., "Data-free
    /// quantization through weight equalization and bias correction", 2019, with the means that were seen).
    public var correctsBias = true
    /// The part of the samples, from 0 to 1, that must keep their best class; the layers that lose most are left in f32
    /// until they do.
    public var targetAgreement: Double?
    /// Names of layers that stay in f32.
    public var keptLayers: Set<String> = []

    public init() {}
}

/// The inputs that a model is calibrated with.
public struct CalibrationSet: Sendable {
    /// How many inferences there are.
    public let count: Int
    let inputs: @Sendable (Int) throws -> [Tensor]

    /// - Parameter inputs: the model's inputs of each inference, asked for whenever they are needed.
    public init(count: Int, inputs: @escaping @Sendable (Int) throws -> [Tensor]) {
        self.count = count
        self.inputs = inputs
    }
}

/// What quantizing did to a model.
public struct QuantizationReport: Sendable, Encodable {
    public struct Layer: Sendable, Encodable {
        public let name: String
        public let type: String
        /// Of the layer by itself: the mean square of its output over that of the error that rounding its input and
        /// weights makes, in decibels.
        public let signalToNoise: Double
        public internal(set) var precision: Precision
    }

    public enum Precision: String, Sendable, Encodable {
        case int8
        case f32
    }

    /// The layers that could be quantized, the worst first.
    public internal(set) var layers: [Layer]
    /// The part of the samples whose best class is that of the f32 model; nil when the first output is no list of
    /// classes.
    public internal(set) var agreement: Double?
    /// Of the first output over all samples, in decibels.
    public internal(set) var outputSignalToNoise: Double
    public let sampleCount: Int

    public var quantizedCount: Int { layers.count { $0.precision == .int8 } }
}
