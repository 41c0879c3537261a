import VireoTensor

/// Prior boxes of given widths and heights centred on each cell of a feature map. Liu et al.,
/// https://arxiv.org/abs/1512.02325. Inputs: the map's [height, width] and the image's; output [2,
/// 4*height*width*boxes], the second row the variances.
public struct PriorBoxClustered: Operation {
    public let widths: [Double]
    public let heights: [Double]
    public let clip: Bool
    public let step: Double
    public let stepWidth: Double
    public let stepHeight: Double
    public let offset: Double
    public let variances: [Double]

    init(_ attributes: AttributeReader, version: Int) throws {
        widths = try attributes.numbers("width", default: [1])
        heights = try attributes.numbers("height", default: [1])
        clip = try attributes.boolean("clip", default: false)
        step = try attributes.number("step", default: 0)
        stepWidth = try attributes.number("step_w", default: 0)
        stepHeight = try attributes.number("step_h", default: 0)
        offset = try attributes.number("offset")
        variances = try attributes.numbers("variance", default: [])
        guard widths.count == heights.count else {
            throw VireoError(.malformedFile, "\(widths.count) widths for \(heights.count) heights")
        }
        try checkVariances(variances)
    }

    public var type: String { "PriorBoxClustered" }
    public var version: Int { 1 }
    public var attributes: [Attribute] {
        [
            Attribute("step", .number(step)), Attribute("step_w", .number(stepWidth)),
            Attribute("step_h", .number(stepHeight)), Attribute("width", .numbers(widths)),
            Attribute("height", .numbers(heights)), Attribute("clip", .boolean(clip)),
            Attribute("offset", .number(offset)), Attribute("variance", .numbers(variances)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inferPriorBoxes(inputs, boxesPerCell: widths.count)
    }
}

/// Prior boxes of given sizes and aspect ratios centred on each cell of a feature map.
/// Inputs and output are those of `PriorBoxClustered`.
public struct PriorBox: Operation {
    /// Version 8 lets the boxes of the aspect ratios come before that of the largest size.
    public let version: Int
    public let minSizes: [Double]
    public let maxSizes: [Double]
    /// Without 1, without repetitions, and with the inverses when `flip` asks for them.
    public let aspectRatios: [Double]
    public let density: [Int]
    public let fixedRatios: [Double]
    public let fixedSizes: [Double]
    public let clip: Bool
    public let flip: Bool
    public let step: Double
    public let offset: Double
    public let variances: [Double]
    public let scalesAllSizes: Bool
    public let maxSizeBeforeRatios: Bool
    private let writtenRatios: [Double]

    init(_ attributes: AttributeReader, version: Int) throws {
        self.version = version
        minSizes = try attributes.numbers("min_size", default: [])
        maxSizes = try attributes.numbers("max_size", default: [])
        writtenRatios = try attributes.numbers("aspect_ratio", default: [])
        fixedRatios = try attributes.numbers("fixed_ratio", default: [])
        fixedSizes = try attributes.numbers("fixed_size", default: [])
        clip = try attributes.boolean("clip", default: false)
        flip = try attributes.boolean("flip", default: false)
        step = try attributes.number("step", default: 0)
        offset = try attributes.number("offset")
        variances = try attributes.numbers("variance", default: [])
        scalesAllSizes = try attributes.boolean("scale_all_sizes", default: true)
        maxSizeBeforeRatios =
            version >= 8 ? try attributes.boolean("min_max_aspect_ratios_order", default: true) : true
        try checkVariances(variances)
        density = try attributes.numbers("density", default: []).map { density in
            guard density >= 1, density <= 256 else { throw VireoError(.malformedFile, "a density of \(density)") }
            return Int(density)
        }
        guard density.count == fixedSizes.count else {
            throw VireoError(.malformedFile, "\(density.count) densities for \(fixedSizes.count) fixed sizes")
        }
        let sizes = minSizes + maxSizes + fixedSizes + fixedRatios + writtenRatios
        guard sizes.allSatisfy({ $0 > 0 && $0 <= 1e9 }), sizes.count <= 1 << 10 else {
            throw VireoError(.malformedFile, "prior boxes of sizes and ratios \(sizes.prefix(16))")
        }
        var ratios: [Double] = []
        for ratio in writtenRatios where !([1] + ratios).contains(where: { ($0 - ratio).magnitude < 1e-6 }) {
            ratios += flip ? [ratio, 1 / ratio] : [ratio]
        }
        aspectRatios = ratios
    }

    /// How many boxes each cell has.
    public var boxesPerCell: Int {
        let perPoint = fixedRatios.isEmpty ? 1 + aspectRatios.count : fixedRatios.count
        let fixed = density.reduce(0) { $0 + perPoint * $1 * $1 }
        guard !minSizes.isEmpty else { return fixed }
        let ratios = aspectRatios.count * (scalesAllSizes ? minSizes.count : 1)
        return fixed + minSizes.count + min(maxSizes.count, minSizes.count) + ratios
    }

    public var type: String { "PriorBox" }
    public var attributes: [Attribute] {
        [
            Attribute("min_size", .numbers(minSizes)), Attribute("max_size", .numbers(maxSizes)),
            Attribute("aspect_ratio", .numbers(writtenRatios)),
            Attribute("density", .numbers(density.map { Double($0) })),
            Attribute("fixed_ratio", .numbers(fixedRatios)), Attribute("fixed_size", .numbers(fixedSizes)),
            Attribute("clip", .boolean(clip)), Attribute("flip", .boolean(flip)), Attribute("step", .number(step)),
            Attribute("offset", .number(offset)), Attribute("variance", .numbers(variances)),
            Attribute("scale_all_sizes", .boolean(scalesAllSizes)),
        ] + (version < 8 ? [] : [Attribute("min_max_aspect_ratios_order", .boolean(maxSizeBeforeRatios))])
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inferPriorBoxes(inputs, boxesPerCell: boxesPerCell)
    }
}

private func checkVariances(_ variances: [Double]) throws {
    guard [0, 1, 4].contains(variances.count) else {
        throw VireoError(.malformedFile, "\(variances.count) variances, where there may be none, 1 or 4")
    }
}

private func inferPriorBoxes(_ inputs: InferenceInputs, boxesPerCell: Int) throws -> [ValueType] {
    try inputs.require(2)
    var length = Dimension.dynamic
    if let map = try inputs.integers(0) {
        guard map.count == 2, map.allSatisfy({ (0...1 << 16).contains($0) }), boxesPerCell <= 1 << 27 else {
            throw VireoError(.invalidArgument, "a feature map of \(map) with \(boxesPerCell) boxes in each cell")
        }
        length = Dimension(4 * map[0] * map[1] * boxesPerCell)
    }
    if let image = try inputs.integers(1), image.count != 2 {
        throw VireoError(.invalidArgument, "\(image.count) numbers for the height and width of an image")
    }
    return [ValueType(.f32, .ranked([2, length]))]
}
