import Foundation
import VireoIR
import VireoTensor

/// One operation with inputs and the outputs that OpenVINO's CPU device computes for them in f32.
///
/// The cases lie in `Tests/ConformanceTests/Fixtures`, beside the script that makes them.
public struct SingleOperationCase: Sendable, CustomStringConvertible {
    public let number: Int
    public let operation: any VireoIR.Operation
    public let inputs: [Tensor]
    /// Whether an input is part of the model, such as weights and axes, rather than given to it.
    public let isConstant: [Bool]
    public let outputs: [Tensor]

    public var description: String {
        let attributes = operation.attributes.map { " \($0.key)=\($0.value.text)" }.joined()
        let shapes = inputs.map { "\($0.elementType)\($0.shape)" }.joined(separator: " ")
        return "case \(number), \(operation.type)-\(operation.version) of \(shapes)\(attributes)"
    }

    /// The operation as a model of its own.
    public func model() throws -> Model {
        var model = Model(name: "\(operation.type) \(number)")
        let values = try inputs.enumerated().map { index, tensor in
            isConstant[index]
                ? try model.addConstant(tensor, name: "constant\(index)")
                : Output(
                    try model.add(Parameter(tensor.elementType, PartialShape(tensor.shape)), name: "input\(index)"))
        }
        let node = try model.add(operation, values, name: "node")
        for index in outputs.indices { try model.add(VireoIR.Result(), [Output(node, index)], name: "output\(index)") }
        return model
    }

    /// What is given to the model.
    public var feeds: [Tensor] { zip(inputs, isConstant).filter { !$1 }.map(\.0) }
}

// MARK: - Comparing

extension SingleOperationCase {
    /// How results differ from the expected ones by more than the operation's tolerance; nil when they do not.
    public func difference(of results: [Tensor]) throws -> String? {
        try Tolerance.of(operation).difference(of: results, from: outputs)
    }
}

// MARK: - Reading

extension SingleOperationCase {
    /// Every case of the files.
    public static let all: [SingleOperationCase] = {
        do { return try read() } catch { fatalError("the single-operation cases cannot be read: \(error)") }
    }()

    private struct Record: Decodable {
        let operation: String
        let opset: Int
        let attributes: [String: String]
        let inputs: [RecordedTensor]
        let outputs: [RecordedTensor]
    }

    /// One file for each script that makes cases.
    private static let files = ["single_operations", "detection_operations", "sequence_operations"]

    private static func read() throws -> [SingleOperationCase] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let records = try files.flatMap { name in
            let file = try Data(contentsOf: tests.appending(path: "ConformanceTests/Fixtures/\(name).json"))
            return try JSONDecoder().decode([Record].self, from: file)
        }
        return try records.enumerated().map { number, record in
            let attributes = AttributeReader(record.attributes.mapValues { .string($0) })
            return SingleOperationCase(
                number: number, operation: try OperationSet.make(record.operation, opset: record.opset, attributes),
                inputs: try record.inputs.map { try $0.tensor() },
                isConstant: record.inputs.map { $0.constant ?? false },
                outputs: try record.outputs.map { try $0.tensor() })
        }
    }
}
