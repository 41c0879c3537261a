import VireoTensor

/// Moves blocks of the spatial axes into the batch. Inputs: data, block shape, pads begin, pads end, each with an
/// element for every axis; the block is 1 along the batch.
public struct SpaceToBatch: Operation {
    public init() {}
    public var type: String { "SpaceToBatch" }
    public var version: Int { 2 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(4)
        guard let (data, block, begin, end) = try blockInputs(inputs) else {
            return [ValueType(inputs[0].elementType, .unranked)]
        }
        var result = data
        result[0] = try product(data[0], block)
        for axis in data.indices.dropFirst() {
            guard let extent = data[axis].value else { continue }
            let padded = extent + begin[axis] + end[axis]
            guard padded % block[axis] == 0 else {
                throw VireoError(
                    .invalidArgument, "axis \(axis) of \(padded) with pads does not split into blocks of \(block[axis])"
                )
            }
            result[axis] = Dimension(padded / block[axis])
        }
        return [ValueType(inputs[0].elementType, .ranked(result))]
    }
}

/// The inverse of `SpaceToBatch`. Inputs: data, block shape, crops begin, crops end.
public struct BatchToSpace: Operation {
    public init() {}
    public var type: String { "BatchToSpace" }
    public var version: Int { 2 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(4)
        guard let (data, block, begin, end) = try blockInputs(inputs) else {
            return [ValueType(inputs[0].elementType, .unranked)]
        }
        var result = data
        if let batch = data[0].value {
            guard let blocks = try product(1, block).value, blocks > 0, batch % blocks == 0 else {
                throw VireoError(.invalidArgument, "a batch of \(batch) does not hold blocks of \(block)")
            }
            result[0] = Dimension(batch / blocks)
        }
        for axis in data.indices.dropFirst() {
            guard let whole = try product(data[axis], [block[axis]]).value else {
                result[axis] = .dynamic
                continue
            }
            let cropped = whole - begin[axis] - end[axis]
            guard cropped >= 0 else { throw VireoError(.invalidArgument, "crops take more than axis \(axis) has") }
            result[axis] = Dimension(cropped)
        }
        return [ValueType(inputs[0].elementType, .ranked(result))]
    }
}

/// Data dimensions, block and pads, when they are known.
private func blockInputs(
    _ inputs: InferenceInputs
) throws -> (data: [Dimension], block: [Int], begin: [Int], end: [Int])? {
    guard let data = inputs[0].shape.dimensions, let block = try inputs.integers(1), let begin = try inputs.integers(2),
        let end = try inputs.integers(3)
    else { return nil }
    guard data.count >= 2, [block, begin, end].allSatisfy({ $0.count == data.count }), block[0] == 1,
        block.allSatisfy({ (1...1 << 20).contains($0) }), (begin + end).allSatisfy({ (0...1 << 30).contains($0) }),
        begin[0] == 0, end[0] == 0
    else {
        throw VireoError(.invalidArgument, "blocks of \(block) with \(begin) and \(end) for \(inputs[0].shape)")
    }
    return (data, block, begin, end)
}

private func product(_ dimension: Dimension, _ factors: [Int]) throws(VireoError) -> Dimension {
    guard var total = dimension.value else { return .dynamic }
    for factor in factors {
        let (next, overflow) = total.multipliedReportingOverflow(by: factor)
        guard !overflow else { throw VireoError(.invalidArgument, "\(dimension) times \(factors)") }
        total = next
    }
    return Dimension(total)
}

/// Moves channels into blocks of the spatial axes: [N, C * block^K, D…] becomes [N, C, D * block…].
public struct DepthToSpace: Operation {
    public enum Mode: String, CaseIterable, Sendable {
        /// The channel is `block * C + c`, as in TensorFlow.
        case blocksFirst = "blocks_first"
        case depthFirst = "depth_first"
    }

    public let mode: Mode
    public let blockSize: Int

    public init(_ mode: Mode, blockSize: Int) {
        self.mode = mode
        self.blockSize = blockSize
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.init(try attributes.choice("mode"), blockSize: try VireoIR.blockSize(attributes))
    }

    public var type: String { "DepthToSpace" }
    public var version: Int { 1 }
    public var attributes: [Attribute] {
        [Attribute("mode", .string(mode.rawValue)), Attribute("block_size", .integer(blockSize))]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        guard var data = try inputs.dimensions(0, rank: 3...5) else { return [inputs[0]] }
        let blocks = try product(1, data.dropFirst(2).map { _ in blockSize }).value!
        if let channels = data[1].value {
            guard channels % blocks == 0 else {
                throw VireoError(.invalidArgument, "\(channels) channels do not hold blocks of \(blocks)")
            }
            data[1] = Dimension(channels / blocks)
        }
        for axis in 2..<data.count { data[axis] = try product(data[axis], [blockSize]) }
        return [ValueType(inputs[0].elementType, .ranked(data))]
    }
}

/// The inverse of `DepthToSpace`.
public struct SpaceToDepth: Operation {
    public let mode: DepthToSpace.Mode
    public let blockSize: Int

    public init(_ mode: DepthToSpace.Mode, blockSize: Int) {
        self.mode = mode
        self.blockSize = blockSize
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.init(try attributes.choice("mode"), blockSize: try VireoIR.blockSize(attributes))
    }

    public var type: String { "SpaceToDepth" }
    public var version: Int { 1 }
    public var attributes: [Attribute] {
        [Attribute("mode", .string(mode.rawValue)), Attribute("block_size", .integer(blockSize))]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        guard var data = try inputs.dimensions(0, rank: 3...5) else { return [inputs[0]] }
        data[1] = try product(data[1], data.dropFirst(2).map { _ in blockSize })
        for axis in 2..<data.count {
            guard let extent = data[axis].value else { continue }
            guard extent % blockSize == 0 else {
                throw VireoError(
                    .invalidArgument, "axis \(axis) of \(extent) does not split into blocks of \(blockSize)")
            }
            data[axis] = Dimension(extent / blockSize)
        }
        return [ValueType(inputs[0].elementType, .ranked(data))]
    }
}

func blockSize(_ attributes: AttributeReader) throws -> Int {
    let size = try attributes.integer("block_size", default: 1)
    guard (1...1 << 12).contains(size) else { throw VireoError(.malformedFile, "a block_size of \(size)") }
    return size
}
