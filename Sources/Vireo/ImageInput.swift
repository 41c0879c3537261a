import VireoIR
import VireoImaging
import VireoTensor

/// How photographs become the input of a model: its size and layout, the channel order, and who scales the values.
public struct ImageInput: Sendable {
    public let name: String
    public let batch: Int
    public let height: Int
    public let width: Int
    public let layout: Layout
    public let elementType: ElementType
    /// What is done to the pixels before the model sees them.
    public let preprocessing: Preprocessing
    /// What the model itself does, where its file records it.
    public let record: InputRecord?

    /// The one image input of a model.
    /// - Parameters:
    ///   - model: a model that takes photographs.
    ///   - preprocessing: replaces what the model's file says about the channel order; values are fed as they are
    ///     unless it says otherwise.
    /// - Throws: `unsupported` for a model without exactly one input of rank 4 with three channels.
    public init(of model: Model, preprocessing: Preprocessing? = nil) throws {
        let nodes = model.parameters.map { model[$0] }
        guard nodes.count == 1, let shape = nodes[0].outputs[0].type.shape.shape, shape.rank == 4 else {
            let inputs = nodes.map { "\"\($0.name)\" \($0.outputs[0].type)" }.joined(separator: ", ")
            throw VireoError(
                .unsupported, "a photograph needs a model with one input of rank 4, and the inputs are \(inputs)",
                remedy: "give tensors with vireo infer")
        }
        let node = nodes[0]
        let layout = node.layout ?? (shape[1] == 3 || shape[3] != 3 ? .nchw : .nhwc)
        guard let channels = layout.index(of: "C"), let rows = layout.index(of: "H"),
            let columns = layout.index(of: "W"),
            let batch = layout.index(of: "N"), shape[channels] == 3
        else {
            throw VireoError(
                .unsupported,
                "the input \"\(node.name)\" \(node.outputs[0].type) of layout \(layout) takes no RGB photograph",
                remedy: "give tensors with vireo infer")
        }
        name = node.name
        self.layout = layout
        self.batch = shape[batch]
        height = shape[rows]
        width = shape[columns]
        elementType = node.outputs[0].type.elementType
        record = model.inputRecords.first { $0.input == node.name }
        let order = record.flatMap { ChannelOrder(rawValue: $0.channelOrder.rawValue) } ?? .rgb
        self.preprocessing = preprocessing ?? Preprocessing(channelOrder: order)
    }

    /// How the images lie in the input's tensor.
    /// - Throws: `unsupported` for an element type that photographs do not have.
    public func tensorFormat() throws(VireoError) -> ImageTensorFormat {
        try ImageTensorFormat(
            count: batch, height: height, width: width, layout: layout, elementType: elementType,
            preprocessing: preprocessing)
    }

    /// The images, resized and stacked; the last is repeated up to the model's batch.
    public func tensor(_ images: [Image]) throws -> Tensor {
        var resized = try images.map { try $0.resized(width: width, height: height) }
        guard let last = resized.last, resized.count <= batch else {
            throw VireoError(.invalidArgument, "\(images.count) images for a batch of \(batch)")
        }
        while resized.count < batch { resized.append(last) }
        return try Tensor(images: resized, layout: layout, elementType: elementType, preprocessing: preprocessing)
    }
}

extension ImageInput: CustomStringConvertible {
    /// `"input" 224x224, NCHW f32, RGB, 0...255; the model subtracts 127.5 and divides by 127.5`
    public var description: String {
        var text = "\"\(name)\" \(width)x\(height), \(layout) \(elementType), bilinear, \(preprocessing)"
        guard let record else { return text + "; the model's file records no preprocessing" }
        func list(_ values: [Double]) -> String {
            Attribute.Value.numbers(Set(values).count == 1 ? [values[0]] : values).text
        }
        var steps: [String] = []
        if !record.mean.isEmpty { steps.append("subtracts \(list(record.mean))") }
        if !record.scale.isEmpty { steps.append("divides by \(list(record.scale))") }
        text +=
            steps.isEmpty ? "; the model takes values as they are" : "; the model " + steps.joined(separator: " and ")
        return text
    }
}
