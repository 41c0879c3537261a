import VireoPluginKit

extension OneDNNBackend {
    /// Why bf16 is refused here; nil where the processor multiplies it.
    private static let bf16Refusal: String? =
        HostProcessor.has("avx512_bf16") ? nil : "this processor has no instructions for bf16 (avx512_bf16)"

    static let precisionProperties: [Property] = .processor().map { property in
        property.name == "OPTIMIZATION_CAPABILITIES"
            ? Property(property.name, "FP32 INT8" + (bf16Refusal == nil ? " BF16" : "")) : property
    }

    static let precisionSettings: [Setting] =
        Setting.processor.map { setting in
            setting.name == "INFERENCE_PRECISION_HINT"
                ? .choice(
                    setting.name, bf16Refusal == nil ? ["f32", "bf16"] : ["f32"], initial: "f32",
                    refusals: ["f16": "oneDNN has no f16 kernels for this processor"].merging(
                        bf16Refusal.map { ["bf16": $0] } ?? [:]
                    ) { $1 }) : setting
        } + [.choice("QUANTIZED_EXECUTION", ["INT8", "F32"], initial: "INT8")]
}

extension PlanOptions {
    init(_ settings: SettingValues) {
        allowsWinograd = settings["EXECUTION_MODE_HINT"] == "PERFORMANCE"
        usesIntegers = settings["QUANTIZED_EXECUTION"] == "INT8"
        floatingType = settings["INFERENCE_PRECISION_HINT"] == "bf16" ? .bf16 : .f32
    }
}

extension PlanBuilder {
    /// The type in which a convolution or matrix product hands its result on: f32 to readers that compute in nothing
    /// else.
    func resultType(of value: Int) -> DataType {
        let readers = graph.values[value].consumers.map { graph.nodes[$0].opType }
        let isWelcome = !graph.values[value].isGraphOutput && readers.contains { bf16Readers.contains($0) }
        return isWelcome ? options.floatingType : .f32
    }
}

/// Operations that read bf16 as it is.
private let bf16Readers: Set = [
    "Add", "AvgPool", "Clamp", "Concat", "Convolution", "GroupConvolution", "MatMul", "MaxPool", "Multiply", "ReLU",
    "Subtract",
]
