import VireoTensor

/// Reverses the front of every sequence of a batch. Inputs: data and the lengths of the fronts [N].
public struct ReverseSequence: Operation {
    public let batchAxis: Int
    public let sequenceAxis: Int

    public init(batchAxis: Int, sequenceAxis: Int) {
        self.batchAxis = batchAxis
        self.sequenceAxis = sequenceAxis
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        batchAxis = try attributes.integer("batch_axis", default: 0)
        sequenceAxis = try attributes.integer("seq_axis", default: 1)
    }

    public var type: String { "ReverseSequence" }
    public var version: Int { 1 }
    public var attributes: [Attribute] {
        [Attribute("batch_axis", .integer(batchAxis)), Attribute("seq_axis", .integer(sequenceAxis))]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        let lengths = try inputs.dimensions(1, rank: 1...1)
        if let dimensions = inputs[0].shape.dimensions {
            let batch = dimensions[try normalizedAxis(batchAxis, rank: dimensions.count)]
            _ = try normalizedAxis(sequenceAxis, rank: dimensions.count)
            if let lengths, !lengths[0].isCompatible(with: batch) {
                throw VireoError(.invalidArgument, "\(lengths[0]) lengths for \(batch) sequences")
            }
        }
        return [inputs[0]]
    }
}

/// Deals the channels of an axis from `group` piles: the channel at (g, k) goes to (k, g).
/// Zhang et al., https://arxiv.org/abs/1707.01083.
public struct ShuffleChannels: Operation {
    public let axis: Int
    public let group: Int

    init(_ attributes: AttributeReader, version: Int) throws {
        axis = try attributes.integer("axis", default: 1)
        group = try attributes.integer("group", default: 1)
        guard group > 0 else { throw VireoError(.malformedFile, "a group of \(group)") }
    }

    public var type: String { "ShuffleChannels" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [Attribute("axis", .integer(axis)), Attribute("group", .integer(group))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        if let dimensions = inputs[0].shape.dimensions {
            let channels = dimensions[try normalizedAxis(axis, rank: dimensions.count)]
            if let count = channels.value, count % group != 0 {
                throw VireoError(.invalidArgument, "\(count) channels in \(group) groups")
            }
        }
        return [inputs[0]]
    }
}

/// The bucket that each element falls into. Inputs: data and the ascending boundaries between buckets.
public struct Bucketize: Operation {
    public let outputType: ElementType
    /// Whether a boundary belongs to the bucket in front of it.
    public let withRightBound: Bool

    init(_ attributes: AttributeReader, version: Int) throws {
        outputType = try attributes.elementType("output_type", default: .i64)
        withRightBound = try attributes.boolean("with_right_bound", default: true)
        guard outputType == .i64 || outputType == .i32 else {
            throw VireoError(.malformedFile, "an output_type of \(outputType)")
        }
    }

    public var type: String { "Bucketize" }
    public var version: Int { 3 }
    public var attributes: [Attribute] {
        [
            Attribute("output_type", .elementType(outputType)),
            Attribute("with_right_bound", .boolean(withRightBound)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        _ = try inputs.dimensions(1, rank: 1...1)
        return [ValueType(outputType, inputs[0].shape)]
    }
}
