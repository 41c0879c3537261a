import VireoTensor

/// An input of the model.
public struct Parameter: Operation {
    public var elementType: ElementType
    public var shape: PartialShape

    public init(_ elementType: ElementType, _ shape: PartialShape) {
        self.elementType = elementType
        self.shape = shape
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.init(try attributes.elementType("element_type"), try attributes.shape("shape"))
    }

    public var type: String { "Parameter" }
    public var version: Int { 1 }
    public var attributes: [Attribute] {
        [Attribute("shape", .shape(shape)), Attribute("element_type", .elementType(elementType))]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(0)
        return [ValueType(elementType, shape)]
    }
}

/// A tensor known when the model is built: weights, shapes, axes.
public struct Constant: Operation {
    public let tensor: Tensor

    public init(_ tensor: Tensor) { self.tensor = tensor }

    /// The specification's name is Constant; the IR writes it as `Const`, with its place in the weights file.
    public var type: String { "Constant" }
    public var version: Int { 1 }
    public var attributes: [Attribute] {
        [
            Attribute("element_type", .elementType(tensor.elementType)),
            Attribute("shape", .shape(PartialShape(tensor.shape))),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(0)
        return [ValueType(tensor.elementType, tensor.shape)]
    }
}

/// An output of the model.
public struct Result: Operation {
    public init() {}
    public var type: String { "Result" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        return []
    }
}
