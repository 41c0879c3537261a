import VireoTensor

/// An operation on each element by itself, without attributes.
public struct UnaryElementwise: Operation {
    public enum Kind: String, CaseIterable, Sendable {
        case relu = "ReLU"
        case sigmoid = "Sigmoid"
        case tanh = "Tanh"
        case exp = "Exp"
        case log = "Log"
        case sqrt = "Sqrt"
        case abs = "Abs"
        case negative = "Negative"
        case sign = "Sign"
        case floor = "Floor"
        case ceiling = "Ceiling"
        case erf = "Erf"
        case sin = "Sin"
        case cos = "Cos"
        case tan = "Tan"
        case asin = "Asin"
        case acos = "Acos"
        case atan = "Atan"
        case sinh = "Sinh"
        case cosh = "Cosh"
        case asinh = "Asinh"
        case acosh = "Acosh"
        case atanh = "Atanh"
        case softSign = "SoftSign"
        case softPlus = "SoftPlus"
        case mish = "Mish"
        case hSwish = "HSwish"
        case hSigmoid = "HSigmoid"
        case logicalNot = "LogicalNot"
    }

    public let kind: Kind
    public init(_ kind: Kind) { self.kind = kind }

    public var type: String { kind.rawValue }
    public var version: Int {
        switch kind {
        case .softPlus, .mish, .hSwish, .asinh, .acosh, .atanh: 4
        case .hSigmoid: 5
        case .softSign: 9
        default: 1
        }
    }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        return [inputs[0]]
    }
}

/// max(min(x, max), min).
public struct Clamp: Operation {
    public let lower: Double
    public let upper: Double

    public init(lower: Double, upper: Double) {
        self.lower = lower
        self.upper = upper
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.init(lower: try attributes.number("min"), upper: try attributes.number("max"))
        guard lower <= upper else {
            throw VireoError(.malformedFile, "Clamp from \(lower) to \(upper): min must not exceed max")
        }
    }

    public var type: String { "Clamp" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [Attribute("min", .number(lower)), Attribute("max", .number(upper))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        return [inputs[0]]
    }
}

/// x where x > 0, alpha * (exp(x) - 1) elsewhere. Clevert et al., https://arxiv.org/abs/1511.07289.
public struct Elu: Operation {
    public let alpha: Double
    public init(alpha: Double) { self.alpha = alpha }
    init(_ attributes: AttributeReader, version: Int) throws { self.init(alpha: try attributes.number("alpha")) }

    public var type: String { "Elu" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [Attribute("alpha", .number(alpha))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        return [inputs[0]]
    }
}

/// x where x >= 0, slope * x elsewhere; a slope of rank 1 runs along axis 1.
public struct PReLU: Operation {
    public init() {}
    public var type: String { "PReLU" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        return [inputs[0]]
    }
}

/// x * sigmoid(beta * x), beta 1 when the second input is left out.
public struct Swish: Operation {
    public init() {}
    public var type: String { "Swish" }
    public var version: Int { 4 }
    public var attributes: [Attribute] { [] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1...2)
        return [inputs[0]]
    }
}

/// An operation on pairs of elements, with broadcasting.
public struct BinaryElementwise: Operation {
    public enum Kind: String, CaseIterable, Sendable {
        case add = "Add"
        case subtract = "Subtract"
        case multiply = "Multiply"
        case divide = "Divide"
        case maximum = "Maximum"
        case minimum = "Minimum"
        case power = "Power"
        case squaredDifference = "SquaredDifference"
        case floorMod = "FloorMod"
        case mod = "Mod"
        case equal = "Equal"
        case notEqual = "NotEqual"
        case less = "Less"
        case lessEqual = "LessEqual"
        case greater = "Greater"
        case greaterEqual = "GreaterEqual"
        case logicalAnd = "LogicalAnd"
        case logicalOr = "LogicalOr"
        case logicalXor = "LogicalXor"

        /// Whether the result is a boolean whatever the operands are.
        public var isPredicate: Bool {
            switch self {
            case .equal, .notEqual, .less, .lessEqual, .greater, .greaterEqual, .logicalAnd, .logicalOr, .logicalXor:
                true
            default: false
            }
        }
    }

