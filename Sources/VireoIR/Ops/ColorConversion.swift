import VireoTensor

/// The colours of a frame of video whose chrominance has half the resolution (ITU-R BT.601, limited range). Inputs: one
/// image [N, H*3/2, W, 1] with the chrominance below the luminance, or planes: luminance [N, H, W, 1] and then (NV12)
/// pairs [N, H/2, W/2, 2] or (I420) two planes [N, H/2, W/2, 1]. Output [N, H, W, 3] from 0 to 255.
public struct ColorConversion: Operation {
    public enum Source: String, CaseIterable, Sendable {
        /// Pairs of U and V.
        case pairs = "NV12"
        /// A plane of U, then one of V.
        case planes = "I420"
    }

    public enum Order: String, CaseIterable, Sendable {
        case rgb = "RGB"
        case bgr = "BGR"
    }

    public let source: Source
    public let order: Order

    init(_ source: Source, to order: Order) {
        self.source = source
        self.order = order
    }

    public var type: String { "\(source.rawValue)to\(order.rawValue)" }
    public var version: Int { 8 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        let planeCount = source == .pairs ? 2 : 3
        guard inputs.count == 1 || inputs.count == planeCount else {
            throw VireoError(.invalidArgument, "needs 1 or \(planeCount) inputs and has \(inputs.count)")
        }
        guard let luminance = try inputs.dimensions(0, rank: 4...4) else {
            return [ValueType(inputs[0].elementType, .ranked([.dynamic, .dynamic, .dynamic, 3]))]
        }
        var height = luminance[1]
        if inputs.count == 1, let rows = height.value {
            guard rows % 3 == 0 else {
                throw VireoError(.invalidArgument, "\(rows) rows, where three halves are needed")
            }
            height = Dimension(rows / 3 * 2)
        }
        guard luminance[3].isCompatible(with: 1), (height.value ?? 0) % 2 == 0, (luminance[2].value ?? 0) % 2 == 0
        else {
            throw VireoError(.invalidArgument, "an image \(inputs[0]), which is no luminance of even height and width")
        }
        func half(_ dimension: Dimension) -> Dimension { dimension.value.map { Dimension($0 / 2) } ?? .dynamic }
        for index in 1..<max(inputs.count, 1) {
            let channels: Dimension = source == .pairs ? 2 : 1
            try inputs.require(index, [luminance[0], half(height), half(luminance[2]), channels])
            _ = try inputs.requireSameElementType(0, index)
        }
        return [ValueType(inputs[0].elementType, .ranked([luminance[0], height, luminance[2], 3]))]
    }
}
