import VireoTensor

/// One number for all elements along the axes of the second input.
public struct Reduction: Operation {
    public enum Kind: String, CaseIterable, Sendable {
        case mean = "ReduceMean"
        case sum = "ReduceSum"
        case max = "ReduceMax"
        case min = "ReduceMin"
        case product = "ReduceProd"
        case l1 = "ReduceL1"
        case l2 = "ReduceL2"
        case logicalAnd = "ReduceLogicalAnd"
        case logicalOr = "ReduceLogicalOr"
    }

    public let kind: Kind
    public let keepDims: Bool

    public init(_ kind: Kind, keepDims: Bool) {
        self.kind = kind
        self.keepDims = keepDims
    }

    init(_ kind: Kind, _ attributes: AttributeReader) throws {
        self.init(kind, keepDims: try attributes.boolean("keep_dims", default: false))
    }

    public var type: String { kind.rawValue }
    public var version: Int { kind == .l1 || kind == .l2 ? 4 : 1 }
    public var attributes: [Attribute] { [Attribute("keep_dims", .boolean(keepDims))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        guard let data = inputs[0].shape.dimensions else { return [inputs[0]] }
        guard let listed = try inputs.integers(1) else {
            let shape: PartialShape = keepDims ? .ranked(data.map { _ in .dynamic }) : .unranked
            return [ValueType(inputs[0].elementType, shape)]
        }
        let axes = Set(try normalizedAxes(listed, rank: data.count))
        let result = data.enumerated().compactMap { axis, dimension -> Dimension? in
            guard axes.contains(axis) else { return dimension }
            return keepDims ? 1 : nil
        }
        return [ValueType(inputs[0].elementType, .ranked(result))]
    }
}
