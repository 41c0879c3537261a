import VireoTensor

/// The order of a tensor's colour channels.
public enum ChannelOrder: String, Sendable, CaseIterable {
    case rgb = "RGB"
    case bgr = "BGR"

    /// Where each channel of the tensor is among an image's red, green and blue.
    var sources: [Int] { self == .rgb ? [0, 1, 2] : [2, 1, 0] }
}

/// What happens to an image's 8-bit values before a network sees them: `(value - mean) / scale`, computed in f32, with
/// one mean and one scale for each channel of the tensor, in the tensor's channel order.
public struct Preprocessing: Sendable, Hashable {
    public let channelOrder: ChannelOrder
    /// Three values.
    public let mean: [Float]
    /// Three values, none of them zero.
    public let scale: [Float]

    /// A single mean or scale applies to all three channels.
    /// - Throws: `invalidArgument` for other counts than one and three, values that are not finite, and a scale of
    ///   zero.
    public init(
        channelOrder: ChannelOrder = .rgb, mean: [Float] = [0], scale: [Float] = [1]
    ) throws(VireoError) {
        self.channelOrder = channelOrder
        self.mean = try Preprocessing.threeValues(mean, "mean")
        self.scale = try Preprocessing.threeValues(scale, "scale")
        guard !self.scale.contains(0) else {
            throw VireoError(
                .invalidArgument, "a scale of zero", remedy: "values are divided by the scale; 1 keeps them")
        }
    }

    /// The values 0...255 as they are.
    public init(channelOrder: ChannelOrder) {
        self.channelOrder = channelOrder
        mean = [0, 0, 0]
        scale = [1, 1, 1]
    }

    private static func threeValues(_ values: [Float], _ name: String) throws(VireoError) -> [Float] {
        guard values.count == 1 || values.count == 3, values.allSatisfy(\.isFinite) else {
            let list = values.map(\.description).joined(separator: ",")
            throw VireoError(
                .invalidArgument, "a \(name) of [\(list)]",
                remedy: "give one finite value, or one for each of 3 channels")
        }
        return values.count == 3 ? values : [values[0], values[0], values[0]]
    }

    /// Whether values stay the integers 0...255.
    public var keepsValues: Bool { mean == [0, 0, 0] && scale == [1, 1, 1] }

    /// The 256 results for each channel of the tensor.
    func table<Element>(_ convert: (Float) -> Element) -> [[Element]] {
        zip(mean, scale).map { mean, scale in (0...255).map { convert((Float($0) - mean) / scale) } }
    }
}

extension Preprocessing: CustomStringConvertible {
    /// One line: `RGB, (x - 127.5) / 127.5`, or `BGR, x - [103.94,116.78,123.68]`, or `RGB, 0...255`.
    public var description: String {
        if keepsValues { return "\(channelOrder.rawValue), 0...255" }
        var formula = "x"
        if mean != [0, 0, 0] { formula += " - " + Preprocessing.text(mean) }
        if scale != [1, 1, 1] { formula = (formula == "x" ? "x" : "(\(formula))") + " / " + Preprocessing.text(scale) }
        return "\(channelOrder.rawValue), \(formula)"
    }

    private static func text(_ values: [Float]) -> String {
        let texts = values.map { value in
            let text = value.description
            return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        }
        return Set(texts).count == 1 ? texts[0] : "[" + texts.joined(separator: ",") + "]"
    }
}
