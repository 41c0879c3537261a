import VireoPluginKit

/// The transformations of eight tiles at once.
extension Winograd {
    typealias Six = (
        SIMD8<Float>, SIMD8<Float>, SIMD8<Float>, SIMD8<Float>, SIMD8<Float>, SIMD8<Float>
    )
    typealias Four = (SIMD8<Float>, SIMD8<Float>, SIMD8<Float>, SIMD8<Float>)

    /// One axis of the inputs of eight tiles.
    @inline(__always)
    static func transform(inputs d: Six) -> Six {
        let (p, q) = (inner * inner, outer * outer)
        let a = d.4 - d.2 * q
        let b = (d.3 - d.1 * q) * inner
        let c = d.4 - d.2 * p
        let e = (d.3 - d.1 * p) * outer
        return (
            d.0 * (p * q) - d.2 * (p + q) + d.4, a + b, a - b, c + e, c - e, d.1 * (p * q) - d.3 * (p + q) + d.5
        )
    }

    /// One axis of the outputs of eight tiles.
    @inline(__always)
    static func transform(products m: Six) -> Four {
        let (a, b) = (m.1 + m.2, m.1 - m.2)
        let (c, d) = (m.3 + m.4, m.3 - m.4)
        let (p, q) = (inner, outer)
        return (m.0 + a + c, b * p + d * q, a * (p * p) + c * (q * q), b * (p * p * p) + d * (q * q * q) + m.5)
    }

    /// Six vectors, the first at `source` and each `stride` elements after the last.
    @inline(__always)
    static func load(_ source: UnsafePointer<Float>, stride: Int) -> Six {
        (
            VectorMath.load(source), VectorMath.load(source + stride), VectorMath.load(source + 2 * stride),
            VectorMath.load(source + 3 * stride), VectorMath.load(source + 4 * stride),
            VectorMath.load(source + 5 * stride)
        )
    }

    @inline(__always)
    static func store(_ vectors: Six, _ target: UnsafeMutablePointer<Float>, stride: Int) {
        VectorMath.store(vectors.0, target)
        VectorMath.store(vectors.1, target + stride)
        VectorMath.store(vectors.2, target + 2 * stride)
        VectorMath.store(vectors.3, target + 3 * stride)
        VectorMath.store(vectors.4, target + 4 * stride)
        VectorMath.store(vectors.5, target + 5 * stride)
    }

    /// A row of four outputs of each of eight tiles, side by side.
    @inline(__always)
    static func store(row: Four, _ target: UnsafeMutablePointer<Float>) {
        var even = SIMD16<Float>()
        even.evenHalf = row.0
        even.oddHalf = row.2
        var odd = SIMD16<Float>()
        odd.evenHalf = row.1
        odd.oddHalf = row.3
        var all = SIMD32<Float>()
        all.evenHalf = even
        all.oddHalf = odd
        VectorMath.store(all, target)
    }
}
