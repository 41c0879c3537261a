import VireoTensor

/// The distinct elements, or the distinct slices along an axis. Inputs: data and optionally the axis. Outputs: what is
/// distinct, where each is found first, which of them every element is, and how often each appears. How many there are
/// is known when it has run.
public struct Unique: Operation {
    public let isSorted: Bool
    public let indexElementType: ElementType
    public let countElementType: ElementType

    init(_ attributes: AttributeReader, version: Int) throws {
        isSorted = try attributes.boolean("sorted", default: true)
        indexElementType = try attributes.elementType("index_element_type", default: .i64)
        countElementType = try attributes.elementType("count_element_type", default: .i64)
        guard [.i32, .i64].contains(indexElementType), [.i32, .i64].contains(countElementType) else {
            throw VireoError(.malformedFile, "indices of \(indexElementType) and counts of \(countElementType)")
        }
    }

    public var type: String { "Unique" }
    public var version: Int { 10 }
    public var attributes: [Attribute] {
        [
            Attribute("sorted", .boolean(isSorted)), Attribute("index_element_type", .elementType(indexElementType)),
            Attribute("count_element_type", .elementType(countElementType)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1...2)
        let elementType = inputs[0].elementType
        var distinct = PartialShape.ranked([.dynamic])
        var count = inputs[0].shape.shape.map { Dimension($0.elementCount) } ?? .dynamic
        if inputs.count == 2 {
            (distinct, count) = (.unranked, .dynamic)
            if var dimensions = inputs[0].shape.dimensions, let axes = try inputs.integers(1) {
                guard axes.count == 1 else { throw VireoError(.invalidArgument, "the axis must be one number") }
                let axis = try normalizedAxis(axes[0], rank: dimensions.count)
                count = dimensions[axis]
                dimensions[axis] = .dynamic
                distinct = .ranked(dimensions)
            }
        }
        let list = PartialShape.ranked([.dynamic])
        return [
            ValueType(elementType, distinct), ValueType(indexElementType, list),
            ValueType(indexElementType, .ranked([count])), ValueType(countElementType, list),
        ]
    }
}

/// Where each value would be put into a sorted row. Inputs: rows [..., N] or one row [N], and values [..., M].
public struct SearchSorted: Operation {
    /// Whether a value goes behind those that are equal to it.
    public let isRight: Bool
    public let outputType: ElementType

    init(_ attributes: AttributeReader, version: Int) throws {
        isRight = try attributes.boolean("right_mode", default: false)
        outputType = try attributes.elementType("output_type", default: .i64)
        guard [.i32, .i64].contains(outputType) else { throw VireoError(.malformedFile, "places of \(outputType)") }
    }

    public var type: String { "SearchSorted" }
    public var version: Int { 15 }
    public var attributes: [Attribute] {
        [Attribute("right_mode", .boolean(isRight)), Attribute("output_type", .elementType(outputType))]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        _ = try inputs.requireSameElementType(0, 1)
        if let rows = inputs[0].shape.dimensions, let values = inputs[1].shape.dimensions, rows.count != 1 {
            guard rows.count == values.count,
                zip(rows.dropLast(), values.dropLast()).allSatisfy({ $0.isCompatible(with: $1) })
            else {
                throw VireoError(.invalidArgument, "rows \(inputs[0].shape) for values \(inputs[1].shape)")
            }
        }
        return [ValueType(outputType, inputs[1].shape)]
    }
}

/// The labels of the likeliest path through the classes, without blanks and without repetitions; Graves et al., 2006.
///
/// Version 1: data [T, N, C] and a mask [T, N]; the last class is the blank; output [N, T, 1, 1] filled with -1.
/// CTCGreedyDecoderSeqLen-6: data [N, T, C], lengths [N] and optionally the blank; outputs [N, T] and the lengths [N].
public struct CTCGreedyDecoder: Operation {
    public let hasLengths: Bool
    public let mergesRepeated: Bool
    public let classType: ElementType
    public let lengthType: ElementType

    init(_ attributes: AttributeReader, hasLengths: Bool) throws {
        self.hasLengths = hasLengths
        mergesRepeated = try attributes.boolean(hasLengths ? "merge_repeated" : "ctc_merge_repeated", default: true)
        classType = try attributes.elementType("classes_index_type", default: .i32)
        lengthType = try attributes.elementType("sequence_length_type", default: .i32)
    }

    public var type: String { hasLengths ? "CTCGreedyDecoderSeqLen" : "CTCGreedyDecoder" }
    public var version: Int { hasLengths ? 6 : 1 }
    public var attributes: [Attribute] {
        guard hasLengths else { return [Attribute("ctc_merge_repeated", .boolean(mergesRepeated))] }
        return [
            Attribute("merge_repeated", .boolean(mergesRepeated)),
            Attribute("classes_index_type", .elementType(classType)),
            Attribute("sequence_length_type", .elementType(lengthType)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(hasLengths ? 2...3 : 2...2)
        let data = try inputs.dimensions(0, rank: 3...3) ?? [.dynamic, .dynamic, .dynamic]
        if hasLengths {
            guard inputs[1].shape.isCompatible(with: .ranked([data[0]])) else {
                throw VireoError(.invalidArgument, "lengths \(inputs[1].shape) for \(data[0]) sequences")
            }
            return [ValueType(classType, .ranked([data[0], data[1]])), ValueType(lengthType, .ranked([data[0]]))]
        }
        guard inputs[1].shape.isCompatible(with: .ranked([data[0], data[1]])) else {
            throw VireoError(.invalidArgument, "a mask of \(inputs[1].shape) for \(inputs[0].shape)")
        }
        return [ValueType(inputs[0].elementType, .ranked([data[1], data[0], 1, 1]))]
    }
}
