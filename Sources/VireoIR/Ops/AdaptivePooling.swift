import VireoTensor

/// The mean or the largest element of as many parts of each channel as the second input asks for; parts cover the whole
/// and may overlap. Input [N, C, …] and the spatial extents of the output. A maximum has a second output with the
/// places.
public struct AdaptivePool: Operation {
    public enum Kind: String, CaseIterable, Sendable {
        case average = "AdaptiveAvgPool"
        case maximum = "AdaptiveMaxPool"
    }

    public let kind: Kind
    public let indexElementType: ElementType

    init(_ kind: Kind, _ attributes: AttributeReader) throws {
        self.kind = kind
        indexElementType = try attributes.elementType("index_element_type", default: .i64)
    }

    public var type: String { kind.rawValue }
    public var version: Int { 8 }
    public var attributes: [Attribute] {
        kind == .maximum ? [Attribute("index_element_type", .elementType(indexElementType))] : []
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        var shape = PartialShape.unranked
        if let data = try inputs.dimensions(0, rank: 3...5) {
            var spatial = data[2...].map { _ in Dimension.dynamic }
            if let sizes = try inputs.integers(1) {
                guard sizes.count == spatial.count, sizes.allSatisfy({ (1...1 << 24).contains($0) }) else {
                    throw VireoError(.invalidArgument, "an output of \(sizes) for \(inputs[0].shape)")
                }
                spatial = sizes.map { Dimension($0) }
            }
            shape = .ranked(data[..<2] + spatial)
        }
        let pooled = ValueType(inputs[0].elementType, shape)
        return kind == .average ? [pooled] : [pooled, ValueType(indexElementType, shape)]
    }
}
