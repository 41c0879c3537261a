import VireoTensor

/// The discrete Fourier transform along some axes. Complex numbers are pairs on a last axis of two.
/// Inputs: data, axes, and optionally the extents to which the data is cut or filled with zeros before (-1: as it is).
public struct FourierTransform: Operation {
    public enum Kind: String, CaseIterable, Sendable {
        case forward = "DFT"
        case inverse = "IDFT"
        /// Of real data: half of the last of the axes, which tells the other half.
        case real = "RDFT"
        /// To real data from such a half.
        case inverseReal = "IRDFT"
    }

    public let kind: Kind

    init(_ kind: Kind) { self.kind = kind }

    public var type: String { kind.rawValue }
    public var version: Int { [.forward, .inverse].contains(kind) ? 7 : 9 }
    public var attributes: [Attribute] { [] }
    public var isInverse: Bool { [.inverse, .inverseReal].contains(kind) }

    /// What becomes of the axes of data of some rank, not counting the pairs.
    public struct Plan {
        /// The axes, in the order in which they are given.
        public let axes: [Int]
        /// For each of them its extent; nil: as the data has it.
        public let extents: [Int?]
    }

    /// - Parameters:
    ///   - rank: of the data, without the axis of the pairs.
    ///   - extents: the third input, when there is one.
    /// - Throws: `invalidArgument` for axes that are not there or are named twice, and for extents that are none.
    public func plan(rank: Int, axes: [Int], extents: [Int]?) throws(VireoError) -> Plan {
        var places: [Int] = []
        for axis in axes { places.append(try normalizedAxis(axis, rank: rank)) }
        guard Set(places).count == places.count, !places.isEmpty, extents?.count ?? axes.count == axes.count else {
            throw VireoError(.invalidArgument, "\(type) along the axes \(axes) with the extents \(extents ?? [])")
        }
        var sizes: [Int?] = []
        for extent in extents ?? axes.map({ _ in -1 }) {
            guard extent == -1 || (1...1 << 32).contains(extent) else {
                throw VireoError(.invalidArgument, "\(type) of an extent of \(extent)")
            }
            sizes.append(extent == -1 ? nil : extent)
        }
        return Plan(axes: places, extents: sizes)
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2...3)
        let elementType = inputs[0].elementType
        guard var dimensions = inputs[0].shape.dimensions else { return [ValueType(elementType, .unranked)] }
        if kind != .real {
            guard dimensions.popLast()?.isCompatible(with: 2) ?? false else {
                throw VireoError(.invalidArgument, "\(type) of \(inputs[0]), which does not end in pairs")
            }
        }
        let axes = try inputs.integers(1)
        let extents = inputs.count == 3 ? try inputs.integers(2) : nil
        if let axes, inputs.count == 2 || extents != nil {
            let plan = try plan(rank: dimensions.count, axes: axes, extents: extents)
            for (axis, extent) in zip(plan.axes, plan.extents) {
                if let extent { dimensions[axis] = Dimension(extent) }
            }
            let last = plan.axes[plan.axes.count - 1]
            if kind == .real { dimensions[last] = dimensions[last].value.map { Dimension($0 / 2 + 1) } ?? .dynamic }
            if kind == .inverseReal, plan.extents[plan.extents.count - 1] == nil {
                dimensions[last] = dimensions[last].value.map { Dimension(2 * max($0 - 1, 0)) } ?? .dynamic
            }
        } else {
            dimensions = dimensions.map { _ in .dynamic }
        }
        return [ValueType(elementType, .ranked(dimensions + (kind == .inverseReal ? [] : [2])))]
    }
}
