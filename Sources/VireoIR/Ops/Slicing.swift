import VireoTensor

/// Extends each axis. Inputs: data, pads_begin, pads_end, and the value for mode constant (0 when left out).
public struct Pad: Operation {
    public enum Mode: String, CaseIterable, Sendable {
        case constant
        case edge
        case reflect
        case symmetric
    }

    public let mode: Mode
    public let version: Int

    public init(mode: Mode = .constant) {
        self.mode = mode
        version = 1
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        mode = try attributes.choice("pad_mode")
        self.version = version
    }

    public var type: String { "Pad" }
    public var attributes: [Attribute] { [Attribute("pad_mode", .string(mode.rawValue))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(3...4)
        guard let data = inputs[0].shape.dimensions else { return [inputs[0]] }
        guard let begin = try inputs.integers(1), let end = try inputs.integers(2) else {
            return [ValueType(inputs[0].elementType, .ranked(data.map { _ in .dynamic }))]
        }
        guard begin.count == data.count, end.count == data.count else {
            throw VireoError(.invalidArgument, "pads \(begin) and \(end) for rank \(data.count)")
        }
        let limit = 1 << 40
        guard (begin + end).allSatisfy({ (version >= 12 ? -limit...limit : 0...limit).contains($0) }) else {
            throw VireoError(.invalidArgument, "pads \(begin) and \(end)")
        }
        let result = try data.enumerated().map { axis, dimension -> Dimension in
            guard let extent = dimension.value else { return .dynamic }
            let padded = extent + begin[axis] + end[axis]
            guard padded >= 0 else { throw VireoError(.invalidArgument, "pads take more than axis \(axis) has") }
            let reach = max(begin[axis], end[axis])
            if mode == .reflect && reach >= extent && reach > 0 || mode == .symmetric && reach > extent
                || mode == .edge && extent == 0 && reach > 0
            {
                throw VireoError(
                    .invalidArgument, "\(mode) pads of \(reach) need more than the \(extent) elements of axis \(axis)")
            }
            return Dimension(padded)
        }
        return [ValueType(inputs[0].elementType, .ranked(result))]
    }
}

/// A regular part of the input, axes added or removed on the way. Inputs: data, begin, end, and strides (1 when left
/// out).
/// In begin_mask and end_mask a 1 ignores the index, as in TensorFlow: the slice begins or ends where the axis does.
public struct StridedSlice: Operation {
    public let beginMask: [Int]
    public let endMask: [Int]
    public let newAxisMask: [Int]
    public let shrinkAxisMask: [Int]
    public let ellipsisMask: [Int]

    public init(
        beginMask: [Int] = [], endMask: [Int] = [], newAxisMask: [Int] = [], shrinkAxisMask: [Int] = [],
        ellipsisMask: [Int] = []
    ) {
        self.beginMask = beginMask
        self.endMask = endMask
        self.newAxisMask = newAxisMask
        self.shrinkAxisMask = shrinkAxisMask
        self.ellipsisMask = ellipsisMask
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.init(
            beginMask: try attributes.integers("begin_mask"), endMask: try attributes.integers("end_mask"),
            newAxisMask: try attributes.integers("new_axis_mask", default: []),
            shrinkAxisMask: try attributes.integers("shrink_axis_mask", default: []),
            ellipsisMask: try attributes.integers("ellipsis_mask", default: []))
        for mask in [beginMask, endMask, newAxisMask, shrinkAxisMask, ellipsisMask] {
            guard mask.allSatisfy({ $0 == 0 || $0 == 1 }) else {
                throw VireoError(.malformedFile, "a StridedSlice mask of \(mask): only 0 and 1 are allowed")
            }
        }
    }

    public var type: String { "StridedSlice" }
    public var version: Int { 1 }
    public var attributes: [Attribute] {
        [
            Attribute("begin_mask", .integers(beginMask)), Attribute("end_mask", .integers(endMask)),
            Attribute("new_axis_mask", .integers(newAxisMask)),
            Attribute("shrink_axis_mask", .integers(shrinkAxisMask)),
            Attribute("ellipsis_mask", .integers(ellipsisMask)),
        ]
    }

    /// What happens to one axis of the input, or the axis that is added.
    public enum Step: Equatable, Sendable {
        case newAxis
        /// Every `stride`-th element from `start` on, `count` of them; one that is `shrunk` leaves no axis.
        case slice(start: Int, stride: Int, count: Int, shrunk: Bool)
    }

