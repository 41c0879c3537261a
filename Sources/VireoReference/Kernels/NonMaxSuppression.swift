import VireoIR
import VireoTensor

func nonMaxSuppression(_ operation: NonMaxSuppression, _ call: Call) throws -> [Tensor] {
    let corners = try call.floats(0)
    let boxes = stride(from: 0, to: corners.count, by: 4).map { place in
        box(SIMD4(corners[place], corners[place + 1], corners[place + 2], corners[place + 3]), operation.boxEncoding)
    }
    let tensors = try suppressed(call, sorted: operation.sortsResults) { overlap(boxes[$0], boxes[$1]) }
    return operation.version >= 5 ? tensors : [tensors[0]]
}

/// The boxes of every image and class that no better box hides: their places, their scores and their number.
/// - Parameter overlap: of two boxes, counted over all images.
func suppressed(_ call: Call, sorted: Bool, overlap: (Int, Int) -> Float) throws -> [Tensor] {
    let shape = call.inputs[1].shape
    let (images, classes, count) = (shape[0], shape[1], shape[2])
    let scores = try call.floats(1)
    let suppression = try Suppression(call)
    var finds: [Find] = []
    for image in 0..<images {
        for label in 0..<classes {
            let first = (image * classes + label) * count
            let kept = suppression.kept(scores[first..<first + count]) {
                overlap(image * count + $0, image * count + $1)
            }
            finds += kept.map { Find(image: image, label: label, box: $0.box, score: $0.score) }
        }
    }
    if sorted { finds.sort(by: Find.precedes) }
    let rows: Shape = [finds.count, 3]
    return [
        Tensor(finds.flatMap { [Int64($0.image), Int64($0.label), Int64($0.box)] }, rows),
        Tensor(finds.flatMap { [Float($0.image), Float($0.label), $0.score] }, rows),
        Tensor([Int64(finds.count)]),
    ]
}

func nonZero(_ operation: NonZero, _ call: Call) throws -> [Tensor] {
    let data = call.inputs[0]
    let places =
        switch data.elementType {
        case .i64: data.withUnsafeElements(of: Int64.self) { list in list.indices.filter { list[$0] != 0 } }
        case .f64: data.withUnsafeElements(of: Double.self) { list in list.indices.filter { list[$0] != 0 } }
        default: data.withUnsafeElements(of: Float.self) { list in list.indices.filter { list[$0] != 0 } }
        }
    let columns = zip(data.shape.strides, data.shape.dimensions).flatMap { stride, extent in
        places.map { Int64($0 / stride % extent) }
    }
    return [Tensor(columns, try Shape(validating: [data.shape.rank, places.count]))]
}

/// One box of one image and class.
private struct Find {
    let image: Int
    let label: Int
    let box: Int
    let score: Float

    static func precedes(_ left: Find, _ right: Find) -> Bool {
        if left.score != right.score { return left.score > right.score }
        return (left.image, left.label, left.box) < (right.image, right.label, right.box)
    }
}

/// Smaller coordinates first.
private func box(_ numbers: SIMD4<Float>, _ encoding: NonMaxSuppression.BoxEncoding) -> Corners {
    switch encoding {
    case .corner:
        return Corners(
            lowHalf: pointwiseMin(numbers.lowHalf, numbers.highHalf),
            highHalf: pointwiseMax(numbers.lowHalf, numbers.highHalf))
    case .center:
        let half = numbers.highHalf / 2
        return Corners(lowHalf: numbers.lowHalf - half, highHalf: numbers.lowHalf + half)
    }
}

/// What hides a box.
private struct Suppression {
    private let most: Int
    private let overlapThreshold: Float
    private let scoreThreshold: Float
    private let sigma: Float

    init(_ call: Call) throws {
        func number(_ index: Int) throws -> Float { index < call.inputs.count ? try call.floats(index)[0] : 0 }
        most = call.inputs.count > 2 ? try call.integers(2)[0] : 0
        (overlapThreshold, scoreThreshold, sigma) = (try number(3), try number(4), try number(5))
    }

    struct Candidate {
        let box: Int
        var score: Float
        /// The kept boxes that have lowered the score already.
        var compared = 0

        /// Whether the other is taken first.
        static func follows(_ left: Candidate, _ right: Candidate) -> Bool {
            left.score != right.score ? left.score < right.score : left.box > right.box
        }
    }

    /// The boxes of one class that are kept, best first.
    func kept(_ scores: ArraySlice<Float>, overlap: (Int, Int) -> Float) -> [Candidate] {
        var queue: [Candidate] = []
        for (box, score) in scores.enumerated() where score > scoreThreshold {
            queue.append(Candidate(box: box, score: score))
        }
        queue.sort(by: Candidate.follows)
        var kept: [Candidate] = []
        while kept.count < most, let best = queue.popLast() {
            guard var candidate = weakened(best, kept, overlap) else { continue }
            if candidate.score == best.score {
                kept.append(candidate)
            } else {
                candidate.compared = kept.count
                queue.insert(candidate, at: queue.firstIndex { Candidate.follows(candidate, $0) } ?? queue.count)
            }
        }
        return kept
    }

    /// The candidate with the score that the kept boxes leave it, or nil when one of them hides it.
    private func weakened(
        _ candidate: Candidate, _ kept: [Candidate], _ overlap: (Int, Int) -> Float
    ) -> Candidate? {
        var candidate = candidate
        for other in kept[candidate.compared...].reversed() {
            let overlap = overlap(candidate.box, other.box)
            if sigma > 0 {
                candidate.score *= Float.exp(-0.5 / sigma * overlap * overlap)
                if candidate.score <= scoreThreshold { return nil }
            } else if overlap >= overlapThreshold {
                return nil
            }
        }
        return candidate
    }
}

private func overlap(_ left: Corners, _ right: Corners) -> Float {
    func area(_ size: SIMD2<Float>) -> Float { size.x * size.y }
    let (first, second) = (area(left.highHalf - left.lowHalf), area(right.highHalf - right.lowHalf))
    guard first > 0, second > 0 else { return 0 }
    let size = pointwiseMin(left.highHalf, right.highHalf) - pointwiseMax(left.lowHalf, right.lowHalf)
    let shared = area(pointwiseMax(.zero, size))
    return shared / (first + second - shared)
}
