import VireoTensor

/// The same elements under the shape that the second input gives; -1 stands for what is left.
public struct Reshape: Operation {
    /// Whether 0 copies the input's dimension. TensorFlow means false.
    public let specialZero: Bool

    public init(specialZero: Bool = false) { self.specialZero = specialZero }
    init(_ attributes: AttributeReader, version: Int) throws {
        self.init(specialZero: try attributes.boolean("special_zero"))
    }

    public var type: String { "Reshape" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [Attribute("special_zero", .boolean(specialZero))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        let elementType = inputs[0].elementType
        guard let target = try inputs.integers(1) else {
            if let rank = inputs[1].shape.shape?.dimensions.first, inputs[1].shape.rank == 1, rank <= 64 {
                return [ValueType(elementType, .ranked(.init(repeating: .dynamic, count: rank)))]
            }
            return [ValueType(elementType, .unranked)]
        }
        return [ValueType(elementType, try resolve(target, for: inputs[0].shape))]
    }

    /// The output shape for a target with 0 and -1 in it.
    public func resolve(_ target: [Int], for input: PartialShape) throws(VireoError) -> PartialShape {
        guard target.count(where: { $0 == -1 }) <= 1, target.allSatisfy({ $0 >= -1 }) else {
            throw VireoError(
                .invalidArgument, "the target shape \(target) may hold one -1 and no other negative number")
        }
        var dimensions: [Dimension] = []
        for (axis, extent) in target.enumerated() {
            if extent == 0, specialZero {
                guard let source = input.dimensions else {
                    dimensions.append(.dynamic)
                    continue
                }
                guard axis < source.count else {
                    throw VireoError(.invalidArgument, "0 at axis \(axis) copies a dimension that \(input) lacks")
                }
                dimensions.append(source[axis])
            } else {
                dimensions.append(extent == -1 ? .dynamic : Dimension(extent))
            }
        }
        guard let total = input.shape?.elementCount else {
            return .ranked(resolveRest(target, dimensions, for: input))
        }
        if let open = target.firstIndex(of: -1) {
            let known = dimensions.enumerated().filter { $0.offset != open }.compactMap { $0.element.value }
            guard known.count == dimensions.count - 1, let size = try? Shape(validating: known).elementCount else {
                return .ranked(dimensions)
            }
            guard size > 0 ? total % size == 0 : total == 0 else {
                throw VireoError(.invalidArgument, "\(total) elements do not divide into \(target)")
            }
            dimensions[open] = Dimension(size > 0 ? total / size : 0)
        } else if let size = PartialShape.ranked(dimensions).shape?.elementCount, size != total {
            throw VireoError(.invalidArgument, "\(total) elements of \(input) do not fill \(target)")
        }
        return .ranked(dimensions)
    }
}

extension Reshape {
    /// The -1 of a target for an input of which only the copied dimensions are unknown: they are on both sides, so the
    /// others decide.
    private func resolveRest(_ target: [Int], _ dimensions: [Dimension], for input: PartialShape) -> [Dimension] {
        guard let open = target.firstIndex(of: -1), specialZero, let source = input.dimensions else {
            return dimensions
        }
        let copied = Set(target.indices.filter { target[$0] == 0 })
        let rest = PartialShape.ranked(source.indices.filter { !copied.contains($0) }.map { source[$0] })
        let known = PartialShape.ranked(
            target.indices.filter { !copied.contains($0) && $0 != open }.map { dimensions[$0] })
        guard let total = rest.shape?.elementCount, let size = known.shape?.elementCount, size > 0, total % size == 0
        else { return dimensions }
        var dimensions = dimensions
        dimensions[open] = Dimension(total / size)
        return dimensions
    }
}

/// Removes dimensions of extent 1: those that the second input lists, or all.
public struct Squeeze: Operation {
    public let version: Int
    /// Whether axes of another extent stay as they are; version 15 has it.
    public let skipsOthers: Bool

    public init() {
        version = 1
        skipsOthers = false
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.version = version
        skipsOthers = version >= 15 ? try attributes.boolean("allow_axis_skip", default: false) : false
    }

    public var type: String { "Squeeze" }
    public var attributes: [Attribute] {
        version >= 15 ? [Attribute("allow_axis_skip", .boolean(skipsOthers))] : []
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1...2)
        let elementType = inputs[0].elementType
        guard let data = inputs[0].shape.dimensions else { return [ValueType(elementType, .unranked)] }
        let axes: Set<Int>
        if inputs.count == 2 {
            guard let listed = try inputs.integers(1) else { return [ValueType(elementType, .unranked)] }
            let all = try normalizedAxes(listed, rank: data.count)
            if skipsOthers, all.contains(where: { data[$0].isDynamic }) { return [ValueType(elementType, .unranked)] }
            axes = Set(skipsOthers ? all.filter { data[$0].value == 1 } : all)
        } else {
            guard inputs[0].shape.isStatic else { return [ValueType(elementType, .unranked)] }
            axes = Set(data.indices.filter { data[$0].value == 1 })
        }
        for axis in axes where !data[axis].isCompatible(with: 1) {
            throw VireoError(.invalidArgument, "axis \(axis) of \(inputs[0].shape) has no extent of 1 to remove")
        }
        let result = data.indices.filter { !axes.contains($0) }.map { data[$0] }
        return [ValueType(elementType, .ranked(result))]
    }
}

