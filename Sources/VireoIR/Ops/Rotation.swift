import VireoTensor

/// Elements moved along axes, those that leave at one end coming in at the other. Inputs: data, shifts, axes.
public struct Roll: Operation {
    public init() {}
    public var type: String { "Roll" }
    public var version: Int { 7 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(3)
        if let axes = try inputs.integers(2), let rank = inputs[0].shape.rank {
            for axis in axes { _ = try normalizedAxis(axis, rank: rank) }
        }
        return [inputs[0]]
    }
}

/// Elements in the opposite order along some axes. Inputs: data, and the axes or a truth value for each axis.
public struct Reverse: Operation {
    public enum Mode: String, CaseIterable, Sendable {
        case index
        case mask
    }

    public let mode: Mode
    init(_ attributes: AttributeReader, version: Int) throws { mode = try attributes.choice("mode") }

    public var type: String { "Reverse" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [Attribute("mode", .string(mode.rawValue))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1...2)
        if let rank = inputs[0].shape.rank, inputs.count == 2, let values = try inputs.integers(1) {
            _ = try axes(values, rank: rank)
        }
        return [inputs[0]]
    }

    /// The axes that are turned around.
    public func axes(_ values: [Int], rank: Int) throws -> [Int] {
        switch mode {
        case .index: return try normalizedAxes(values, rank: rank)
        case .mask:
            guard values.count == rank else {
                throw VireoError(.invalidArgument, "a mask of \(values.count) for rank \(rank)")
            }
            return values.indices.filter { values[$0] != 0 }
        }
    }
}

/// Ones on one diagonal of a matrix, zeros elsewhere. Inputs: rows, columns, the diagonal (above the main one when
/// positive) and optionally the extents of a batch.
public struct Eye: Operation {
    public let outputType: ElementType
    init(_ attributes: AttributeReader, version: Int) throws { outputType = try attributes.elementType("output_type") }

    public var type: String { "Eye" }
    public var version: Int { 9 }
    public var attributes: [Attribute] { [Attribute("output_type", .elementType(outputType))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(3...4)
        func extent(_ index: Int) throws -> Dimension {
            guard let values = try inputs.integers(index) else { return .dynamic }
            guard values.count == 1, (0...1 << 30).contains(values[0]) else {
                throw VireoError(.invalidArgument, "\(values) rows or columns")
            }
            return Dimension(values[0])
        }
        var batch: [Dimension] = []
        if inputs.count == 4 {
            guard let values = try inputs.integers(3) else { return [ValueType(outputType, .unranked)] }
            guard values.allSatisfy({ (0...1 << 30).contains($0) }) else {
                throw VireoError(.invalidArgument, "a batch of \(values)")
            }
            batch = values.map { Dimension($0) }
        }
        return [ValueType(outputType, .ranked(batch + [try extent(0), try extent(1)]))]
    }
}
