import VireoTensor

/// An operation on the bits of two integers, or on two truth values, with broadcasting.
public struct BitwiseElementwise: Operation {
    public enum Kind: String, CaseIterable, Sendable {
        case and = "BitwiseAnd"
        case or = "BitwiseOr"
        case xor = "BitwiseXor"
        case leftShift = "BitwiseLeftShift"
        case rightShift = "BitwiseRightShift"
    }

    public let kind: Kind
    public let autoBroadcast: AutoBroadcast

    init(_ kind: Kind, _ attributes: AttributeReader) throws {
        self.kind = kind
        autoBroadcast = try attributes.choice("auto_broadcast", default: .numpy)
    }

    static func version(of kind: Kind) -> Int { kind == .leftShift || kind == .rightShift ? 15 : 13 }

    public var type: String { kind.rawValue }
    public var version: Int { BitwiseElementwise.version(of: kind) }
    public var attributes: [Attribute] { [Attribute("auto_broadcast", .string(autoBroadcast.rawValue))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        let elementType = try inputs.requireSameElementType(0, 1)
        if autoBroadcast == .none, !inputs[0].shape.isCompatible(with: inputs[1].shape) {
            throw VireoError(.invalidArgument, "shapes differ and auto_broadcast is none")
        }
        return [ValueType(elementType, try inputs[0].shape.broadcast(with: inputs[1].shape))]
    }
}

/// The opposite of every bit of an integer, or of a truth value.
public struct BitwiseNot: Operation {
    public init() {}
    public var type: String { "BitwiseNot" }
    public var version: Int { 13 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        return [inputs[0]]
    }
}

/// Whether a number is one: IsNaN, IsInf (of either sign or of one), IsFinite.
public struct FloatPredicate: Operation {
    public enum Kind: String, CaseIterable, Sendable {
        case isNaN = "IsNaN"
        case isInf = "IsInf"
        case isFinite = "IsFinite"
    }

    public let kind: Kind
    public let detectsNegative: Bool
    public let detectsPositive: Bool

    init(_ kind: Kind, _ attributes: AttributeReader) throws {
        self.kind = kind
        detectsNegative = try attributes.boolean("detect_negative", default: true)
        detectsPositive = try attributes.boolean("detect_positive", default: true)
    }

    public var type: String { kind.rawValue }
    public var version: Int { 10 }
    public var attributes: [Attribute] {
        guard kind == .isInf else { return [] }
        return [
            Attribute("detect_negative", .boolean(detectsNegative)),
            Attribute("detect_positive", .boolean(detectsPositive)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        return [ValueType(.boolean, inputs[0].shape)]
    }
}

/// The input as it is.
public struct Identity: Operation {
    public init() {}
    public var type: String { "Identity" }
    public var version: Int { 16 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        return [inputs[0]]
    }
}

/// The first input in the element type of the second.
public struct ConvertLike: Operation {
    public init() {}
    public var type: String { "ConvertLike" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        return [ValueType(inputs[1].elementType, inputs[0].shape)]
    }
}
