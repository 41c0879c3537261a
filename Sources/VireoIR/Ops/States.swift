import VireoTensor

/// The value that a variable has when a run begins: what the run before assigned, or the input at the beginning.
/// Version 6 says the variable's type and may have no input, which stands for zeros.
public struct ReadValue: Operation {
    public let version: Int
    /// The variable's name.
    public let variable: String
    /// Version 6 only; version 3 takes it from the input.
    public let variableType: ValueType?

    public init(_ variable: String, _ type: ValueType) {
        version = 6
        self.variable = variable
        variableType = type
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.version = version
        variable = try attributes.string("variable_id")
        variableType =
            version < 6
            ? nil
            : ValueType(try attributes.elementType("variable_type"), try attributes.shape("variable_shape"))
    }

    public var type: String { "ReadValue" }
    public var attributes: [Attribute] {
        [Attribute("variable_id", .string(variable))]
            + (variableType.map {
                [
                    Attribute("variable_type", .elementType($0.elementType)),
                    Attribute("variable_shape", .shape($0.shape)),
                ]
            } ?? [])
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(version < 6 ? 1...1 : 0...1)
        guard let variableType else { return [inputs[0]] }
        if inputs.count == 1 {
            let fits =
                inputs[0].elementType == variableType.elementType || variableType.elementType == .dynamic
                || inputs[0].elementType == .dynamic
            guard fits, inputs[0].shape.isCompatible(with: variableType.shape) else {
                throw VireoError(
                    .invalidArgument, "the variable \"\(variable)\" is \(variableType) and starts with \(inputs[0])")
            }
        }
        return [variableType]
    }
}

/// Gives a variable the value that the next run reads. The output is the input.
public struct Assign: Operation {
    public let version: Int
    /// The variable's name.
    public let variable: String

    public init(_ variable: String) {
        version = 6
        self.variable = variable
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.version = version
        variable = try attributes.string("variable_id")
    }

    public var type: String { "Assign" }
    public var attributes: [Attribute] { [Attribute("variable_id", .string(variable))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        return [inputs[0]]
    }
}
