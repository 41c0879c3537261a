import VireoTensor

/// An operation of an opset with its attributes: what a node computes, without its inputs.
///
/// Specifications: the OpenVINO operation sets, https://docs.openvino.ai (Available Operation Sets).
public protocol Operation: Sendable {
    /// The specification's name: "Convolution", "ReLU".
    var type: String { get }
    /// The opset that introduced this version of the operation: 1 for Convolution-1.
    var version: Int { get }
    /// The collection that defines the operation: "opset1", or "extension" for one of a plugin's own.
    var opset: String { get }
    /// Every attribute with its value, in the order in which they are written.
    var attributes: [Attribute] { get }
    /// The types of the outputs for these inputs.
    /// - Throws: `invalidArgument` when the inputs do not fit the operation or each other.
    func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType]
    /// The graphs inside the operation: one of TensorIterator and Loop, two of If (then, else), none of the others.
    var bodies: [Body] { get }
}

extension Operation {
    public var bodies: [Body] { [] }
}

extension Operation {
    public var opset: String { "opset\(version)" }
}

/// One named attribute.
public struct Attribute: Equatable, Sendable {
    public let key: String
    public let value: Value

    public enum Value: Equatable, Sendable {
        case integer(Int)
        case integers([Int])
        case number(Double)
        case numbers([Double])
        case boolean(Bool)
        case string(String)
        case elementType(ElementType)
        case shape(PartialShape)
    }

    public init(_ key: String, _ value: Value) {
        self.key = key
        self.value = value
    }
}

/// The type of a value: its element type and what is known of its shape.
public struct ValueType: Hashable, Sendable, CustomStringConvertible {
    public var elementType: ElementType
    public var shape: PartialShape

    public init(_ elementType: ElementType, _ shape: PartialShape) {
        self.elementType = elementType
        self.shape = shape
    }

    public init(_ elementType: ElementType, _ shape: Shape) { self.init(elementType, PartialShape(shape)) }

    public var description: String { "\(elementType)\(shape)" }
}

/// What shape inference may know of a node's inputs: their types, and the values of those that are constant.
public struct InferenceInputs {
    public let types: [ValueType]
    private let constants: [Tensor?]

    public init(_ types: [ValueType], constants: [Tensor?]) {
        self.types = types
        self.constants = constants
    }

    public var count: Int { types.count }
    public subscript(index: Int) -> ValueType { types[index] }

    /// The value of input `index` when it is constant.
    public func constant(_ index: Int) -> Tensor? { index < constants.count ? constants[index] : nil }

    /// The value of input `index` as integers when it is constant.
    public func integers(_ index: Int) throws -> [Int]? { try constant(index)?.integers() }

    /// - Throws: `invalidArgument` unless there are as many inputs as `expected` allows.
    public func require(_ expected: ClosedRange<Int>) throws(VireoError) {
        guard expected.contains(types.count) else {
            let wanted =
                expected.count == 1 ? "\(expected.lowerBound)" : "\(expected.lowerBound) to \(expected.upperBound)"
            throw VireoError(.invalidArgument, "needs \(wanted) inputs and has \(types.count)")
        }
    }

    public func require(_ expected: Int) throws(VireoError) { try require(expected...expected) }

    /// - Throws: `invalidArgument` unless inputs `first` and `second` have one element type.
    public func requireSameElementType(_ first: Int, _ second: Int) throws(VireoError) -> ElementType {
        let (left, right) = (types[first].elementType, types[second].elementType)
        if left == .dynamic { return right }
        guard left == right || right == .dynamic else {
            throw VireoError(.invalidArgument, "inputs \(first) and \(second) have element types \(left) and \(right)")
        }
        return left
    }

    /// The dimensions of input `index`, or nil when its rank is unknown.
    /// - Throws: `invalidArgument` when the rank is known and not in `ranks`.
    public func dimensions(_ index: Int, rank ranks: ClosedRange<Int>) throws(VireoError) -> [Dimension]? {
        guard let dimensions = types[index].shape.dimensions else { return nil }
        guard ranks.contains(dimensions.count) else {
            let wanted = ranks.count == 1 ? "\(ranks.lowerBound)" : "\(ranks.lowerBound) to \(ranks.upperBound)"
            throw VireoError(
                .invalidArgument, "input \(index) has shape \(types[index].shape), and rank \(wanted) is needed")
        }
        return dimensions
    }
}

/// `axis` counted from the front.
/// - Throws: `invalidArgument` when it is outside -rank ..< rank.
public func normalizedAxis(_ axis: Int, rank: Int) throws(VireoError) -> Int {
    guard axis >= -rank, axis < rank else {
        throw VireoError(.invalidArgument, "axis \(axis) of a tensor of rank \(rank)")
    }
    return axis < 0 ? axis + rank : axis
}

/// `axes` counted from the front, sorted, each once.
public func normalizedAxes(_ axes: [Int], rank: Int) throws(VireoError) -> [Int] {
    var result: Set<Int> = []
    for axis in axes { result.insert(try normalizedAxis(axis, rank: rank)) }
    return result.sorted()
}
