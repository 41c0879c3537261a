import VireoTensor

/// A regular part of the input. Inputs: data, start, stop, step, and the axes they are for (the first ones when left
/// out).
public struct Slice: Operation {
    public init() {}
    public var type: String { "Slice" }
    public var version: Int { 8 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(4...5)
        let elementType = inputs[0].elementType
        guard let dimensions = inputs[0].shape.dimensions else { return [inputs[0]] }
        guard let part = try SlicedPart(inputs, first: 1) else {
            return [ValueType(elementType, .ranked(dimensions.map { _ in .dynamic }))]
        }
        guard let shape = inputs[0].shape.shape else {
            let touched = Set(try part.axes(rank: dimensions.count))
            return [
                ValueType(
                    elementType, .ranked(dimensions.enumerated().map { touched.contains($0) ? .dynamic : $1 }))
            ]
        }
        return [ValueType(elementType, .ranked(try part.steps(shape.dimensions).map { Dimension($0.count) }))]
    }
}

/// The first input with a regular part of it replaced by the second. Inputs: data, updates, start, stop, step, and
/// axes.
public struct SliceScatter: Operation {
    public init() {}
    public var type: String { "SliceScatter" }
    public var version: Int { 15 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(5...6)
        _ = try inputs.requireSameElementType(0, 1)
        if let shape = inputs[0].shape.shape, let part = try SlicedPart(inputs, first: 2) {
            let wanted = PartialShape.ranked(try part.steps(shape.dimensions).map { Dimension($0.count) })
            guard inputs[1].shape.isCompatible(with: wanted) else {
                throw VireoError(.invalidArgument, "updates of \(inputs[1].shape), and \(wanted) is needed")
            }
        }
        return [inputs[0]]
    }
}

/// Which elements of some axes are meant.
public struct SlicedPart {
    /// Every `stride`-th element from `start` on, `count` of them.
    public struct Step: Equatable, Sendable {
        public let start: Int
        public let stride: Int
        public let count: Int
    }

    private let start: [Int]
    private let stop: [Int]
    private let step: [Int]
    private let listed: [Int]?

    public init(start: [Int], stop: [Int], step: [Int], axes: [Int]?) throws(VireoError) {
        guard start.count == stop.count, start.count == step.count, axes.map({ $0.count == start.count }) ?? true else {
            throw VireoError(.invalidArgument, "start \(start), stop \(stop) and step \(step) differ in length")
        }
        guard step.allSatisfy({ $0 != 0 && $0 != .min }) else {
            throw VireoError(.invalidArgument, "steps of \(step)")
        }
        (self.start, self.stop, self.step, listed) = (start, stop, step, axes)
    }

    /// From constant inputs; nil when one is unknown.
    init?(_ inputs: InferenceInputs, first: Int) throws {
        guard let start = try inputs.integers(first), let stop = try inputs.integers(first + 1),
            let step = try inputs.integers(first + 2)
        else { return nil }
        let axes = inputs.count > first + 3 ? try inputs.integers(first + 3) : nil
        if inputs.count > first + 3, axes == nil { return nil }
        try self.init(start: start, stop: stop, step: step, axes: axes)
    }

    func axes(rank: Int) throws(VireoError) -> [Int] {
        var axes: [Int] = []
        for axis in listed ?? Array(start.indices) { axes.append(try normalizedAxis(axis, rank: rank)) }
        guard Set(axes).count == axes.count else { throw VireoError(.invalidArgument, "axes \(axes) repeat") }
        return axes
    }

    /// What is taken along each axis of a tensor.
    public func steps(_ shape: [Int]) throws(VireoError) -> [Step] {
        var steps = shape.map { Step(start: 0, stride: 1, count: $0) }
        for (index, axis) in try axes(rank: shape.count).enumerated() {
            let (extent, stride) = (shape[axis], step[index])
            func position(_ value: Int, _ lower: Int, _ upper: Int) -> Int {
                let clamped = max(min(value, extent), -extent - 1)
                return max(lower, min(upper, clamped < 0 ? clamped + extent : clamped))
            }
            if stride > 0 {
                let (first, last) = (position(start[index], 0, extent), position(stop[index], 0, extent))
                steps[axis] = Step(
                    start: first, stride: stride, count: last > first ? (last - first - 1) / stride + 1 : 0)
            } else {
                let (first, last) = (position(start[index], -1, extent - 1), position(stop[index], -1, extent - 1))
                let count = first > last ? (first - last - 1) / -stride + 1 : 0
                steps[axis] = Step(start: first, stride: stride, count: count)
            }
        }
        return steps
    }
}
