import VireoTensor

/// What becomes of an element and the update for it.
public enum ScatterReduction: String, CaseIterable, Sendable {
    case none
    case sum
    case sub
    case prod
    case min
    case max
    case mean
}

/// The data with whole slices along an axis replaced. Inputs: data, indices, updates, axis.
public struct ScatterUpdate: Operation {
    public init() {}
    public var type: String { "ScatterUpdate" }
    public var version: Int { 3 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(4)
        _ = try inputs.requireSameElementType(0, 2)
        if let data = inputs[0].shape.dimensions, let indices = inputs[1].shape.dimensions,
            let axes = try inputs.integers(3)
        {
            guard axes.count == 1 else { throw VireoError(.invalidArgument, "the axis must be one number") }
            let axis = try normalizedAxis(axes[0], rank: data.count)
            let wanted = PartialShape.ranked(Array(data[..<axis]) + indices + Array(data[(axis + 1)...]))
            guard inputs[2].shape.isCompatible(with: wanted) else {
                throw VireoError(.invalidArgument, "updates of \(inputs[2].shape), and \(wanted) is needed")
            }
        }
        return [inputs[0]]
    }
}

/// The data with single elements replaced: an update goes to its own place, but along the axis to where its index says.
/// Inputs: data, indices, updates, axis. Version 12 may reduce instead, with or without what was there.
public struct ScatterElementsUpdate: Operation {
    public let version: Int
    public let reduction: ScatterReduction
    /// Whether the element that was there takes part in the reduction.
    public let usesInitialValue: Bool

    init(_ attributes: AttributeReader, version: Int) throws {
        self.version = version
        reduction = version >= 12 ? try attributes.choice("reduction", default: ScatterReduction.none) : .none
        usesInitialValue = version >= 12 ? try attributes.boolean("use_init_val", default: true) : true
        guard reduction != .sub else { throw VireoError(.malformedFile, "ScatterElementsUpdate with reduction sub") }
    }

    public var type: String { "ScatterElementsUpdate" }
    public var attributes: [Attribute] {
        guard version >= 12 else { return [] }
        return [
            Attribute("reduction", .string(reduction.rawValue)), Attribute("use_init_val", .boolean(usesInitialValue)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(4)
        _ = try inputs.requireSameElementType(0, 2)
        guard inputs[1].shape.isCompatible(with: inputs[2].shape),
            inputs[0].shape.rank == nil || inputs[1].shape.rank == nil || inputs[0].shape.rank == inputs[1].shape.rank
        else {
            throw VireoError(
                .invalidArgument, "indices \(inputs[1].shape) and updates \(inputs[2].shape) of \(inputs[0].shape)")
        }
        return [inputs[0]]
    }
}

/// For each index the element of the data at its own place, but along the axis where the index says. Inputs: data,
/// indices.
public struct GatherElements: Operation {
    public let axis: Int
    init(_ attributes: AttributeReader, version: Int) throws { axis = try attributes.integer("axis") }

    public var type: String { "GatherElements" }
    public var version: Int { 6 }
    public var attributes: [Attribute] { [Attribute("axis", .integer(axis))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        if let data = inputs[0].shape.dimensions, let indices = inputs[1].shape.dimensions {
            let axis = try normalizedAxis(self.axis, rank: data.count)
            guard data.count == indices.count,
                data.indices.allSatisfy({ $0 == axis || data[$0].isCompatible(with: indices[$0]) })
            else { throw VireoError(.invalidArgument, "indices \(inputs[1].shape) into \(inputs[0].shape)") }
        }
        return [ValueType(inputs[0].elementType, inputs[1].shape)]
    }
}

/// The sequences of a beam search, read from their ends. Inputs: the steps [T, N, W], the parents [T, N, W], the
/// lengths [N] and what follows an end.
public struct GatherTree: Operation {
    public init() {}
    public var type: String { "GatherTree" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(4)
        _ = try inputs.requireSameElementType(0, 1)
        let steps = try inputs.dimensions(0, rank: 3...3)
        guard inputs[0].shape.isCompatible(with: inputs[1].shape) else {
            throw VireoError(.invalidArgument, "steps \(inputs[0].shape) with parents \(inputs[1].shape)")
        }
        if let steps, let lengths = try inputs.dimensions(2, rank: 1...1), !lengths[0].isCompatible(with: steps[1]) {
            throw VireoError(.invalidArgument, "\(lengths[0]) lengths for \(steps[1]) sequences")
        }
        return [inputs[0]]
    }
}
