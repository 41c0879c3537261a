import VireoIR
import VireoTensor

/// The element type in which the writer stores weights.
public enum WeightPrecision: String, CaseIterable, Sendable {
    /// As the model has them.
    case unchanged
    /// f32 weights become f16, each followed by a Convert back to f32 that is marked as decompression.
    case half
}

/// What storing weights in half precision did to their values.
public struct CompressionReport: Sendable, Equatable {
    /// A constant of which some values do not fit.
    public struct Constant: Sendable, Equatable {
        public let name: String
        public let elementCount: Int
        /// Finite values beyond ±65504, stored as ±65504.
        public let overflowCount: Int
        /// Values other than 0 that are stored as 0.
        public let underflowCount: Int
    }

    /// How many constants were stored in half precision.
    public internal(set) var compressedCount = 0
    /// Those that lost values to overflow or underflow.
    public internal(set) var lossyConstants: [Constant] = []

    package init(compressedCount: Int = 0) { self.compressedCount = compressedCount }

    public var overflowCount: Int { lossyConstants.reduce(0) { $0 + $1.overflowCount } }
    public var underflowCount: Int { lossyConstants.reduce(0) { $0 + $1.underflowCount } }
}

/// f32 weights as f16.
enum HalfPrecision {
    /// Inputs whose exact values decide the result's grid or shape, by operation: the first such input.
    private static let exactInputs = ["FakeQuantize": 1, "Interpolate": 1]

    /// Whether a node is an f32 Constant that may lose precision.
    static func isCompressible(_ node: Node, in model: Model) -> Bool {
        guard let tensor = model.constant(Output(node.id)), tensor.elementType == .f32 else { return false }
        return !model.uses(of: Output(node.id)).contains { use in
            exactInputs[model[use.node].type].map { use.index >= $0 } ?? false
        }
    }

    /// The elements as f16, those that are too large as the largest.
    static func encode(_ elements: UnsafeBufferPointer<Float>) -> [Float16] {
        let largest = Float(Float16.greatestFiniteMagnitude)
        return elements.map { Float16($0.isFinite ? max(-largest, min($0, largest)) : $0) }
    }

    /// How many elements do not fit: nil when all do.
    static func losses(_ tensor: Tensor, name: String) -> CompressionReport.Constant? {
        let largest = Float(Float16.greatestFiniteMagnitude)
        var (overflows, underflows) = (0, 0)
        for piece in tensor.pieces(ofAtMost: 1 << 20) {
            tensor.withUnsafeBytes(of: piece) { bytes in
                for element in bytes.bindMemory(to: Float.self) where element != 0 && element.isFinite {
                    if element.magnitude > largest { overflows += 1 }
                    if Float16(element) == 0 { underflows += 1 }
                }
            }
        }
        guard overflows + underflows > 0 else { return nil }
        return CompressionReport.Constant(
            name: name, elementCount: tensor.elementCount, overflowCount: overflows, underflowCount: underflows)
    }
}
