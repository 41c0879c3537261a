import VireoIR
import VireoTensor

/// How a program wants to feed an input, where that differs from what the model takes. `Model.setInputFormat` puts the
/// difference into the model, so that every device computes it.
///
/// ```swift
/// // Camera frames of any size, 8-bit B,G,R, for a network trained on R,G,B in -1...1.
/// try model.setInputFormat(
///     InputFormat(
///         elementType: .u8, layout: .nhwc, height: .dynamic, width: .dynamic, reversesChannels: true,
///         mean: [127.5], scale: [127.5]))
/// ```
public struct InputFormat: Sendable, Hashable {
    /// How elements between those of the given tensor are found when it is resized. Pixels are areas (half_pixel).
    public enum Resampling: Sendable, Hashable {
        case nearest, bilinear, bicubic
    }

    /// The element type of the given tensor; nil for the model's.
    public var elementType: ElementType?
    /// The order of the given tensor's axes; nil for the model's.
    public var layout: Layout?
    /// The extents of the given tensor, `.dynamic` for any; nil for the model's.
    public var height: Dimension?
    public var width: Dimension?
    public var resampling: Resampling
    /// Whether the given tensor's channels come in the opposite order, B,G,R for R,G,B.
    public var reversesChannels: Bool
    /// Subtracted, then divided by: one number, or one for each channel in the model's order. Empty for neither.
    public var mean: [Double]
    public var scale: [Double]

    public init(
        elementType: ElementType? = nil, layout: Layout? = nil, height: Dimension? = nil, width: Dimension? = nil,
        resampling: Resampling = .bilinear, reversesChannels: Bool = false, mean: [Double] = [], scale: [Double] = []
    ) {
        self.elementType = elementType
        self.layout = layout
        self.height = height
        self.width = width
        self.resampling = resampling
        self.reversesChannels = reversesChannels
        self.mean = mean
        self.scale = scale
    }
}

extension Model {
    /// Makes an input take another format: operations in front of the model convert, transpose, reverse the channels,
    /// resize, subtract the mean and divide by the scale, in this order.
    /// - Parameters:
    ///   - input: the input's name or one of its tensor's names; may be left out when there is one.
    ///   - modelLayout: the axes that the model itself takes; nil for what its file says, or else NCHW for four axes.
    /// - Throws: `invalidArgument` for an unknown input and for a format that does not fit it; the model is then as it
    ///   was.
    public mutating func setInputFormat(
        _ format: InputFormat, of input: String? = nil, modelLayout: Layout? = nil
    ) throws {
        var changed = self
        try changed.insertSteps(format, input, modelLayout)
        self = changed
    }

    private mutating func insertSteps(_ format: InputFormat, _ input: String?, _ modelLayout: Layout?) throws {
        let id = try soleParameter(input)
        let node = self[id]
        try withContext("input \"\(node.name)\" \(type(of: Output(id)))") {
            var steps = try InputSteps(format, node, type(of: Output(id)), modelLayout)
            let value = try steps.build(in: &self, name: node.name)
            let tensorNames = node.outputs[0].tensorNames
            replaceUses(of: Output(id), with: value, keepingNames: false)
            reorder(
                parameters: parameters.filter { $0 != steps.parameter }.map { $0 == id ? steps.parameter! : $0 } + [id],
                results: results)
            remove(id)
            rename(steps.parameter!, to: node.name)
            setTensorNames(tensorNames, of: Output(steps.parameter!))
            setRuntimeInfo(steps.runtimeInfo(from: node), of: steps.parameter!)
        }
    }

    private func soleParameter(_ name: String?) throws(VireoError) -> NodeID {
        let list = "the inputs are " + inputPorts.map(\.description).joined(separator: ", ")
        guard let name else {
            guard parameters.count == 1 else {
                throw VireoError(
                    .invalidArgument, "the model has \(parameters.count) inputs", remedy: "name one; " + list)
            }
            return parameters[0]
        }
        guard let id = parameter(named: name) else {
            throw VireoError(.invalidArgument, "no input is called \"\(name)\"", remedy: list)
        }
        return id
    }
}
