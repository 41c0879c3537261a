import VireoIR
import VireoTensor

func colorConversion(_ operation: ColorConversion, _ call: Call) throws -> [Tensor] {
    let planes = try call.inputs.indices.map { try call.floats($0) }
    let (images, height, width) = (call.shape[0], call.shape[1], call.shape[2])
    let quarter = (height / 2) * (width / 2)
    /// Both chrominances of a pixel, counted in pairs within the image.
    func chrominance(_ image: Int, _ place: Int) -> (u: Float, v: Float) {
        switch (operation.source, planes.count) {
        case (.pairs, 1):
            let first = image * quarter * 6 + quarter * 4 + place * 2
            return (planes[0][first], planes[0][first + 1])
        case (.pairs, _):
            let first = (image * quarter + place) * 2
            return (planes[1][first], planes[1][first + 1])
        case (.planes, 1):
            let first = image * quarter * 6 + quarter * 4 + place
            return (planes[0][first], planes[0][first + quarter])
        case (.planes, _): return (planes[1][image * quarter + place], planes[2][image * quarter + place])
        }
    }
    // Bytes are rounded, and stay numbers otherwise.
    let isWhole = !call.elementType.isFloatingPoint
    var result = [Float](repeating: 0, count: images * height * width * 3)
    for image in 0..<images {
        let luminance = image * (planes.count == 1 ? quarter * 6 : quarter * 4)
        for y in 0..<height {
            for x in 0..<width {
                let (u, v) = chrominance(image, y / 2 * (width / 2) + x / 2)
                let (c, d, e) = (1.164 * (planes[0][luminance + y * width + x] - 16), u - 128, v - 128)
                let color = SIMD3(c + 1.596 * e, c - 0.391 * d - 0.813 * e, c + 2.018 * d)
                    .clamped(lowerBound: .zero, upperBound: SIMD3(repeating: 255))
                let place = ((image * height + y) * width + x) * 3
                for channel in 0..<3 {
                    let value = color[operation.order == .rgb ? channel : 2 - channel]
                    result[place + channel] = isWhole ? value.rounded() : value
                }
            }
        }
    }
    let colors = Tensor(result, call.shape)
    return [isWhole ? try colors.converted(to: .i64) : colors]
}
