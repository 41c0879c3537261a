import VireoTensor

/// The boxes of every image and class that no better box hides. Bodla et al. for the soft form,
/// https://arxiv.org/abs/1704.04503. Inputs: boxes [N, B, 4], scores [N, C, B], and optionally the most boxes of a
/// class, the overlap and the score above which boxes count and, from version 5 on, the soft form's sigma. Output:
/// [kept, 3] as image, class and box; from version 5 on also their scores [kept, 3] and how many there are [1]. How
/// many are kept is known when it has run.
public struct NonMaxSuppression: Operation {
    public enum BoxEncoding: String, CaseIterable, Sendable {
        /// y1, x1, y2, x2: any two opposite corners.
        case corner
        /// The centre's x and y, width, height.
        case center
    }

    public let version: Int
    public let boxEncoding: BoxEncoding
    /// Whether boxes are sorted by score across images and classes.
    public let sortsResults: Bool
    public let outputType: ElementType

    init(_ attributes: AttributeReader, version: Int) throws {
        self.version = version
        boxEncoding = try attributes.choice("box_encoding", default: .corner)
        sortsResults = try attributes.boolean("sort_result_descending", default: true)
        outputType = version >= 3 ? try attributes.elementType("output_type", default: .i64) : .i64
        guard outputType == .i64 || outputType == .i32 else {
            throw VireoError(.malformedFile, "an output_type of \(outputType)")
        }
    }

    public var type: String { "NonMaxSuppression" }
    public var attributes: [Attribute] {
        [
            Attribute("box_encoding", .string(boxEncoding.rawValue)),
            Attribute("sort_result_descending", .boolean(sortsResults)),
        ] + (version < 3 ? [] : [Attribute("output_type", .elementType(outputType))])
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(version >= 5 ? 2...6 : 2...5)
        let elementType = try inputs.requireSameElementType(0, 1)
        let boxes = try inputs.dimensions(0, rank: 3...3)
        let scores = try inputs.dimensions(1, rank: 3...3)
        if let boxes, let scores {
            guard boxes[0].isCompatible(with: scores[0]), boxes[1].isCompatible(with: scores[2]),
                boxes[2].isCompatible(with: 4)
            else {
                throw VireoError(.invalidArgument, "boxes \(inputs[0].shape) with scores \(inputs[1].shape)")
            }
        }
        for index in 2..<max(inputs.count, 2) {
            if let shape = inputs[index].shape.shape, shape.elementCount != 1 {
                throw VireoError(.invalidArgument, "input \(index) is one number, and its shape is \(shape)")
            }
        }
        let rows = PartialShape.ranked([.dynamic, 3])
        let indices = ValueType(outputType, rows)
        guard version >= 5 else { return [indices] }
        return [indices, ValueType(elementType, rows), ValueType(outputType, .ranked([1]))]
    }
}

/// The places of the elements that are not zero: [rank, count], one column for each. How many is known when it has run.
public struct NonZero: Operation {
    public let outputType: ElementType

    init(_ attributes: AttributeReader, version: Int) throws {
        outputType = try attributes.elementType("output_type", default: .i64)
        guard outputType == .i64 || outputType == .i32 else {
            throw VireoError(.malformedFile, "an output_type of \(outputType)")
        }
    }

    public var type: String { "NonZero" }
    public var version: Int { 3 }
    public var attributes: [Attribute] { [Attribute("output_type", .elementType(outputType))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        let rank = inputs[0].shape.rank.map { Dimension($0) } ?? .dynamic
        return [ValueType(outputType, .ranked([rank, .dynamic]))]
    }
}
