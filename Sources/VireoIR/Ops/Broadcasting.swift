import VireoTensor

/// How the shapes of two operands are brought together.
public enum AutoBroadcast: String, CaseIterable, Sendable {
    case none
    case numpy
}

extension PartialShape {
    /// The shape of an elementwise operation on `self` and `other`, aligned at the last axis.
    /// - Throws: `invalidArgument` when two dimensions differ and neither is 1.
    public func broadcast(with other: PartialShape) throws(VireoError) -> PartialShape {
        guard let left = dimensions, let right = other.dimensions else { return .unranked }
        let rank = max(left.count, right.count)
        var result: [Dimension] = []
        for axis in 0..<rank {
            let a = axis < rank - left.count ? 1 : left[axis - (rank - left.count)]
            let b = axis < rank - right.count ? 1 : right[axis - (rank - right.count)]
            switch (a.value, b.value) {
            case (1?, _): result.append(b)
            case (_, 1?): result.append(a)
            case (let x?, let y?):
                guard x == y else {
                    throw VireoError(.invalidArgument, "shapes \(self) and \(other) do not broadcast")
                }
                result.append(a)
            // A known extent above 1 decides: the unknown one is equal to it or 1.
            case (_?, nil): result.append(a)
            case (nil, _?): result.append(b)
            case (nil, nil): result.append(a == b ? a : .dynamic)
            }
        }
        return .ranked(result)
    }
}
