import Foundation
import Testing
import VireoIR
import VireoReference
import VireoTensor
import VireoTensorFlow

/// Small graphs with the outputs that TensorFlow computes; `Fixtures/make_operations.py` wrote them.
struct OperationCase: Decodable, Sendable, CustomTestStringConvertible {
    struct Value: Decodable, Sendable {
        let type: String
        let shape: [Int]
        let data: Data

        func tensor() throws -> Tensor {
            let elementType = try #require(ElementType(irName: type))
            var tensor = try Tensor(zeros: elementType, Shape(validating: shape))
            try #require(tensor.byteCount == data.count)
            tensor.withUnsafeMutableBytes { _ = data.copyBytes(to: $0) }
            return tensor
        }
    }

    let name: String
    let graph: Data
    let outputs: [String]
    let inputs: [Value]
    let expected: [Value]

    var testDescription: String { name }

    static let all: [OperationCase] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/operations.json")
        do {
            return try JSONDecoder().decode([OperationCase].self, from: Data(contentsOf: file))
        } catch { fatalError("the operation cases cannot be read: \(error)") }
    }()
}

@Suite("TensorFlow's operations")
struct OperationTests {
    @Test("are converted to what computes the same", arguments: OperationCase.all)
    func agreesWithTensorFlow(_ sample: OperationCase) throws {
        var options = ConversionOptions()
        options.inputs = sample.inputs.indices.map { InputSpecification(PortSpecification("in\($0)")) }
        options.outputs = try sample.outputs.map { try PortSpecification(parsing: $0) }
        var converter = Converter(options)
        converter.verifies = true
        let model = try converter.convert(GraphDef(bytes: [UInt8](sample.graph)), name: sample.name).model
        let results = try evaluate(model, sample.inputs.map { try $0.tensor() })
        #expect(results.count == sample.expected.count)
        for (result, expected) in zip(results, sample.expected) {
            let expected = try expected.tensor()
            #expect(result.elementType == expected.elementType)
            let values = try inTensorFlowsLayout(result, expected.shape).doubles()
            let wanted = try expected.doubles()
            // Sums of up to a hundred products in another order; whole numbers and truths exactly.
            let largest = wanted.map(\.magnitude).max() ?? 0
            let allowed = expected.elementType == .f32 ? 3e-6 * max(largest, 1) : 0
            let worst = zip(values, wanted).map { ($0 - $1).magnitude }.max() ?? 0
            #expect(values.count == wanted.count && worst <= allowed, "largest difference \(worst) of \(largest)")
        }
    }

    @Test("activations, norms and dilations that a graph spells out become one operation")
    func patternsAreFused() throws {
        let fused: [String: String] = [
            "hard swish, divided last": "HSwish",
            "hard sigmoid": "HSigmoid", "swish": "Swish", "L2 normalization": "NormalizeL2",
            "GELU with erf": "Gelu", "GELU with tanh": "Gelu", "GELU written by hand": "Gelu",
            "GELU with tanh and a cube of products": "Gelu", "normalization by a quotient": "MVN",
        ]
        for (name, operation) in fused {
            #expect(try operations(of: name) == [operation], "\(name)")
        }
        #expect(try operations(of: "layer normalization") == ["MVN", "Multiply", "Add"])
        #expect(try operations(of: "layer normalization without a scale") == ["MVN", "Add"])
        for name in ["atrous convolution by 2, SAME", "atrous convolution by 3, VALID"] {
            #expect(try operations(of: name) == ["Convolution", "Add", "ReLU"], "\(name)")
        }
    }

    /// What is computed in the converted case of this name.
    private func operations(of name: String) throws -> [String] {
        let sample = try #require(OperationCase.all.first { $0.name == name })
        let model = try Converter().convert(GraphDef(bytes: [UInt8](sample.graph)), name: name).model
        return try model.topologicalOrder().map { model[$0].type }.filter {
            !["Parameter", "Constant", "Result"].contains($0)
        }
    }

    /// The model's outputs; inputs of rank 4 are given in NHWC.
    private func evaluate(_ model: Model, _ inputs: [Tensor]) throws -> [Tensor] {
        var values: [Output: Tensor] = [:]
        for (id, input) in zip(model.parameters, inputs) {
            values[Output(id)] = input.shape.rank == 4 ? try transposed(input, [0, 3, 1, 2]) : input
        }
        for id in try model.topologicalOrder() {
            let node = model[id]
            if let constant = node.operation as? Constant { values[Output(id)] = constant.tensor }
            guard !(node.operation is Parameter || node.operation is Constant || node.operation is VireoIR.Result)
            else { continue }
            let results = try Reference.evaluate(
                node.operation, node.inputs.map { try #require(values[$0]) }, outputs: node.outputs.map(\.type))
            for (index, result) in results.enumerated() { values[Output(id, index)] = result }
        }
        return try model.results.map { try #require(values[model[$0].inputs[0]]) }
    }

    /// Outputs of rank 4 that are images are NCHW in the IR.
    private func inTensorFlowsLayout(_ tensor: Tensor, _ expected: Shape) throws -> Tensor {
        if tensor.shape == expected || tensor.shape.rank != 4 {
            #expect(tensor.shape == expected)
            return tensor
        }
        let image = try transposed(tensor, [0, 2, 3, 1])
        #expect(image.shape == expected)
        return image
    }

    private func transposed(_ tensor: Tensor, _ order: [Int]) throws -> Tensor {
        try Reference.evaluate(
            Transpose(), [tensor, Tensor(order.map { Int64($0) })],
            outputs: [ValueType(tensor.elementType, Shape(order.map { tensor.shape[$0] }))])[0]
    }
}
