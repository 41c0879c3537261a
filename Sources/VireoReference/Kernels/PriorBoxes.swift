import VireoIR
import VireoTensor

func priorBoxClustered(_ operation: PriorBoxClustered, _ call: Call) throws -> [Tensor] {
    let (map, image) = (try Extent(call, 0), try Extent(call, 1))
    var step = (
        x: Float(operation.stepWidth == 0 ? operation.step : operation.stepWidth),
        y: Float(operation.stepHeight == 0 ? operation.step : operation.stepHeight)
    )
    if step == (0, 0) { step = (image.width / map.width, image.height / map.height) }
    let offset = Float(operation.offset)
    let boxes = zip(operation.widths, operation.heights).map { width, height in
        CellBox(halfWidth: Float(width) / 2, halfHeight: Float(height) / 2)
    }
    return [
        try priors(call, image, boxes, clip: operation.clip, operation.variances) { x, y in
            ((x + offset) * step.x, (y + offset) * step.y)
        }
    ]
}

func priorBox(_ operation: PriorBox, _ call: Call) throws -> [Tensor] {
    let (map, image) = (try Extent(call, 0), try Extent(call, 1))
    // Sizes are in pixels, or all but the largest are parts of the image's height.
    let unit = operation.scalesAllSizes ? 1 : image.height
    var step = Float(operation.step) * unit
    if !operation.scalesAllSizes, operation.step == -1 { step = image.height / map.height }
    let offset = Float(operation.offset)
    let boxes = fixedBoxes(operation) + sizedBoxes(operation, minSizes: operation.minSizes.map { Float($0) * unit })
    return [
        try priors(call, image, boxes, clip: operation.clip, operation.variances) { x, y in
            step == 0
                ? ((x + 0.5) * (image.width / map.width), (y + 0.5) * (image.height / map.height))
                : ((offset + x) * step, (offset + y) * step)
        }
    ]
}

/// The height and width that an input holds.
private struct Extent {
    let height: Float
    let width: Float

    init(_ call: Call, _ input: Int) throws {
        let extents = try call.integers(input)
        (height, width) = (Float(extents[0]), Float(extents[1]))
    }
}

/// A box relative to the centre of its cell, in pixels.
private struct CellBox {
    var x: Float = 0
    var y: Float = 0
    let halfWidth: Float
    let halfHeight: Float
    /// Whether no corner may lie beyond the side of the image that it is nearest to.
    var staysInside = false
}

/// Boxes of fixed sizes on a finer grid inside each cell.
private func fixedBoxes(_ operation: PriorBox) -> [CellBox] {
    let ratios = operation.fixedRatios.isEmpty ? [1] + operation.aspectRatios : operation.fixedRatios
    var boxes: [CellBox] = []
    for (size, density) in zip(operation.fixedSizes, operation.density) {
        let whole = size.rounded(.down)
        let shift = Float((size / Double(density)).rounded(.down))
        let first = shift / 2 - Float((whole / 2).rounded(.down))
        for ratio in ratios {
            let root = Float(ratio).squareRoot()
            let half = 0.5 * Float(ratio == 1 && operation.fixedRatios.isEmpty ? whole : size)
            for row in 0..<density {
                for column in 0..<density {
                    boxes.append(
                        CellBox(
                            x: first + Float(column) * shift, y: first + Float(row) * shift, halfWidth: half * root,
                            halfHeight: half / root, staysInside: true))
                }
            }
        }
    }
    return boxes
}

/// For every smallest size a square, one of the size between it and the largest, and one box for each aspect ratio.
private func sizedBoxes(_ operation: PriorBox, minSizes: [Float]) -> [CellBox] {
    var boxes: [CellBox] = []
    for (index, size) in minSizes.enumerated() {
        boxes.append(CellBox(halfWidth: 0.5 * size, halfHeight: 0.5 * size))
        var between: [CellBox] = []
        if index < operation.maxSizes.count {
            let half = 0.5 * (size * Float(operation.maxSizes[index])).squareRoot()
            between = [CellBox(halfWidth: half, halfHeight: half)]
        }
        var stretched: [CellBox] = []
        if operation.scalesAllSizes || index == minSizes.count - 1 {
            let half = 0.5 * (operation.scalesAllSizes ? size : minSizes[0])
            stretched = operation.aspectRatios.map { ratio in
                let root = Float(ratio).squareRoot()
                return CellBox(halfWidth: half * root, halfHeight: half / root)
            }
        }
        boxes += operation.maxSizeBeforeRatios ? between + stretched : stretched + between
    }
    return boxes
}

/// The corners of every cell's boxes as parts of the image, and the variances.
private func priors(
    _ call: Call, _ image: Extent, _ boxes: [CellBox], clip: Bool, _ variances: [Double],
    centre: (_ x: Float, _ y: Float) -> (x: Float, y: Float)
) throws -> Tensor {
    let map = try call.integers(0)
    let variances = (variances.isEmpty ? [0.1] : variances).map { Float($0) }
    return try .making(call.shape) { (result: UnsafeMutableBufferPointer<Float>) in
        var place = 0
        for y in 0..<map[0] {
            for x in 0..<map[1] {
                let cell = centre(Float(x), Float(y))
                for box in boxes {
                    let (x, y) = (cell.x + box.x, cell.y + box.y)
                    var corners = SIMD4(
                        (x - box.halfWidth) / image.width, (y - box.halfHeight) / image.height,
                        (x + box.halfWidth) / image.width, (y + box.halfHeight) / image.height)
                    if box.staysInside {
                        corners = SIMD4(max(corners.x, 0), max(corners.y, 0), min(corners.z, 1), min(corners.w, 1))
                    }
                    if clip { corners.clamp(lowerBound: .zero, upperBound: .one) }
                    for index in 0..<4 { result[place + index] = corners[index] }
                    place += 4
                }
            }
        }
        for index in 0..<place { result[place + index] = variances[variances.count == 1 ? 0 : index % 4] }
    }
}
