/// Single-precision functions without branches, so that loops over them become vector code.
enum VectorMath {
    /// e to the power of x, within 2 units in the last place. Range reduction by log 2 and the polynomial of S. L.
    /// Moshier's Cephes library.
    @inline(__always)
    static func exp(_ x: Float) -> Float {
        let bounded = x > 89 ? 89 : (x < -104 ? -104 : x)
        // Adding 1.5 * 2^23 leaves the nearest integer in the low bits of the significand.
        let shifted = bounded * 1.442_695_04 + 12_582_912
        let power = shifted - 12_582_912
        let rest = (bounded - power * 0.693_359_375) + power * 2.121_944_40e-4
        var sum: Float = 1.987_569_150_0e-4
        sum = sum * rest + 1.398_199_950_7e-3
        sum = sum * rest + 8.333_451_907_3e-3
        sum = sum * rest + 4.166_579_589_4e-2
        sum = sum * rest + 1.666_666_545_9e-1
        sum = sum * rest + 5.000_000_120_1e-1
        let significand = sum * rest * rest + rest + 1
        // In two factors, since one alone cannot express the smallest and largest results.
        let exponent = Int32(bitPattern: shifted.bitPattern) &- 0x4B40_0000
        let half = exponent &>> 1
        return significand * powerOfTwo(half) * powerOfTwo(exponent &- half)
    }

    @inline(__always)
    private static func powerOfTwo(_ exponent: Int32) -> Float {
        Float(bitPattern: UInt32(bitPattern: exponent &+ 127) &<< 23)
    }

    @inline(__always)
    static func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }

    /// The hyperbolic tangent: near zero Cephes' polynomial, elsewhere by the exponential.
    @inline(__always)
    static func tanh(_ x: Float) -> Float {
        let square = x * x
        var sum: Float = -5.704_988_727_45e-3
        sum = sum * square + 2.063_908_879_54e-2
        sum = sum * square - 5.373_971_555_31e-2
        sum = sum * square + 1.333_144_220_36e-1
        sum = sum * square - 3.333_328_194_22e-1
        let near = sum * square * x + x
        let magnitude = x < 0 ? -x : x
        let far = 1 - 2 / (exp(2 * magnitude) + 1)
        return magnitude < 0.625 ? near : (x < 0 ? -far : far)
    }

    // MARK: - Whole rows

    /// `destination[i] = function(source[i])`; the two may be the same memory.
    @inline(__always)
    static func map(
        _ source: UnsafePointer<Float>, _ destination: UnsafeMutablePointer<Float>, _ count: Int,
        _ function: (Float) -> Float
    ) {
        for index in 0..<count { destination[index] = function(source[index]) }
    }

    static func sum(_ source: UnsafePointer<Float>, _ count: Int) -> Float {
        fold(source, count, 0) {
            $0 + $1
        } scalar: {
            $0 + $1
        }
    }

    static func maximum(_ source: UnsafePointer<Float>, _ count: Int) -> Float {
        fold(source, count, -.infinity) {
            $0.replacing(with: $1, where: $0 .< $1)
        } scalar: {
            $0 < $1 ? $1 : $0
        }
    }

    @inline(__always)
    private static func fold(
        _ source: UnsafePointer<Float>, _ count: Int, _ identity: Float,
        _ vector: (SIMD16<Float>, SIMD16<Float>) -> SIMD16<Float>, scalar: (Float, Float) -> Float
    ) -> Float {
        var lanes = SIMD16<Float>(repeating: identity)
        var index = 0
        while index + 16 <= count {
            lanes = vector(lanes, load(source + index))
            index += 16
        }
        var result = identity
        for lane in 0..<16 { result = scalar(result, lanes[lane]) }
        while index < count {
            result = scalar(result, source[index])
            index += 1
        }
        return result
    }

    /// As many elements as the vector has, from any address.
    @inline(__always)
    static func load<Vector: SIMD>(_ source: UnsafePointer<Float>) -> Vector where Vector.Scalar == Float {
        UnsafeRawPointer(source).loadUnaligned(as: Vector.self)
    }

    @inline(__always)
    static func store<Vector: SIMD>(_ vector: Vector, _ destination: UnsafeMutablePointer<Float>)
    where Vector.Scalar == Float {
        UnsafeMutableRawPointer(destination).storeBytes(of: vector, as: Vector.self)
    }
}
