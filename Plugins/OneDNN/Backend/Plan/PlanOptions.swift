/// How a graph may be computed.
struct PlanOptions: Hashable {
    /// Whether convolutions may be computed with Winograd's transformations, whose rounding errors are larger.
    var allowsWinograd = false
    /// Whether quantized layers are computed in integers.
    var usesIntegers = true
    /// The type of what convolutions and matrix products multiply where they are not quantized: f32 or bf16.
    var floatingType = DataType.f32
}