    public let kind: Kind
    public let autoBroadcast: AutoBroadcast
    /// Whether quotients of integers are cut off towards 0 rather than rounded down as in Python.
    public let truncatesQuotients: Bool

    public init(_ kind: Kind, autoBroadcast: AutoBroadcast = .numpy) {
        self.kind = kind
        self.autoBroadcast = autoBroadcast
        truncatesQuotients = false
    }

    init(_ kind: Kind, _ attributes: AttributeReader) throws {
        self.kind = kind
        autoBroadcast = try attributes.choice("auto_broadcast", default: .numpy)
        truncatesQuotients = kind == .divide ? try !attributes.boolean("m_pythondiv", default: true) : false
    }

    public var type: String { kind.rawValue }
    public var version: Int { 1 }
    public var attributes: [Attribute] {
        [Attribute("auto_broadcast", .string(autoBroadcast.rawValue))]
            + (truncatesQuotients ? [Attribute("m_pythondiv", .boolean(false))] : [])
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(2)
        let elementType = try inputs.requireSameElementType(0, 1)
        let shape: PartialShape
        switch autoBroadcast {
        case .numpy: shape = try inputs[0].shape.broadcast(with: inputs[1].shape)
        case .none:
            guard inputs[0].shape.isCompatible(with: inputs[1].shape) else {
                throw VireoError(.invalidArgument, "shapes differ and auto_broadcast is none")
            }
            shape = inputs[0].shape.isStatic ? inputs[0].shape : inputs[1].shape
        }
        return [ValueType(kind.isPredicate ? .boolean : elementType, shape)]
    }
}

/// Elements of the second input where the first is true, of the third elsewhere.
public struct Select: Operation {
    public let autoBroadcast: AutoBroadcast
    public init(autoBroadcast: AutoBroadcast = .numpy) { self.autoBroadcast = autoBroadcast }
    init(_ attributes: AttributeReader, version: Int) throws {
        self.init(autoBroadcast: try attributes.choice("auto_broadcast", default: .numpy))
    }

    public var type: String { "Select" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [Attribute("auto_broadcast", .string(autoBroadcast.rawValue))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(3)
        guard [.boolean, .dynamic].contains(inputs[0].elementType) else {
            throw VireoError(.invalidArgument, "the condition is \(inputs[0].elementType), and boolean is needed")
        }
        let elementType = try inputs.requireSameElementType(1, 2)
        let shape = try inputs[1].shape.broadcast(with: inputs[2].shape).broadcast(with: inputs[0].shape)
        return [ValueType(elementType, shape)]
    }
}

/// The same values in another element type.
public struct Convert: Operation {
    public let destination: ElementType
    public init(to destination: ElementType) { self.destination = destination }
    init(_ attributes: AttributeReader, version: Int) throws {
        self.init(to: try attributes.elementType("destination_type"))
    }

    public var type: String { "Convert" }
    public var version: Int { 1 }
    public var attributes: [Attribute] { [Attribute("destination_type", .elementType(destination))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        return [ValueType(destination, inputs[0].shape)]
    }
}

/// Rounds to `levels` values between the input limits and maps them to the output limits.
/// Inputs: data, input low, input high, output low, output high.
public struct FakeQuantize: Operation {
    public let levels: Int
    public let autoBroadcast: AutoBroadcast

    public init(levels: Int, autoBroadcast: AutoBroadcast = .numpy) {
        self.levels = levels
        self.autoBroadcast = autoBroadcast
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.init(
            levels: try attributes.integer("levels"),
            autoBroadcast: try attributes.choice("auto_broadcast", default: .numpy))
        guard levels >= 2 else { throw VireoError(.malformedFile, "FakeQuantize with \(levels) levels") }
    }

    public var type: String { "FakeQuantize" }
    public var version: Int { 1 }
    public var attributes: [Attribute] {
        [Attribute("levels", .integer(levels)), Attribute("auto_broadcast", .string(autoBroadcast.rawValue))]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(5)
        for limit in 1..<5 { _ = try inputs[0].shape.broadcast(with: inputs[limit].shape) }
        return [inputs[0]]
    }
}
