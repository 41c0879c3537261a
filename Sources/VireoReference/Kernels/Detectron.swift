import VireoIR
import VireoTensor

func detectronPriorGrid(_ operation: DetectronPriorGrid, _ call: Call) throws -> [Tensor] {
    let anchors = try call.floats(0)
    let (features, image) = (call.inputs[1].shape, call.inputs[2].shape)
    let height = operation.height > 0 ? operation.height : features[2]
    let width = operation.width > 0 ? operation.width : features[3]
    let stepX = operation.strideX != 0 ? Float(operation.strideX) : Float(image[3]) / Float(width)
    let stepY = operation.strideY != 0 ? Float(operation.strideY) : Float(image[2]) / Float(height)
    return [
        try .making(call.shape) { (result: UnsafeMutableBufferPointer<Float>) in
            var place = 0
            for y in 0..<height {
                for x in 0..<width {
                    let centre = (x: stepX * (Float(x) + 0.5), y: stepY * (Float(y) + 0.5))
                    for (index, coordinate) in anchors.enumerated() {
                        result[place] = coordinate + (index % 2 == 0 ? centre.x : centre.y)
                        place += 1
                    }
                }
            }
        }
    ]
}

func detectronTopRegions(_ operation: DetectronTopRegions, _ call: Call) throws -> [Tensor] {
    let (regions, scores) = (try call.floats(0), try call.floats(1))
    let order = scores.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
    let chosen = order.prefix(operation.limit).flatMap { regions[$0 * 4..<$0 * 4 + 4] }
    return [Tensor(chosen + Array(repeating: 0, count: operation.limit * 4 - chosen.count), call.shape)]
}

func detectronRegionFeatures(_ operation: DetectronRegionFeatures, _ call: Call) throws -> [Tensor] {
    let corners = try call.floats(0)
    let levels = try (1..<call.inputs.count).map { try FeatureMaps(call, $0) }
    let regions = try stride(from: 0, to: corners.count, by: 4).map { first in
        try PyramidRegion(
            operation, SIMD4(corners[first], corners[first + 1], corners[first + 2], corners[first + 3]))
    }
    let pooled = try FeatureMaps.pooled(regions.count, call) { region, channel, y, x in
        guard let level = regions[region].level else { return 0 }
        return levels[level].mean(regions[region].grid, levels[level].plane(0, channel), y, x)
    }
    return [pooled, Tensor(corners, call.shapes[1])]
}

/// A region, and which level of the pyramid has its features: nil for a region without an area.
private struct PyramidRegion {
    let level: Int?
    let grid: SampleGrid

    init(_ operation: DetectronRegionFeatures, _ corners: SIMD4<Float>) throws {
        let area = (corners.z - corners.x) * (corners.w - corners.y)
        // A region of 224 by 224 pixels, ImageNet's, belongs to the third level.
        let place = (Float.log(area.squareRoot() / 224 + 1e-6) / Float.log(2) + 2).rounded(.down)
        let last = Float(operation.scales.count - 1)
        level = area > 0 ? Int(min(max(place, 0), last)) : nil
        let scale = 1 / Float(operation.scales[level ?? 0])
        let scaled = corners * scale - (operation.isAligned ? 0.5 : 0)
        grid = try SampleGrid(
            scaled.lowHalf, pointwiseMax(scaled.highHalf - scaled.lowHalf, .one), rows: operation.size,
            columns: operation.size, samplingRatio: operation.samplingRatio)
    }
}

func detectronDetectionOutput(_ operation: DetectronDetectionOutput, _ call: Call) throws -> [Tensor] {
    let (regions, offsets, scores) = (try call.floats(0), try call.floats(1), try call.floats(2))
    let weights = operation.weights.map { Float($0) }
    let classes = operation.classCount
    var found: [Detection] = []
    for label in 1..<max(classes, 1) {
        var candidates: [Detection] = []
        for number in 0..<call.inputs[0].shape[0] {
            let region = Corners(
                regions[number * 4], regions[number * 4 + 1], regions[number * 4 + 2], regions[number * 4 + 3])
            let hasArea = region.z > region.x && region.w > region.y
            let score = hasArea ? scores[number * classes + label] : 0
            guard score > Float(operation.scoreThreshold) else { continue }
            let first = (number * classes + label) * 4
            let offset = Corners(
                offsets[first] / weights[0], offsets[first + 1] / weights[1], offsets[first + 2] / weights[2],
                offsets[first + 3] / weights[3])
            let moved = region.moved(by: offset, inclusive: 1, largestGrowth: Float(operation.largestGrowth))
            let corners = hasArea ? pointwiseMax(.zero, moved) : .zero
            candidates.append(Detection(label: label, region: number, score: score, corners: corners))
        }
        found += kept(candidates.sorted(by: Detection.isBetter), operation)
    }
    if found.count > operation.imageLimit {
        found = Array(found.sorted(by: Detection.isBetter).prefix(operation.imageLimit))
    }
    let missing = operation.imageLimit - found.count
    let boxes = found.flatMap { [$0.corners.x, $0.corners.y, $0.corners.z, $0.corners.w] }
    return [
        Tensor(boxes + Array(repeating: 0, count: missing * 4), call.shapes[0]),
        Tensor(found.map { Int64($0.label) } + Array(repeating: 0, count: missing)),
        Tensor(found.map(\.score) + Array(repeating: 0, count: missing)),
    ]
}

private struct Detection {
    let label: Int
    let region: Int
    let score: Float
    let corners: Corners

    static func isBetter(_ left: Detection, _ right: Detection) -> Bool {
        if left.score != right.score { return left.score > right.score }
        return (left.region, left.label) < (right.region, right.label)
    }
}

/// Those that no better one hides.
private func kept(_ candidates: [Detection], _ operation: DetectronDetectionOutput) -> [Detection] {
    var kept: [Detection] = []
    for candidate in candidates {
        let isHidden = kept.contains {
            overlap(candidate.corners, $0.corners, inclusive: 1) > Float(operation.overlapThreshold)
        }
        if !isHidden { kept.append(candidate) }
    }
    return operation.classLimit < 0 ? kept : Array(kept.prefix(operation.classLimit))
}
