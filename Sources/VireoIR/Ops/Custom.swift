import VireoTensor

/// An operation of no opset: one that a backend's library defines, and whose meaning only that backend knows.
///
/// In an IR its version is `extension`, and its output ports say what inference cannot.
public struct CustomOperation: Operation {
    public let type: String
    public let attributes: [Attribute]
    private let infer: @Sendable ([ValueType]) throws -> [ValueType]

    /// - Parameter infer: the types of the outputs for those of the inputs.
    public init(
        _ type: String, _ attributes: [Attribute], infer: @escaping @Sendable ([ValueType]) throws -> [ValueType]
    ) {
        self.type = type
        self.attributes = attributes
        self.infer = infer
    }

    /// An operation of a file, whose outputs have the types that stand there.
    /// - Parameter text: the attributes; integers, numbers, booleans and text are told apart by how they are written,
    ///   so that a whole number comes back as an integer.
    public init(_ type: String, text: [String: String], outputs: [ValueType]) {
        self.init(type, text.sorted { $0.key < $1.key }.map { Attribute($0.key, CustomOperation.value($0.value)) }) {
            _ in outputs
        }
    }

    public static let collection = "extension"
    public var opset: String { CustomOperation.collection }
    public var version: Int { 1 }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] { try infer(inputs.types) }

    private static func value(_ text: String) -> Attribute.Value {
        if text == "true" || text == "false" { return .boolean(text == "true") }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.drop { $0 == " " } }
        let integers = parts.compactMap { Int($0) }
        if integers.count == parts.count { return integers.count == 1 ? .integer(integers[0]) : .integers(integers) }
        let numbers = parts.compactMap { Double($0) }
        guard numbers.count == parts.count else { return .string(text) }
        return numbers.count == 1 ? .number(numbers[0]) : .numbers(numbers)
    }
}
