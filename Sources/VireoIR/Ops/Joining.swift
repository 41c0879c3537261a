import VireoTensor

/// The inputs one after another along an axis.
public struct Concat: Operation {
    public let axis: Int
    public init(axis: Int) { self.axis = axis }
    init(_ attributes: AttributeReader, version: Int) throws { self.init(axis: try attributes.integer("axis")) }

    public var type: String { "Concat" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [Attribute("axis", .integer(axis))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        guard inputs.count >= 1 else { throw VireoError(.invalidArgument, "needs at least one input") }
        var elementType = inputs[0].elementType
        for index in 1..<max(inputs.count, 1) { elementType = try inputs.requireSameElementType(0, index) }
        let known = inputs.types.compactMap(\.shape.dimensions)
        guard let first = known.first else { return [ValueType(elementType, .unranked)] }
        let axis = try normalizedAxis(self.axis, rank: first.count)
        var result = first
        var total: Int? = known.count == inputs.count ? 0 : nil
        for shape in known {
            guard shape.count == first.count else { throw VireoError(.invalidArgument, "inputs differ in rank") }
            for position in shape.indices where position != axis {
                guard shape[position].isCompatible(with: result[position]) else {
                    throw VireoError(.invalidArgument, "inputs differ at axis \(position), which is not joined")
                }
                if result[position].isDynamic { result[position] = shape[position] }
            }
            if let extent = shape[axis].value, let sum = total {
                let (next, overflow) = sum.addingReportingOverflow(extent)
                total = overflow ? nil : next
            } else {
                total = nil
            }
        }
        result[axis] = total.map { Dimension($0) } ?? .dynamic
        return [ValueType(elementType, .ranked(result))]
    }
}

/// Equal parts along the axis of the second input, a scalar.
public struct Split: Operation {
    public let count: Int
    public init(count: Int) { self.count = count }
    init(_ attributes: AttributeReader, version: Int) throws {
        self.init(count: try attributes.integer("num_splits"))
        guard (1...1 << 16).contains(count) else { throw VireoError(.malformedFile, "num_splits of \(count)") }
    }

    public var type: String { "Split" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [Attribute("num_splits", .integer(count))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        let elementType = inputs[0].elementType
        _ = try inputs.dimensions(1, rank: 0...0)
        guard var data = inputs[0].shape.dimensions else {
            return Array(repeating: ValueType(elementType, .unranked), count: count)
        }
        guard let axes = try inputs.integers(1) else {
            data = data.map { _ in .dynamic }
            return Array(repeating: ValueType(elementType, .ranked(data)), count: count)
        }
        guard axes.count == 1 else { throw VireoError(.invalidArgument, "the axis must be one number") }
        let axis = try normalizedAxis(axes[0], rank: data.count)
        if let extent = data[axis].value {
            guard extent % count == 0 else {
                throw VireoError(.invalidArgument, "\(extent) elements do not split into \(count) equal parts")
            }
            data[axis] = Dimension(extent / count)
        }
        return Array(repeating: ValueType(elementType, .ranked(data)), count: count)
    }
}

/// Parts of the lengths in the third input, along the axis of the second; one length may be -1, what is left.
public struct VariadicSplit: Operation {
    public init() {}
    public var type: String { "VariadicSplit" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(3)
        let elementType = inputs[0].elementType
        guard var lengths = try inputs.integers(2) else {
            guard let count = inputs[2].shape.shape?.elementCount, count <= 1 << 16 else {
                throw VireoError(.unsupported, "the number of parts is not known")
            }
            return Array(repeating: ValueType(elementType, .unranked), count: count)
        }
        guard lengths.allSatisfy({ $0 >= -1 }), lengths.count(where: { $0 == -1 }) <= 1 else {
            throw VireoError(.invalidArgument, "part lengths \(lengths)")
        }
        guard let data = inputs[0].shape.dimensions, let axes = try inputs.integers(1), axes.count == 1 else {
            return lengths.map { _ in ValueType(elementType, .unranked) }
        }
        let axis = try normalizedAxis(axes[0], rank: data.count)
        if let extent = data[axis].value {
            var taken = 0
            for length in lengths where length > 0 {
                let (sum, overflow) = taken.addingReportingOverflow(length)
                guard !overflow else { throw VireoError(.invalidArgument, "part lengths \(lengths)") }
                taken = sum
            }
            if let open = lengths.firstIndex(of: -1) {
                lengths[open] = extent - taken
                taken = extent
            }
            guard taken == extent, lengths.allSatisfy({ $0 >= 0 }) else {
                throw VireoError(.invalidArgument, "parts \(lengths) of \(extent) elements")
            }
        }
        return lengths.map { length in
            var part = data
            part[axis] = length == -1 ? .dynamic : Dimension(length)
            return ValueType(elementType, .ranked(part))
        }
    }
}
