import VireoIR
import VireoTensor

func detectionOutput(_ operation: DetectionOutput, _ call: Call) throws -> [Tensor] {
    let detector = try Detector(operation, call)
    var rows: [Float] = []
    for image in 0..<detector.images { rows += detector.rows(image: image) }
    let result = try Tensor.making(call.shape) { (result: UnsafeMutableBufferPointer<Float>) in
        let count = min(rows.count, result.count)
        for index in 0..<count { result[index] = rows[index] }
        if count < result.count { result[count] = -1 }
    }
    return [result]
}

/// The inputs of a DetectionOutput and how they are decoded.
private struct Detector {
    let operation: DetectionOutput
    let images: Int
    private let priorCount: Int
    private let classes: Int
    private let offsets: [Float]
    private let scores: [Float]
    private let priors: [Float]
    private let priorsOfOneImage: Bool
    /// The scores and offsets of the step that refines priors first.
    private let refinement: (scores: [Float], offsets: [Float])?

    init(_ operation: DetectionOutput, _ call: Call) throws {
        self.operation = operation
        let shape = call.inputs[2].shape
        images = call.inputs[0].shape[0]
        priorCount = shape[2] / operation.priorSize
        classes = call.inputs[1].shape[1] / priorCount
        priorsOfOneImage = shape[0] == 1
        (offsets, scores, priors) = (try call.floats(0), try call.floats(1), try call.floats(2))
        refinement = call.inputs.count == 5 ? (try call.floats(3), try call.floats(4)) : nil
    }

    /// One box that was found: its class, its prior and its confidence.
    private struct Find {
        let label: Int
        let prior: Int
        let confidence: Float

        static func precedes(_ left: Find, _ right: Find) -> Bool {
            if left.confidence != right.confidence { return left.confidence > right.confidence }
            return left.prior != right.prior ? left.prior < right.prior : left.label < right.label
        }
    }

    /// The rows of one image, by class and confidence.
    func rows(image: Int) -> [Float] {
        let count = usedPriors(image)
        let shared = operation.shareLocation ? decoded(image, place: 0, count) : []
        let candidates = operation.decreaseLabel ? bestClasses(image, count) : allClasses(image, count)
        var rows: [[Float]] = Array(repeating: [], count: classes)
        var kept: [Find] = []
        var boxesOfClass: [Int: [Corners]] = [:]
        for (label, finds) in candidates.enumerated() where !finds.isEmpty {
            let boxes = operation.shareLocation ? shared : decoded(image, place: label, count)
            boxesOfClass[label] = boxes
            var chosen: [Find] = []
            for find in finds {
                let threshold = Float(operation.nmsThreshold)
                let isHidden = chosen.contains { overlap(boxes[find.prior], boxes[$0.prior]) > threshold }
                if !isHidden { chosen.append(find) }
            }
            kept += chosen
        }
        if operation.keepTopK[0] > -1, kept.count > operation.keepTopK[0] {
            kept = Array(kept.sorted(by: Find.precedes).prefix(operation.keepTopK[0]))
        }
        for find in kept {
            guard var box = boxesOfClass[find.label]?[find.prior] else { continue }
            if operation.clipAfterNMS { box.clamp(lowerBound: .zero, upperBound: .one) }
            let label = operation.decreaseLabel ? find.label - 1 : find.label
            rows[find.label] += [Float(image), Float(label), find.confidence, box.x, box.y, box.z, box.w]
        }
        return Array(rows.joined())
    }

    /// The candidates of every class but the background.
    private func allClasses(_ image: Int, _ count: Int) -> [[Find]] {
        (0..<classes).map { label in
            guard label != operation.backgroundLabel else { return [] }
            var finds: [Find] = []
            for prior in 0..<count {
                let confidence = confidence(image, prior, label)
                if confidence > Float(operation.confidenceThreshold) {
                    finds.append(Find(label: label, prior: prior, confidence: confidence))
                }
            }
            return best(finds)
        }
    }

