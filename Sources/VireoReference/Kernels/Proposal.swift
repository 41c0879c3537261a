import VireoIR
import VireoTensor

func proposal(_ operation: Proposal, _ call: Call) throws -> [Tensor] {
    let shape = call.inputs[0].shape
    let finder = try ProposalFinder(operation, call)
    let kept = operation.kept
    var regions = [Float](repeating: 0, count: shape[0] * kept * 5)
    var scores = [Float](repeating: 0, count: shape[0] * kept)
    for image in 0..<shape[0] {
        let boxes = finder.best(image)
        for (number, box) in boxes.enumerated() {
            let row = image * kept + number
            let corners = finder.finished(box.corners)
            regions[row * 5] = Float(image)
            for index in 0..<4 { regions[row * 5 + 1 + index] = corners[index] }
            scores[row] = box.score
        }
        if boxes.count < kept { regions[(image * kept + boxes.count) * 5] = -1 }
    }
    let tensors = [Tensor(regions, call.shapes[0])]
    return operation.version < 4 ? tensors : tensors + [Tensor(scores, call.shapes[1])]
}

/// The inputs of a Proposal and how they become boxes.
private struct ProposalFinder {
    struct Box {
        let corners: Corners
        let score: Float
    }

    private let operation: Proposal
    private let height: Int
    private let width: Int
    private let scores: [Float]
    private let offsets: [Float]
    private let anchors: [Corners]
    private let image: SIMD2<Float>
    private let smallest: SIMD2<Float>
    /// 1 where the last pixel belongs to a box, 0 where a box ends before it.
    private let inclusive: Float

    init(_ operation: Proposal, _ call: Call) throws {
        self.operation = operation
        let shape = call.inputs[0].shape
        (height, width) = (shape[2], shape[3])
        (scores, offsets) = (try call.floats(0), try call.floats(1))
        let numbers = try call.floats(2)
        guard numbers.count == 3 || numbers.count == 4 else {
            throw VireoError(.invalidArgument, "\(numbers.count) numbers about the image, where 3 or 4 are needed")
        }
        // TensorFlow's boxes are y1, x1, y2, x2.
        image = operation.isTensorFlow ? SIMD2(numbers[0], numbers[1]) : SIMD2(numbers[1], numbers[0])
        smallest = Float(operation.minSize) * SIMD2(numbers[numbers.count - 1], numbers[2])
        inclusive = operation.isTensorFlow ? 0 : 1
        anchors = ProposalFinder.anchors(operation)
    }

    /// The anchors of the first cell: one for every ratio and scale, around the same centre.
    private static func anchors(_ operation: Proposal) -> [Corners] {
        let base = Float(operation.baseSize)
        let inclusive: Float = operation.isTensorFlow ? 0 : 1
        let centre = operation.isTensorFlow ? 0 : 0.5 * (base - 1)
        return operation.ratios.flatMap { ratio in
            var width = (base * base / Float(ratio)).squareRoot()
            if !operation.isTensorFlow { width.round() }
            var height = width * Float(ratio)
            if !operation.isTensorFlow { height.round() }
            return operation.scales.map { scale in
                let x = 0.5 * (width * Float(scale) - inclusive)
                let y = 0.5 * (height * Float(scale) - inclusive)
                return Corners(centre - x, centre - y, centre + x, centre + y)
            }
        }
    }

    /// The boxes that are kept, best first.
    func best(_ image: Int) -> [Box] {
        let all = boxes(image)
        // Equal scores stay in the order of their cells.
        let order = all.indices.sorted { all[$0].score != all[$1].score ? all[$0].score > all[$1].score : $0 < $1 }
        let candidates = order.prefix(operation.candidates).map { all[$0] }
        var kept: [Box] = []
        for box in candidates where kept.count < operation.kept {
            let isHidden = kept.contains {
                overlap(box.corners, $0.corners, inclusive: inclusive) > Float(operation.nmsThreshold)
            }
            if !isHidden { kept.append(box) }
        }
        return kept
    }

    /// A box as it is written.
    func finished(_ corners: Corners) -> Corners {
        var corners = corners
        if operation.clipAfterNMS { corners = clipped(corners, to: image) }
        return operation.normalize ? corners / Corners(lowHalf: image, highHalf: image) : corners
    }

    private func boxes(_ number: Int) -> [Box] {
        let (count, area) = (anchors.count, height * width)
        var boxes: [Box] = []
        boxes.reserveCapacity(count * area)
        for y in 0..<height {
            for x in 0..<width {
                // The cells of TensorFlow's anchors run down the columns.
                let corner = SIMD2(Float(x), Float(y)) * Float(operation.featureStride)
                let origin = operation.isTensorFlow ? SIMD2(corner.y, corner.x) : corner
                let cell = y * width + x
                for (index, anchor) in anchors.enumerated() {
                    let score = scores[((number * 2 + 1) * count + index) * area + cell]
                    let first = (number * count + index) * 4 * area + cell
                    let offset = Corners(
                        offsets[first], offsets[first + area], offsets[first + 2 * area], offsets[first + 3 * area])
                    let corners = moved(anchor + Corners(lowHalf: origin, highHalf: origin), offset)
                    let size = corners.size(inclusive: inclusive)
                    let isLarge = size.x >= smallest.x && size.y >= smallest.y
                    boxes.append(Box(corners: corners, score: isLarge ? score : 0))
                }
            }
        }
        return boxes
    }

    private func moved(_ anchor: Corners, _ offset: Corners) -> Corners {
        let anchor = operation.isTensorFlow ? clipped(anchor, to: image) : anchor
        let size = anchor.size(inclusive: inclusive)
        let centre = anchor.lowHalf + 0.5 * size + offset.lowHalf / Float(operation.boxCoordinateScale) * size
        let growth = offset.highHalf / Float(operation.boxSizeScale)
        let half = 0.5 * SIMD2(Float.exp(growth.x), Float.exp(growth.y)) * size
        let box = Corners(lowHalf: centre - half, highHalf: centre + half)
        return operation.clipBeforeNMS ? clipped(box, to: image - inclusive) : box
    }

    private func clipped(_ corners: Corners, to limit: SIMD2<Float>) -> Corners {
        pointwiseMax(.zero, pointwiseMin(corners, Corners(lowHalf: limit, highHalf: limit)))
    }
}
