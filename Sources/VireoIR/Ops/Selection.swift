import VireoTensor

/// The k largest or smallest elements along an axis, and their places. Of equal elements the one in front comes first.
/// Inputs: data and k.
public struct TopK: Operation {
    public enum Mode: String, CaseIterable, Sendable {
        case max
        case min
    }

    public enum Sort: String, CaseIterable, Sendable {
        case none
        case index
        case value
    }

    public let axis: Int
    public let mode: Mode
    public let sort: Sort
    public let indexElementType: ElementType
    public let version: Int
    public let stable: Bool

    public init(axis: Int, mode: Mode, sort: Sort = .value, indexElementType: ElementType = .i32) {
        self.axis = axis
        self.mode = mode
        self.sort = sort
        self.indexElementType = indexElementType
        version = 3
        stable = false
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        axis = try attributes.integer("axis")
        mode = try attributes.choice("mode")
        sort = try attributes.choice("sort")
        indexElementType = version >= 3 ? try attributes.elementType("index_element_type", default: .i32) : .i32
        self.version = version
        stable = version >= 11 ? try attributes.boolean("stable", default: false) : false
        guard indexElementType == .i32 || indexElementType == .i64 else {
            throw VireoError(.malformedFile, "TopK with indices of \(indexElementType)")
        }
    }

    public var type: String { "TopK" }
    public var attributes: [Attribute] {
        var list = [
            Attribute("axis", .integer(axis)), Attribute("mode", .string(mode.rawValue)),
            Attribute("sort", .string(sort.rawValue)),
        ]
        if version >= 3 { list.append(Attribute("index_element_type", .elementType(indexElementType))) }
        if version >= 11 { list.append(Attribute("stable", .boolean(stable))) }
        return list
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        var shape = inputs[0].shape
        if var dimensions = shape.dimensions {
            let axis = try normalizedAxis(self.axis, rank: dimensions.count)
            let counts = try inputs.integers(1)
            if let counts {
                guard counts.count == 1, counts[0] >= 0, counts[0] <= dimensions[axis].value ?? .max else {
                    throw VireoError(.invalidArgument, "the \(counts) first of \(dimensions[axis]) elements")
                }
            }
            dimensions[axis] = counts.map { Dimension($0[0]) } ?? .dynamic
            shape = .ranked(dimensions)
        }
        return [ValueType(inputs[0].elementType, shape), ValueType(indexElementType, shape)]
    }
}

/// A new axis along which the place that an index names holds one value and all others another. Indices outside name no
/// place. Inputs: indices, depth, the value at the place, the value elsewhere.
public struct OneHot: Operation {
    /// What a negative index means: no place, or one counted from the back. Version 16 has the choice.
    public enum NegativeIndices: String, CaseIterable, Sendable {
        case ignored = "ignore_negative"
        case normalized = "normalize"
    }

    public let axis: Int
    public let version: Int
    public let negativeIndices: NegativeIndices

    public init(axis: Int) {
        self.axis = axis
        version = 1
        negativeIndices = .ignored
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        axis = try attributes.integer("axis", default: -1)
        self.version = version
        negativeIndices =
            version >= 16 ? try attributes.choice("negative_indices_mode", default: .ignored) : .ignored
    }

    public var type: String { "OneHot" }
    public var attributes: [Attribute] {
        [Attribute("axis", .integer(axis))]
            + (version >= 16 ? [Attribute("negative_indices_mode", .string(negativeIndices.rawValue))] : [])
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(4)
        let elementType = try inputs.requireSameElementType(2, 3)
        guard var dimensions = inputs[0].shape.dimensions else { return [ValueType(elementType, .unranked)] }
        let axis = try normalizedAxis(self.axis, rank: dimensions.count + 1)
        var depth = Dimension.dynamic
        if let given = try inputs.integers(1) {
            guard given.count == 1, (0...1 << 30).contains(given[0]) else {
                throw VireoError(.invalidArgument, "a depth of \(given)")
            }
            depth = Dimension(given[0])
        }
        dimensions.insert(depth, at: axis)
        return [ValueType(elementType, .ranked(dimensions))]
    }
}

/// start, start + step, … below (or, for a negative step, above) stop. Inputs: start, stop, step.
/// Version 1 has the element type of its inputs.
public struct NumberRange: Operation {
    /// nil: that of the inputs.
    private let chosenType: ElementType?

    public init(outputType: ElementType) { chosenType = outputType }
    init(_ attributes: AttributeReader, version: Int) throws {
        chosenType = version >= 4 ? try attributes.elementType("output_type") : nil
    }

    public var type: String { "Range" }
    public var version: Int { chosenType == nil ? 1 : 4 }
    public var attributes: [Attribute] { chosenType.map { [Attribute("output_type", .elementType($0))] } ?? [] }

    /// The element type of the output.
    public func outputType(_ start: ElementType) -> ElementType { chosenType ?? start }