    /// Every prior as a candidate of its most likely class alone.
    private func bestClasses(_ image: Int, _ count: Int) -> [[Find]] {
        var finds: [Find] = []
        for prior in 0..<count {
            var best: Find?
            for label in 1..<max(classes, 1) {
                let confidence = confidence(image, prior, label)
                if confidence >= Float(operation.confidenceThreshold), confidence > best?.confidence ?? -1 {
                    best = Find(label: label, prior: prior, confidence: confidence)
                }
            }
            if let best { finds.append(best) }
        }
        var result: [[Find]] = Array(repeating: [], count: classes)
        for find in best(finds) { result[find.label].append(find) }
        return result
    }

    private func best(_ finds: [Find]) -> [Find] {
        let sorted = finds.sorted(by: Find.precedes)
        return operation.topK < 0 ? sorted : Array(sorted.prefix(operation.topK))
    }

    private func confidence(_ image: Int, _ prior: Int, _ label: Int) -> Float {
        let place = image * priorCount + prior
        if let refinement, refinement.scores[place * 2 + 1] < Float(operation.objectnessScore) {
            return label == operation.backgroundLabel ? 1 : 0
        }
        return scores[place * classes + label]
    }

    /// Priors that are not normalized end at one of image -1.
    private func usedPriors(_ image: Int) -> Int {
        guard !operation.normalized else { return priorCount }
        let start = startOfPriors(image)
        return (0..<priorCount).first { priors[start + $0 * operation.priorSize] == -1 } ?? priorCount
    }

    private func startOfPriors(_ image: Int) -> Int {
        let rows = operation.varianceEncodedInTarget ? 1 : 2
        return priorsOfOneImage ? 0 : image * rows * priorCount * operation.priorSize
    }

    /// The boxes of one image: those of class `place`, or of all classes.
    private func decoded(_ image: Int, place: Int, _ count: Int) -> [Corners] {
        let places = operation.shareLocation ? 1 : classes
        let size = operation.priorSize
        let start = startOfPriors(image)
        let variances = start + priorCount * size
        return (0..<count).map { prior in
            let offset = ((image * priorCount + prior) * places + place) * 4
            var box = corners(priors, start + prior * size + (operation.normalized ? 0 : 1))
            let variance =
                operation.varianceEncodedInTarget ? Corners.one : corners(priors, variances + prior * 4)
            if let refinement { box = decode(box, corners(refinement.offsets, offset), variance) }
            return decode(box, corners(offsets, offset), variance)
        }
    }

    private func corners(_ list: [Float], _ place: Int) -> Corners {
        Corners(list[place], list[place + 1], list[place + 2], list[place + 3])
    }

    private func decode(_ prior: Corners, _ offset: Corners, _ variance: Corners) -> Corners {
        var prior = prior
        if !operation.normalized {
            let (width, height) = (Float(operation.inputWidth), Float(operation.inputHeight))
            prior /= Corners(width, height, width, height)
        }
        var box: Corners
        switch operation.codeType {
        case .corner: box = prior + variance * offset
        case .centerSize:
            let (width, height) = (prior.z - prior.x, prior.w - prior.y)
            let move = variance * offset
            let x = move.x * width + (prior.x + prior.z) / 2
            let y = move.y * height + (prior.y + prior.w) / 2
            let (halfWidth, halfHeight) = (Float.exp(move.z) * width / 2, Float.exp(move.w) * height / 2)
            box = Corners(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight)
        }
        if operation.clipBeforeNMS { box.clamp(lowerBound: .zero, upperBound: .one) }
        return box
    }

    /// The quotient of the intersection's area by the union's.
    private func overlap(_ left: Corners, _ right: Corners) -> Float {
        let width = min(left.z, right.z) - max(left.x, right.x)
        let height = min(left.w, right.w) - max(left.y, right.y)
        guard width > 0, height > 0 else { return 0 }
        let shared = width * height
        return shared / ((left.z - left.x) * (left.w - left.y) + (right.z - right.x) * (right.w - right.y) - shared)
    }
}