    /// The plan for an input shape.
    public func plan(_ shape: [Int], begin: [Int], end: [Int], strides: [Int]?) throws(VireoError) -> [Step] {
        let strides = strides ?? begin.map { _ in 1 }
        guard begin.count == end.count, begin.count == strides.count else {
            throw VireoError(.invalidArgument, "begin \(begin), end \(end) and strides \(strides) differ in length")
        }
        func bit(_ mask: [Int], _ index: Int) -> Bool { index < mask.count && mask[index] == 1 }
        let added = begin.indices.count { bit(newAxisMask, $0) && !bit(ellipsisMask, $0) }
        let ellipses = begin.indices.count { bit(ellipsisMask, $0) }
        guard ellipses <= 1 else { throw VireoError(.invalidArgument, "ellipsis_mask has \(ellipses) bits set") }
        let covered = begin.count - added - ellipses
        guard covered <= shape.count else {
            throw VireoError(.invalidArgument, "\(covered) indices for a tensor of rank \(shape.count)")
        }
        var steps: [Step] = []
        var axis = 0
        func whole(_ axis: Int) -> Step { .slice(start: 0, stride: 1, count: shape[axis], shrunk: false) }
        for index in begin.indices {
            if bit(ellipsisMask, index) {
                for _ in 0..<(shape.count - covered) {
                    steps.append(whole(axis))
                    axis += 1
                }
            } else if bit(newAxisMask, index) {
                steps.append(.newAxis)
            } else {
                let extent = shape[axis]
                let stride = strides[index]
                guard stride != 0, stride != .min else { throw VireoError(.invalidArgument, "a stride of \(stride)") }
                func position(_ value: Int, _ lower: Int, _ upper: Int) -> Int {
                    let clamped = max(min(value, extent), -extent - 1)
                    return max(lower, min(upper, clamped < 0 ? clamped + extent : clamped))
                }
                if bit(shrinkAxisMask, index) {
                    let start = begin[index] < 0 ? begin[index] &+ extent : begin[index]
                    guard (0..<extent).contains(start) else {
                        throw VireoError(.invalidArgument, "index \(begin[index]) of an axis of \(extent)")
                    }
                    steps.append(.slice(start: start, stride: 1, count: 1, shrunk: true))
                } else if stride > 0 {
                    let start = bit(beginMask, index) ? 0 : position(begin[index], 0, extent)
                    let stop = bit(endMask, index) ? extent : position(end[index], 0, extent)
                    let count = stop > start ? (stop - start - 1) / stride + 1 : 0
                    steps.append(.slice(start: start, stride: stride, count: count, shrunk: false))
                } else {
                    let start = bit(beginMask, index) ? extent - 1 : position(begin[index], -1, extent - 1)
                    let stop = bit(endMask, index) ? -1 : position(end[index], -1, extent - 1)
                    let count = start > stop ? (start - stop - 1) / -stride + 1 : 0
                    steps.append(.slice(start: start, stride: stride, count: count, shrunk: false))
                }
                axis += 1
            }
        }
        while axis < shape.count {
            steps.append(whole(axis))
            axis += 1
        }
        return steps
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(3...4)
        let elementType = inputs[0].elementType
        guard let shape = inputs[0].shape.shape, let begin = try inputs.integers(1), let end = try inputs.integers(2)
        else {
            return [ValueType(elementType, .unranked)]
        }
        let strides = inputs.count == 4 ? try inputs.integers(3) : begin.map { _ in 1 }
        guard let strides else { return [ValueType(elementType, .unranked)] }
        let result = try plan(shape.dimensions, begin: begin, end: end, strides: strides).compactMap {
            step -> Dimension? in
            switch step {
            case .newAxis: 1
            case .slice(_, _, let count, let shrunk): shrunk ? nil : Dimension(count)
            }
        }
        return [ValueType(elementType, .ranked(result))]
    }
}

/// Slices of the data at the indices, along the axis of the third input.
/// Version 7 adds batch_dims; version 8 lets indices count from the back.
public struct Gather: Operation {
    public let batchDims: Int
    public let version: Int

    public init(batchDims: Int = 0) {
        self.batchDims = batchDims
        version = 8
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        batchDims = version >= 7 ? try attributes.integer("batch_dims", default: 0) : 0
        self.version = version
    }

    public var type: String { "Gather" }
    public var attributes: [Attribute] { version >= 7 ? [Attribute("batch_dims", .integer(batchDims))] : [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(3)
        let elementType = inputs[0].elementType
        guard let data = inputs[0].shape.dimensions, let indices = inputs[1].shape.dimensions,
            let axes = try inputs.integers(2)
        else { return [ValueType(elementType, .unranked)] }
        guard axes.count == 1 else { throw VireoError(.invalidArgument, "the axis must be one number") }
        let axis = try normalizedAxis(axes[0], rank: data.count)
        let batch = batchDims < 0 ? batchDims &+ indices.count : batchDims
        guard batch >= 0, batch <= axis, batch <= indices.count else {
            throw VireoError(.invalidArgument, "batch_dims \(batchDims) with axis \(axis)")
        }
        return [
            ValueType(
                elementType, .ranked(Array(data[..<axis]) + Array(indices[batch...]) + Array(data[(axis + 1)...])))
        ]
    }
}
