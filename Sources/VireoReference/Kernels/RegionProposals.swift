import VireoIR
import VireoTensor

func regionProposals(_ operation: RegionProposals, _ call: Call) throws -> [Tensor] {
    let anchors = try AnchorGrid(operation, call)
    let found = (0..<anchors.images).map { anchors.best($0) }
    var boxes = found.joined().flatMap { [$0.corners.x, $0.corners.y, $0.corners.z, $0.corners.w] }
    var scores = found.joined().map(\.score)
    if operation.isSingleImage {
        boxes += Array(repeating: 0, count: operation.kept * 4 - boxes.count)
        scores += Array(repeating: 0, count: operation.kept - scores.count)
    }
    let tensors = [Tensor(boxes, [scores.count, 4]), Tensor(scores)]
    return operation.isSingleImage ? tensors : tensors + [Tensor(found.map { Int64($0.count) })]
}

/// The inputs of region proposals: an anchor, an offset and a score for each place and shape.
private struct AnchorGrid {
    struct Candidate {
        let corners: Corners
        let score: Float
        /// Whether it can be chosen; those that cannot count among the candidates.
        let isValid: Bool
    }

    let images: Int
    private let operation: RegionProposals
    /// The anchors of a cell, and the cells.
    private let shapes: Int
    private let area: Int
    private let imageSizes: [Float]
    private let anchors: [Float]
    private let offsets: [Float]
    private let scores: [Float]
    private let inclusive: Float

    init(_ operation: RegionProposals, _ call: Call) throws {
        self.operation = operation
        let shape = Array(call.inputs[3].shape.dimensions.suffix(3))
        images = operation.isSingleImage ? 1 : call.inputs[3].shape[0]
        (shapes, area) = (shape[0], shape[1] * shape[2])
        imageSizes = try call.floats(0)
        (anchors, offsets, scores) = (try call.floats(1), try call.floats(2), try call.floats(3))
        inclusive = operation.isNormalized ? 0 : 1
    }

    func best(_ image: Int) -> [Candidate] {
        let all = candidates(image)
        // Equal scores stay in the order of their cells.
        let order = all.indices.sorted { all[$0].score != all[$1].score ? all[$0].score > all[$1].score : $0 < $1 }
        var kept: [Candidate] = []
        for candidate in order.prefix(operation.candidates).map({ all[$0] }) where candidate.isValid {
            guard kept.count < operation.kept else { break }
            let isHidden = kept.contains {
                overlap($0.corners, candidate.corners, inclusive: inclusive) > Float(operation.overlapThreshold)
            }
            if !isHidden { kept.append(candidate) }
        }
        return kept
    }

    private func candidates(_ image: Int) -> [Candidate] {
        let numbers = imageSizes.count / max(images, 1)
        let size = imageSizes[image * numbers..<(image + 1) * numbers]
        let (height, width) = (size[size.startIndex], size[size.startIndex + 1])
        // One scale for both axes, or that of the height and then that of the width.
        let scales =
            operation.isSingleImage ? SIMD2<Float>.one : SIMD2(size[size.endIndex - 1], size[size.startIndex + 2])
        let smallest = Float(operation.minSize) * scales
        // The single image's boxes are moved as pixels and compared as if they were none.
        let edge: Float = operation.isSingleImage ? 1 : inclusive
        let limit = SIMD2(width, height) - edge
        var candidates: [Candidate] = []
        candidates.reserveCapacity(shapes * area)
        for cell in 0..<area {
            for shape in 0..<shapes {
                let anchor = (cell * shapes + shape) * 4
                let offset = (image * shapes + shape) * 4 * area + cell
                let box = Corners(anchors[anchor], anchors[anchor + 1], anchors[anchor + 2], anchors[anchor + 3])
                let move = Corners(
                    offsets[offset], offsets[offset + area], offsets[offset + 2 * area], offsets[offset + 3 * area])
                let moved = box.moved(by: move, inclusive: edge, largestGrowth: largestUsualGrowth)
                let corners = pointwiseMax(.zero, pointwiseMin(moved, Corners(lowHalf: limit, highHalf: limit)))
                let extent = corners.size(inclusive: edge)
                let isLarge = extent.x >= smallest.x && extent.y >= smallest.y
                let score = scores[(image * shapes + shape) * area + cell]
                // The single image keeps small boxes at the end of its list.
                candidates.append(
                    operation.isSingleImage
                        ? Candidate(corners: corners, score: isLarge ? score : 0, isValid: true)
                        : Candidate(corners: corners, score: score, isValid: isLarge))
            }
        }
        return candidates
    }
}
