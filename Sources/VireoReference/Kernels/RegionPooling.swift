import VireoIR
import VireoTensor

func regionPooling(_ operation: ROIPooling, _ call: Call) throws -> [Tensor] {
    let features = try FeatureMaps(call)
    let regions = try features.regions(try call.floats(1))
    return [
        try FeatureMaps.pooled(regions.count, call) { region, channel, y, x in
            let box = regions[region]
            guard let image = box.image else { return 0 }
            let plane = features.plane(image, channel)
            switch operation.method {
            case .max:
                let scaled = (box.corners * Float(operation.spatialScale)).rounded(.toNearestOrAwayFromZero)
                let rows = cell(y, of: operation.height, from: scaled.y, to: scaled.w, extent: features.height)
                let columns = cell(x, of: operation.width, from: scaled.x, to: scaled.z, extent: features.width)
                return features.largest(plane, rows, columns)
            case .bilinear:
                return features.interpolated(
                    plane, y: point(y, of: operation.height, from: box.corners.y, to: box.corners.w, features.height),
                    x: point(x, of: operation.width, from: box.corners.x, to: box.corners.z, features.width))
            }
        }
    ]
}

func positionSensitivePooling(_ operation: PSROIPooling, _ call: Call) throws -> [Tensor] {
    let features = try FeatureMaps(call)
    let regions = try features.regions(try call.floats(1))
    let scale = Float(operation.spatialScale)
    let size = operation.groupSize
    return [
        try FeatureMaps.pooled(regions.count, call) { region, channel, y, x in
            let box = regions[region]
            guard let image = box.image else { return 0 }
            switch operation.mode {
            case .average:
                let rounded = box.corners.rounded(.toNearestOrAwayFromZero)
                let (start, end) = (rounded.lowHalf * scale, (rounded.highHalf + 1) * scale)
                // Regions without an area get a little.
                let bin = pointwiseMax(end - start, SIMD2(repeating: 0.1)) / Float(size)
                let rows = part(start.y + Float(y) * bin.y, start.y + Float(y + 1) * bin.y, features.height)
                let columns = part(start.x + Float(x) * bin.x, start.x + Float(x + 1) * bin.x, features.width)
                return features.mean(features.plane(image, (channel * size + y) * size + x), rows, columns)
            case .bilinear:
                let corners = box.corners * scale
                let bins = SIMD2(Float(operation.binsX), Float(operation.binsY))
                let bin = (corners.highHalf - corners.lowHalf) / bins
                var sum: Float = 0
                for binY in 0..<operation.binsY {
                    for binX in 0..<operation.binsX {
                        let start = corners.lowHalf + SIMD2(Float(binX), Float(binY)) * bin
                        let number = binY * operation.binsX + binX
                        sum += features.interpolated(
                            features.plane(image, number * operation.outputChannels + channel),
                            y: point(y, of: size, from: start.y, to: start.y + bin.y, features.height),
                            x: point(x, of: size, from: start.x, to: start.x + bin.x, features.width))
                    }
                }
                return sum / Float(operation.binsX * operation.binsY)
            }
        }
    ]
}

func regionAlignment(_ operation: ROIAlign, _ call: Call) throws -> [Tensor] {
    let features = try FeatureMaps(call)
    let corners = try call.floats(1)
    let images = try call.integers(2)
    guard images.allSatisfy((0..<features.images).contains) else {
        throw VireoError(.invalidArgument, "regions of images \(images) among \(features.images)")
    }
    let grids = try stride(from: 0, to: corners.count, by: 4).map { first in
        try operation.grid(SIMD4(corners[first], corners[first + 1], corners[first + 2], corners[first + 3]))
    }
    return [
        try FeatureMaps.pooled(images.count, call) { region, channel, y, x in
            let plane = features.plane(images[region], channel)
            return switch operation.mode {
            case .max: features.largest(grids[region], plane, y, x)
            case .avg: features.mean(grids[region], plane, y, x)
            }
        }
    ]
}

extension ROIAlign {
    /// Where the samples of a region with these corners lie.
    fileprivate func grid(_ corners: SIMD4<Float>) throws -> SampleGrid {
        let scale = Float(spatialScale)
        let scaled =
            switch alignment {
            case .asymmetric: corners * scale
            case .halfPixelForNN: corners * scale - 0.5
            case .halfPixel: (corners + 0.5) * scale - 0.5
            }
        var size = scaled.highHalf - scaled.lowHalf
        if alignment == .asymmetric { size = pointwiseMax(size, SIMD2(repeating: 1)) }
        return try SampleGrid(scaled.lowHalf, size, rows: height, columns: width, samplingRatio: samplingRatio)
    }
}

/// The pixels of cell `index` of a region whose ends are pixels themselves.
private func cell(_ index: Int, of count: Int, from start: Float, to end: Float, extent: Int) -> Range<Int> {
    let size = Float(max(whole(end) - whole(start) + 1, 1)) / Float(count)
    let first = Float(whole(start))
    return part(first + (Float(index) * size).rounded(.down), first + (Float(index + 1) * size).rounded(.up), extent)
}

/// The pixels that an interval touches.
private func part(_ start: Float, _ end: Float, _ extent: Int) -> Range<Int> {
    let first = min(max(whole(start.rounded(.down)), 0), extent)
    return first..<max(min(whole(end.rounded(.up)), extent), first)
}

/// The place of point `index` of a region that is a part of the image; the last lies on its end.
private func point(_ index: Int, of count: Int, from start: Float, to end: Float, _ extent: Int) -> Float {
    let span = Float(extent - 1)
    guard count > 1 else { return 0.5 * (start + end) * span }
    return index == count - 1 ? end * span : Float(index) * ((end - start) * span / Float(count - 1)) + start * span
}