/// Inserts dimensions of extent 1 at the axes (of the output) that the second input lists.
public struct Unsqueeze: Operation {
    public init() {}
    public var type: String { "Unsqueeze" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        let elementType = inputs[0].elementType
        guard let data = inputs[0].shape.dimensions, let listed = try inputs.integers(1), listed.count <= 64 else {
            return [ValueType(elementType, .unranked)]
        }
        let rank = data.count + listed.count
        let axes = Set(try normalizedAxes(listed, rank: rank))
        guard axes.count == listed.count else { throw VireoError(.invalidArgument, "axes \(listed) repeat") }
        var source = data.makeIterator()
        let result = (0..<rank).map { axes.contains($0) ? 1 : source.next()! }
        return [ValueType(elementType, .ranked(result))]
    }
}

/// Axis i of the output is axis order[i] of the input; an empty order reverses the axes.
public struct Transpose: Operation {
    public init() {}
    public var type: String { "Transpose" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        let elementType = inputs[0].elementType
        guard let data = inputs[0].shape.dimensions, let order = try inputs.integers(1) else {
            return [ValueType(elementType, .unranked)]
        }
        let axes = order.isEmpty ? Array(data.indices.reversed()) : order
        guard axes.sorted() == Array(data.indices) else {
            throw VireoError(.invalidArgument, "\(order) is no order of \(data.count) axes")
        }
        return [ValueType(elementType, .ranked(axes.map { data[$0] }))]
    }
}

/// The dimensions of the input as a list of integers.
public struct ShapeOf: Operation {
    public let outputType: ElementType
    public let version: Int

    public init(outputType: ElementType = .i64) {
        self.outputType = outputType
        version = 3
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        outputType = version >= 3 ? try attributes.elementType("output_type", default: .i64) : .i64
        self.version = version
        guard outputType == .i64 || outputType == .i32 else {
            throw VireoError(.malformedFile, "ShapeOf with output type \(outputType)")
        }
    }

    public var type: String { "ShapeOf" }
    public var attributes: [Attribute] {
        version >= 3 ? [Attribute("output_type", .elementType(outputType))] : []
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        let rank = inputs[0].shape.rank.map { Dimension($0) } ?? .dynamic
        return [ValueType(outputType, .ranked([rank]))]
    }
}

/// Repeats dimensions of extent 1 up to the shape of the second input.
public struct Broadcast: Operation {
    public enum Mode: String, CaseIterable, Sendable {
        case numpy
        case explicit
        case bidirectional
    }

    public let mode: Mode
    public let version: Int

    public init(mode: Mode = .numpy) {
        self.mode = mode
        version = 3
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        // OpenVINO writes the explicit mode of version 1 as "none".
        let text = try attributes.string("mode", default: "numpy")
        mode = version < 3 && text == "none" ? .explicit : try attributes.choice("mode", default: .numpy)
        self.version = version
        guard mode != .bidirectional || version >= 3 else {
            throw VireoError(.malformedFile, "Broadcast-1 with mode bidirectional, which version 3 adds")
        }
    }

    public var type: String { "Broadcast" }
    public var attributes: [Attribute] { [Attribute("mode", .string(mode.rawValue))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2...3)
        let elementType = inputs[0].elementType
        guard let target = try inputs.integers(1) else { return [ValueType(elementType, .unranked)] }
        guard target.allSatisfy({ $0 >= 0 }) else { throw VireoError(.invalidArgument, "target shape \(target)") }
        let shape = PartialShape.ranked(target.map { Dimension($0) })
        switch mode {
        case .explicit:
            if let axes = try inputs.count == 3 ? inputs.integers(2) : nil, let data = inputs[0].shape.dimensions {
                guard axes.count == data.count, axes.allSatisfy({ target.indices.contains($0) }) else {
                    throw VireoError(.invalidArgument, "axes \(axes) map \(inputs[0].shape) onto \(shape)")
                }
            }
            return [ValueType(elementType, shape)]
        case .bidirectional: return [ValueType(elementType, try inputs[0].shape.broadcast(with: shape))]
        case .numpy:
            let result = try inputs[0].shape.broadcast(with: shape)
            guard result == shape || !inputs[0].shape.isStatic else {
                throw VireoError(.invalidArgument, "\(inputs[0].shape) does not broadcast to \(shape)")
            }
            return [ValueType(elementType, shape)]
        }
    }
}

/// Repeats the whole input along each axis as often as the second input says.
public struct Tile: Operation {
    public init() {}
    public var type: String { "Tile" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        let elementType = inputs[0].elementType
        guard var data = inputs[0].shape.dimensions, var repeats = try inputs.integers(1), repeats.count <= 64 else {
            return [ValueType(elementType, .unranked)]
        }
        guard repeats.allSatisfy({ $0 >= 0 }) else { throw VireoError(.invalidArgument, "repeats \(repeats)") }
        let rank = max(data.count, repeats.count)
        data = Array(repeating: 1, count: rank - data.count) + data
        repeats = Array(repeating: 1, count: rank - repeats.count) + repeats
        var result: [Dimension] = []
        for (dimension, count) in zip(data, repeats) {
            guard let extent = dimension.value else {
                result.append(count == 1 ? dimension : .dynamic)
                continue
            }
            let (product, overflow) = extent.multipliedReportingOverflow(by: count)
            guard !overflow else { throw VireoError(.invalidArgument, "\(extent) repeated \(count) times") }
            result.append(Dimension(product))
        }
        return [ValueType(elementType, .ranked(result))]
    }
}
