/// The minimal filtering algorithm F(4 x 4, 3 x 3): 36 products for the 16 outputs of a tile where the direct sum takes
/// 144. S. Winograd, "Arithmetic Complexity of Computations", 1980; A. Lavin and S. Gray, "Fast Algorithms for
/// Convolutional Neural Networks", 2015. The points are 0, 5/8, -5/8, 3/2, -3/2 and infinity, which keep the matrices'
/// entries near 1: with 1 and 2 in their place VGG-16's logits were off by 2.6e-4, more than the goldens allow.
///
/// Inputs and filters are transformed along both axes, multiplied position by position and summed over channels, and
/// the sums are transformed to outputs. In single precision its errors are about ten times those of the direct sum.
public enum Winograd {
    /// Outputs along a tile's side.
    public static let outputs = 4
    /// Inputs along a tile's side.
    public static let inputs = 6
    public static let positions = inputs * inputs
    public static let taps = 9
    /// The points other than 0 and infinity are `inner`, `outer` and their negatives.
    public static let (inner, outer): (Float, Float) = (0.625, 1.5)

    /// Transforms one filter of 3 x 3, row-major.
    /// - Parameters:
    ///   - result: gets the 36 numbers, rows first, each `stride` elements after the last.
    public static func transform(
        filter: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>, stride: Int
    ) {
        func row(_ y: Int) -> SIMD4<Double> {
            SIMD4(Double(filter[3 * y]), Double(filter[3 * y + 1]), Double(filter[3 * y + 2]), 0)
        }
        func store(_ y: Int, _ line: SIMD4<Double>) {
            let numbers = transform(SIMD2(line.x, 0), SIMD2(line.y, 0), SIMD2(line.z, 0))
            let target = result + y * inputs * stride
            target[0] = Float(numbers.0.x)
            target[stride] = Float(numbers.1.x)
            target[2 * stride] = Float(numbers.2.x)
            target[3 * stride] = Float(numbers.3.x)
            target[4 * stride] = Float(numbers.4.x)
            target[5 * stride] = Float(numbers.5.x)
        }
        let rows = transform(row(0), row(1), row(2))
        store(0, rows.0)
        store(1, rows.1)
        store(2, rows.2)
        store(3, rows.3)
        store(4, rows.4)
        store(5, rows.5)
    }

    /// One axis of several filters.
    @inline(__always)
    private static func transform<Vector: SIMD<Double>>(_ a: Vector, _ b: Vector, _ c: Vector) -> (
        Vector, Vector, Vector, Vector, Vector, Vector
    ) {
        let (p, q) = (Double(inner), Double(outer))
        let (near, far) = (1 / (2 * p * p * (p * p - q * q)), 1 / (2 * q * q * (q * q - p * p)))
        return (
            a * (1 / (p * p * q * q)), (a + b * p + c * (p * p)) * near, (a - b * p + c * (p * p)) * near,
            (a + b * q + c * (q * q)) * far, (a - b * q + c * (q * q)) * far, c
        )
    }
}
