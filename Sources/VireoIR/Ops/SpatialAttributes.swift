import VireoTensor

/// How the borders of a convolution or pool are padded.
public enum AutoPad: String, CaseIterable, Sendable {
    case explicit
    case sameUpper = "same_upper"
    case sameLower = "same_lower"
    case valid
}

/// How an output extent that does not divide evenly is rounded.
public enum RoundingType: String, CaseIterable, Sendable {
    case floor
    case ceil
    /// As `ceil`, but no window begins in the pads at the end.
    case ceilTorch = "ceil_torch"
}

/// Strides, dilations and pads of a window that slides over the spatial axes.
public struct SlidingWindow: Sendable, Equatable {
    public var strides: [Int]
    public var dilations: [Int]
    public var padsBegin: [Int]
    public var padsEnd: [Int]
    public var autoPad: AutoPad

    public init(
        strides: [Int], dilations: [Int]? = nil, padsBegin: [Int]? = nil, padsEnd: [Int]? = nil,
        autoPad: AutoPad = .explicit
    ) {
        self.strides = strides
        self.dilations = dilations ?? strides.map { _ in 1 }
        self.padsBegin = padsBegin ?? strides.map { _ in 0 }
        self.padsEnd = padsEnd ?? strides.map { _ in 0 }
        self.autoPad = autoPad
    }

    init(_ attributes: AttributeReader, hasDilations: Bool) throws {
        let strides = try attributes.integers("strides")
        let ones = strides.map { _ in 1 }
        let zeros = strides.map { _ in 0 }
        self.init(
            strides: strides,
            dilations: hasDilations ? try attributes.integers("dilations", default: ones) : ones,
            padsBegin: try attributes.integers("pads_begin", default: zeros),
            padsEnd: try attributes.integers("pads_end", default: zeros),
            autoPad: try attributes.choice("auto_pad", default: .explicit))
        let lists = [self.strides, self.dilations, padsBegin, padsEnd]
        guard lists.allSatisfy({ $0.count == strides.count }), !strides.isEmpty else {
            throw VireoError(.malformedFile, "strides, dilations and pads have different lengths")
        }
        let limit = 1 << 24
        guard self.strides.allSatisfy({ (1...limit).contains($0) }),
            self.dilations.allSatisfy({ (1...limit).contains($0) }),
            (padsBegin + padsEnd).allSatisfy({ (-limit...limit).contains($0) })
        else {
            throw VireoError(.malformedFile, "strides and dilations must be positive, and pads of a sensible size")
        }
    }

    public var spatialRank: Int { strides.count }

    func attributes(dilations hasDilations: Bool) -> [Attribute] {
        var list = [Attribute("strides", .integers(strides))]
        if hasDilations { list.append(Attribute("dilations", .integers(dilations))) }
        return list + [Attribute("pads_begin", .integers(padsBegin)), Attribute("pads_end", .integers(padsEnd))]
    }

    /// The extent that a kernel of `extent` covers with the gaps of the dilation.
    private func reach(_ extent: Int, _ axis: Int) -> Int { (extent - 1) * dilations[axis] + 1 }

    /// The output extents for these inputs.
    /// - Throws: `invalidArgument` when the kernel is larger than the padded input.
    func outputDimensions(
        _ input: ArraySlice<Dimension>, kernel: [Dimension], rounding: RoundingType = .floor
    ) throws(VireoError) -> [Dimension] {
        var result: [Dimension] = []
        for (axis, dimension) in input.enumerated() {
            guard let extent = dimension.value, let size = kernel[axis].value else {
                result.append(.dynamic)
                continue
            }
            guard size > 0, size <= 1 << 24 else { throw VireoError(.invalidArgument, "a kernel extent of \(size)") }
            let pads: Int
            switch autoPad {
            case .explicit: pads = padsBegin[axis] + padsEnd[axis]
            case .valid: pads = 0
            case .sameUpper, .sameLower:
                let steps = (extent + strides[axis] - 1) / strides[axis]
                guard rounding != .floor else {
                    result.append(Dimension(steps))
                    continue
                }
                // The pads that make these steps even; what they leave is rounded as anything else.
                pads = max((steps - 1) * strides[axis] + reach(size, axis) - extent, 0)
            }
            let room = extent + pads - reach(size, axis)
            guard room >= 0 else {
                throw VireoError(
                    .invalidArgument,
                    "a kernel that reaches over \(reach(size, axis)) does not fit an input of \(extent) with pads \(pads)"
                )
            }
            var steps = rounding == .floor ? room / strides[axis] : (room + strides[axis] - 1) / strides[axis]
            let begin = autoPad == .explicit ? padsBegin[axis] : pads / 2
            if rounding == .ceilTorch, steps * strides[axis] >= extent + begin { steps -= 1 }
            result.append(Dimension(steps + 1))
        }
        return result
    }

    /// The same window with explicit pads, given the extents that `autoPad` depends on.
    /// TensorFlow's SAME is `sameUpper`: the odd element goes to the end.
    public func resolvingAutoPad(input: [Int], kernel: [Int]) -> SlidingWindow {
        guard autoPad != .explicit else { return self }
        var window = self
        window.autoPad = .explicit
        for axis in strides.indices {
            var total = 0
            if autoPad != .valid {
                let outputs = (input[axis] + strides[axis] - 1) / strides[axis]
                total = max((outputs - 1) * strides[axis] + reach(kernel[axis], axis) - input[axis], 0)
            }
            let smaller = total / 2
            window.padsBegin[axis] = autoPad == .sameLower ? total - smaller : smaller
            window.padsEnd[axis] = total - window.padsBegin[axis]
        }
        return window
    }
}