    /// How many numbers there are.
    public func count(start: Double, stop: Double, step: Double) throws(VireoError) -> Int {
        guard step != 0, start.isFinite, stop.isFinite, step.isFinite else {
            throw VireoError(.invalidArgument, "a range from \(start) to \(stop) by \(step)")
        }
        let count = max(((stop - start) / step).rounded(.up), 0)
        guard count <= 0x1p30 else {
            throw VireoError(.invalidArgument, "a range from \(start) to \(stop) by \(step) is too long")
        }
        return Int(count)
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(3)
        let outputType = outputType(inputs[0].elementType)
        // Integers are counted by what is left of the bounds without their fractions.
        let numbers = try (0..<3).map { index in
            try inputs.constant(index)?.doubles().map { outputType.isInteger ? $0.rounded(.towardZero) : $0 }
        }
        guard let start = numbers[0], let stop = numbers[1], let step = numbers[2] else {
            return [ValueType(outputType, .ranked([.dynamic]))]
        }
        guard start.count == 1, stop.count == 1, step.count == 1 else {
            throw VireoError(.invalidArgument, "start, stop and step must be one number each")
        }
        return [ValueType(outputType, [try count(start: start[0], stop: stop[0], step: step[0])])]
    }
}

/// Sums of all elements up to each along the axis of the second input.
public struct CumSum: Operation {
    /// Whether an element is left out of its own sum.
    public let exclusive: Bool
    /// Whether the sums run from the back.
    public let reverse: Bool

    public init(exclusive: Bool, reverse: Bool) {
        self.exclusive = exclusive
        self.reverse = reverse
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.init(
            exclusive: try attributes.boolean("exclusive", default: false),
            reverse: try attributes.boolean("reverse", default: false))
    }

    public var type: String { "CumSum" }
    public var version: Int { 3 }
    public var attributes: [Attribute] {
        [Attribute("exclusive", .boolean(exclusive)), Attribute("reverse", .boolean(reverse))]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1...2)
        return [inputs[0]]
    }
}

/// Slices of the data at places that the last axis of the indices lists. Version 5 makes one axis of several batch
/// axes.
public struct GatherND: Operation {
    public let batchDims: Int
    public let version: Int

    public init(batchDims: Int) {
        self.batchDims = batchDims
        version = 8
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.version = version
        batchDims = try attributes.integer("batch_dims", default: 0)
        guard (0...16).contains(batchDims) else { throw VireoError(.malformedFile, "batch_dims of \(batchDims)") }
    }

    public var type: String { "GatherND" }
    public var attributes: [Attribute] { [Attribute("batch_dims", .integer(batchDims))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        guard let data = inputs[0].shape.dimensions, let indices = inputs[1].shape.dimensions,
            let length = indices.last?.value
        else { return [ValueType(inputs[0].elementType, .unranked)] }
        guard batchDims < indices.count, batchDims + length <= data.count,
            (0..<batchDims).allSatisfy({ data[$0].isCompatible(with: indices[$0]) })
        else {
            throw VireoError(.invalidArgument, "indices \(inputs[1].shape) into \(inputs[0].shape)")
        }
        var result = Array(indices.dropLast()) + data[(batchDims + length)...]
        if version < 8, batchDims > 1 {
            let batch = PartialShape.ranked(Array(result[..<batchDims])).shape.map { Dimension($0.elementCount) }
            result = [batch ?? .dynamic] + result[batchDims...]
        }
        return [ValueType(inputs[0].elementType, .ranked(result))]
    }
}

/// The data with the slices that the indices name replaced, or (version 15) reduced with the updates.
/// Inputs: data, indices, updates.
public struct ScatterNDUpdate: Operation {
    public let version: Int
    public let reduction: ScatterReduction

    public init() {
        version = 4
        reduction = .none
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.version = version
        reduction = version >= 15 ? try attributes.choice("reduction", default: ScatterReduction.none) : .none
        guard reduction != .mean else { throw VireoError(.malformedFile, "ScatterNDUpdate with reduction mean") }
    }

    public var type: String { "ScatterNDUpdate" }
    public var attributes: [Attribute] {
        version >= 15 ? [Attribute("reduction", .string(reduction.rawValue))] : []
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(3)
        _ = try inputs.requireSameElementType(0, 2)
        guard let data = inputs[0].shape.dimensions, let indices = inputs[1].shape.dimensions,
            let length = indices.last?.value
        else { return [inputs[0]] }
        guard length <= data.count else {
            throw VireoError(.invalidArgument, "indices \(inputs[1].shape) into \(inputs[0].shape)")
        }
        let wanted = PartialShape.ranked(Array(indices.dropLast()) + data[length...])
        guard inputs[2].shape.isCompatible(with: wanted) else {
            throw VireoError(.invalidArgument, "updates of \(inputs[2].shape), and \(wanted) is needed")
        }
        return [inputs[0]]
    }
}
