import Glibc
import VireoIR
import VireoTensor

func rotatedRegionAlignment(_ operation: RotatedRegionAlignment, _ call: Call) throws -> [Tensor] {
    let features = try FeatureMaps(call)
    let numbers = try call.floats(1)
    let images = try call.integers(2)
    guard images.allSatisfy((0..<features.images).contains) else {
        throw VireoError(.invalidArgument, "regions of images \(images) among \(features.images)")
    }
    let scale = Float(operation.spatialScale)
    let regions = try stride(from: 0, to: numbers.count, by: 5).map { first in
        let size = SIMD2(numbers[first + 2], numbers[first + 3]) * scale
        return try (
            centre: SIMD2(numbers[first], numbers[first + 1]) * scale - 0.5,
            turn: Turn(numbers[first + 4], isClockwise: operation.isClockwise),
            grid: SampleGrid(
                size / -2, size, rows: operation.height, columns: operation.width,
                samplingRatio: operation.samplingRatio)
        )
    }
    return [
        try FeatureMaps.pooled(images.count, call) { number, channel, y, x in
            let region = regions[number]
            return features.mean(region.grid, features.plane(images[number], channel), y, x) { point in
                region.turn(point) + region.centre
            }
        }
    ]
}

func rotatedSuppression(_ operation: RotatedSuppression, _ call: Call) throws -> [Tensor] {
    let numbers = try call.floats(0)
    let boxes = stride(from: 0, to: numbers.count, by: 5).map { first in
        RotatedBox(
            centre: SIMD2(numbers[first], numbers[first + 1]), size: SIMD2(numbers[first + 2], numbers[first + 3]),
            turn: Turn(numbers[first + 4], isClockwise: operation.isClockwise))
    }
    return try suppressed(call, sorted: operation.sortsResults) { boxes[$0].overlap(with: boxes[$1]) }
}

/// A rotation around the origin.
private struct Turn {
    private let cosine: Float
    private let sine: Float

    init(_ angle: Float, isClockwise: Bool) {
        cosine = cosf(angle)
        sine = isClockwise ? sinf(angle) : -sinf(angle)
    }

    func callAsFunction(_ point: SIMD2<Float>) -> SIMD2<Float> {
        SIMD2(point.x * cosine - point.y * sine, point.x * sine + point.y * cosine)
    }
}

private struct RotatedBox {
    let centre: SIMD2<Float>
    let size: SIMD2<Float>
    let turn: Turn

    /// The corners, around the box.
    private var corners: [SIMD2<Float>] {
        let half = size / 2
        return [SIMD2(-half.x, -half.y), SIMD2(half.x, -half.y), half, SIMD2(-half.x, half.y)].map {
            turn($0) + centre
        }
    }

    /// The quotient of the intersection's area by the union's.
    func overlap(with other: RotatedBox) -> Float {
        let (first, second) = (size.x * size.y, other.size.x * other.size.y)
        guard first > 0, second > 0 else { return 0 }
        let shared = area(of: clipped(corners, by: other.corners))
        return shared / (first + second - shared)
    }
}

/// What of a convex polygon lies within another (Sutherland and Hodgman).
private func clipped(_ polygon: [SIMD2<Float>], by window: [SIMD2<Float>]) -> [SIMD2<Float>] {
    var polygon = polygon
    for (number, start) in window.enumerated() {
        let edge = window[(number + 1) % window.count] - start
        /// Positive inside.
        func side(_ point: SIMD2<Float>) -> Float { edge.x * (point.y - start.y) - edge.y * (point.x - start.x) }
        var kept: [SIMD2<Float>] = []
        for (index, point) in polygon.enumerated() {
            let next = polygon[(index + 1) % polygon.count]
            let (here, there) = (side(point), side(next))
            if here >= 0 { kept.append(point) }
            if (here > 0 && there < 0) || (here < 0 && there > 0) {
                kept.append(point + (next - point) * (here / (here - there)))
            }
        }
        polygon = kept
    }
    return polygon
}

private func area(of polygon: [SIMD2<Float>]) -> Float {
    var twice: Float = 0
    for (index, point) in polygon.enumerated() {
        let next = polygon[(index + 1) % polygon.count]
        twice += point.x * next.y - point.y * next.x
    }
    return abs(twice) / 2
}
