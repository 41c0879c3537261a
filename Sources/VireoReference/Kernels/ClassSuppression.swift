import VireoIR
import VireoTensor

func classSuppression(_ operation: ClassSuppression, _ call: Call) throws -> [Tensor] {
    let input = try SuppressionInput(call)
    var finds: [[Find]] = []
    for image in 0..<input.images {
        var found: [Find] = []
        for label in 0..<input.classes where label != operation.background {
            let candidates = input.candidates(image, label)
            found += operation.kind == .matrix ? operation.decayed(candidates) : operation.kept(candidates)
        }
        // An image keeps its best, in their order; of equal scores the smaller label and box.
        found.sort(by: Find.isBetter)
        if operation.imageLimit >= 0 { found = Array(found.prefix(operation.imageLimit)) }
        // MatrixNms sorts by label only across the batch, as OpenVINO's does.
        finds.append(operation.kind == .matrix ? found : operation.sorted(found))
    }
    let counts = finds.map { Int64($0.count) }
    let all = operation.sortsAcrossBatch ? operation.sorted(finds.flatMap(\.self)) : finds.flatMap(\.self)
    let rows = all.flatMap { [Float($0.label), $0.score, $0.box.x, $0.box.y, $0.box.z, $0.box.w] }
    return [Tensor(rows, [all.count, 6]), Tensor(all.map { Int64($0.number) }, [all.count, 1]), Tensor(counts)]
}

/// One box of one image and class.
private struct Find {
    let image: Int
    let label: Int
    /// The place in the input, counted over all images.
    let number: Int
    var score: Float
    let box: Corners

    static func isBetter(_ left: Find, _ right: Find) -> Bool {
        left.score != right.score
            ? left.score > right.score
            : (left.image, left.label, left.number) < (right.image, right.label, right.number)
    }
}

/// The boxes of every image and class, from either form of the inputs.
private struct SuppressionInput {
    let images: Int
    let classes: Int
    private let boxes: [Float]
    private let scores: [Float]
    private let count: Int
    /// Where the regions of each image begin in the flat form, and the end of the last.
    private let starts: [Int]?

    init(_ call: Call) throws {
        (boxes, scores) = (try call.floats(0), try call.floats(1))
        count = call.inputs[0].shape[1]
        if call.inputs.count == 3 {
            classes = call.inputs[0].shape[0]
            let counts = try call.integers(2)
            let most = count
            guard counts.allSatisfy({ $0 >= 0 && $0 <= most }), counts.reduce(0, +) <= most else {
                throw VireoError(.invalidArgument, "\(counts) regions of \(most)")
            }
            starts = counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
            images = counts.count
        } else {
            (images, classes, starts) = (call.inputs[0].shape[0], call.inputs[1].shape[1], nil)
        }
    }

    func candidates(_ image: Int, _ label: Int) -> [Find] {
        let range = starts.map { $0[image]..<$0[image + 1] } ?? 0..<count
        return range.map { index in
            let place = (starts == nil ? image : label) * count + index
            let score = starts == nil ? (image * classes + label) * count + index : label * count + index
            return Find(
                image: image, label: label, number: starts == nil ? place : index * classes + label,
                score: scores[score],
                box: Corners(boxes[place * 4], boxes[place * 4 + 1], boxes[place * 4 + 2], boxes[place * 4 + 3]))
        }
    }
}

extension ClassSuppression {
    fileprivate func sorted(_ finds: [Find]) -> [Find] {
        switch sorting {
        case .none: finds
        case .score: finds.sorted(by: Find.isBetter)
        case .label:
            finds.sorted { left, right in
                (left.label, left.image) != (right.label, right.image)
                    ? (left.label, left.image) < (right.label, right.image) : Find.isBetter(left, right)
            }
        }
    }

    private func best(_ candidates: [Find]) -> [Find] {
        let sorted = candidates.sorted(by: Find.isBetter)
        return classLimit >= 0 ? Array(sorted.prefix(classLimit)) : sorted
    }

    /// Greedily, best first; the threshold falls by `eta` with every box that is kept.
    fileprivate func kept(_ candidates: [Find]) -> [Find] {
        var threshold = Float(overlapThreshold)
        var kept: [Find] = []
        for candidate in best(candidates.filter { $0.score >= Float(scoreThreshold) }) {
            guard kept.allSatisfy({ overlap(candidate.box, $0.box) < threshold }) else { continue }
            if eta < 1, threshold > 0.5 { threshold *= Float(eta) }
            kept.append(candidate)
        }
        return kept
    }

    /// Every score lowered by the best overlap with a better box, in view of what hides that one.
    fileprivate func decayed(_ candidates: [Find]) -> [Find] {
        let ordered = best(candidates.filter { $0.score > Float(scoreThreshold) })
        var largest = [Float](repeating: 0, count: ordered.count)
        var result: [Find] = []
        for index in ordered.indices {
            var factor: Float = 1
            for better in 0..<index {
                let overlap = overlap(ordered[index].box, ordered[better].box)
                largest[index] = max(largest[index], overlap)
                let hidden = largest[better]
                factor = min(
                    factor,
                    decay == .gaussian
                        ? Float.exp((hidden * hidden - overlap * overlap) * Float(sigma))
                        : (1 - overlap) / (1 - hidden))
            }
            var find = ordered[index]
            find.score *= factor
            if find.score > Float(postThreshold) { result.append(find) }
        }
        return result
    }

    private func overlap(_ left: Corners, _ right: Corners) -> Float {
        let edge: Float = isNormalized ? 0 : 1
        func area(_ box: Corners) -> Float {
            box.z < box.x || box.w < box.y ? 0 : (box.z - box.x + edge) * (box.w - box.y + edge)
        }
        // MulticlassNms lets boxes of pixels meet that are less than one pixel apart.
        let areApart = right.x > left.z || right.z < left.x || right.y > left.w || right.w < left.y
        if kind == .matrix, areApart { return 0 }
        let width = min(left.z, right.z) - max(left.x, right.x) + edge
        let height = min(left.w, right.w) - max(left.y, right.y) + edge
        let shared = max(width, 0) * max(height, 0)
        let union = area(left) + area(right) - shared
        return union > 0 ? shared / union : 0
    }
}
