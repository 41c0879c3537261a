import Foundation
import VireoIR
import VireoSerialization
import VireoTensor

/// A case of the conformance suite's sample: a model of one operation as OpenVINO writes it, with inputs and outputs.
///
/// `conformance/operations/make_cases.py --sample` writes the file.
public struct SampledCase: Sendable, CustomStringConvertible {
    /// The operation with its version and the case's number: "Convolution-1/0001".
    public let description: String
    public let inputs: [Tensor]
    public let outputs: [Tensor]
    private let document: Data
    private let weights: Data

    public func model() throws -> Model { try Model(irDocument: document, weights: weights) }

    /// How results differ from the expected ones by more than the tolerance; nil when they do not.
    public func difference(of results: [Tensor]) throws -> String? {
        try Tolerance.of(model()).difference(of: results, from: outputs)
    }

    /// The one operation of the model.
    public func operation() throws -> any VireoIR.Operation {
        let nodes = try model().nodes.filter {
            !($0.operation is Parameter) && !($0.operation is Constant) && !($0.operation is Result)
        }
        guard nodes.count == 1 else { throw CocoaError(.coderReadCorrupt) }
        return nodes[0].operation
    }

    /// Every case of the file.
    public static let all: [SampledCase] = {
        do { return try read() } catch { fatalError("the sampled cases cannot be read: \(error)") }
    }()

    private struct Record: Decodable {
        let `case`: String
        let model: String
        let weights: Data
        let inputs: [RecordedTensor]
        let outputs: [RecordedTensor]
    }

    private static func read() throws -> [SampledCase] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = tests.appending(path: "ConformanceTests/Fixtures/sampled_operations.json")
        return try JSONDecoder().decode([Record].self, from: Data(contentsOf: file)).map { record in
            SampledCase(
                description: record.case, inputs: try record.inputs.map { try $0.tensor() },
                outputs: try record.outputs.map { try $0.tensor() }, document: Data(record.model.utf8),
                weights: record.weights)
        }
    }
}

extension Model {
    /// A model from the text and the weights of an IR that a fixture holds.
    package init(irDocument document: Data, weights: Data) throws {
        self = try document.withUnsafeBytes { bytes in
            try Model(irDocument: bytes) {
                let copy = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: weights.count, alignment: TensorStorage.alignment)
                _ = weights.copyBytes(to: copy)
                return TensorStorage(adopting: copy, isWritable: false) { $0.deallocate() }
            }
        }
    }
}

/// A tensor as the scripts record it.
package struct RecordedTensor: Decodable, Sendable {
    let type: String
    let shape: [Int]
    let data: Data
    let constant: Bool?

    package func tensor() throws -> Tensor {
        guard let elementType = ElementType(irName: type) else { throw CocoaError(.coderReadCorrupt) }
        var tensor = try Tensor(zeros: elementType, Shape(validating: shape))
        guard tensor.byteCount == data.count else { throw CocoaError(.coderReadCorrupt) }
        tensor.withUnsafeMutableBytes { _ = data.copyBytes(to: $0) }
        return tensor
    }
}
