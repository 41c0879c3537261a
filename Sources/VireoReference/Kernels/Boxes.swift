import VireoTensor

/// Two opposite corners: the smaller x and y first.
typealias Corners = SIMD4<Float>

/// The quotient of the intersection's area by the union's; 0 of boxes that are apart.
/// - Parameter inclusive: 1 where the last pixel belongs to a box, 0 where a box ends before it.
func overlap(_ left: Corners, _ right: Corners, inclusive: Float) -> Float {
    guard left.x <= right.z, left.y <= right.w, right.x <= left.z, right.y <= left.w else { return 0 }
    let shared = pointwiseMin(left.highHalf, right.highHalf) - pointwiseMax(left.lowHalf, right.lowHalf)
    let size = pointwiseMax(.zero, shared + inclusive)
    func area(_ box: Corners) -> Float { (box.z - box.x + inclusive) * (box.w - box.y + inclusive) }
    return size.x * size.y / (area(left) + area(right) - size.x * size.y)
}

extension Corners {
    /// The width and the height.
    func size(inclusive: Float) -> SIMD2<Float> { highHalf - lowHalf + inclusive }

    /// The box with its centre moved by parts of its size, and its size multiplied by the exponentials of the rest.
    /// - Parameter largestGrowth: what the exponents are limited to.
    func moved(by offset: Corners, inclusive: Float, largestGrowth: Float) -> Corners {
        let size = size(inclusive: inclusive)
        let centre = offset.lowHalf * size + (lowHalf + 0.5 * size)
        let growth = pointwiseMin(offset.highHalf, SIMD2(repeating: largestGrowth))
        let half = 0.5 * (SIMD2(Float.exp(growth.x), Float.exp(growth.y)) * size)
        return Corners(lowHalf: centre - half, highHalf: centre + half - inclusive)
    }
}

/// The largest logarithm of a growth that predicts no nonsense: boxes of 16 pixels become at most as large as 1000.
let largestUsualGrowth = Float(4.135_166_556_742_356)
