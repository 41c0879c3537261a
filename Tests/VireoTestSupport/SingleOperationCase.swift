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

    /// Whether the shape of an output depends on what is given to the model.
    public var hasDynamicOutputs: Bool {
        get throws {
            let types = inputs.map { ValueType($0.elementType, $0.shape) }
            let constants = zip(inputs, isConstant).map { $1 ? $0 : nil }
            return try operation.inferOutputs(InferenceInputs(types, constants: constants)).contains {
                !$0.shape.isStatic
            }
        }
    }

    /// What is given to the model.
    public var feeds: [Tensor] { zip(inputs, isConstant).filter { !$1 }.map(\.0) }
}

// MARK: - Comparing

extension SingleOperationCase {
    /// How results differ from the expected ones by more than the operation's tolerance; nil when they do not.
    public func difference(of results: [Tensor]) throws -> String? {
        guard results.count == outputs.count else { return "\(results.count) outputs for \(outputs.count)" }
        let tolerance = Tolerance.of(operation)
        for (index, (result, expected)) in zip(results, outputs).enumerated() {
            guard result.elementType == expected.elementType, result.shape == expected.shape else {
                return "output \(index) is \(result.elementType)\(result.shape) and not "
                    + "\(expected.elementType)\(expected.shape)"
            }
            let (values, wanted) = (try result.doubles(), try expected.doubles())
            let largest = wanted.lazy.filter(\.isFinite).map(\.magnitude).max() ?? 0
            for (element, (value, wanted)) in zip(values, wanted).enumerated() where value != wanted {
                let allowed = tolerance.relative * wanted.magnitude + tolerance.ofLargest * largest
                guard (value - wanted).magnitude <= allowed else {
                    return "output \(index), element \(element) is \(value) and not \(wanted)"
                }
            }
        }
        return nil
    }
}

/// How far results may be from the expected ones.
struct Tolerance {
    /// A part of the element itself.
    var relative = 0.0
    /// A part of the output's largest element.
    var ofLargest = 0.0

    static func of(_ operation: any VireoIR.Operation) -> Tolerance {
        switch operation.type {
        // One rounding; devices may divide and take roots to within a few units in the last place (OpenCL allows 3).
        case "Add", "Subtract", "Multiply", "Divide", "Sqrt", "SquaredDifference", "PReLU":
            Tolerance(relative: 4e-7)
        // The remainder is as wrong as the quotient, which is up to six times as large as the operands here.
        case "Mod", "FloorMod": Tolerance(ofLargest: 1e-6)
        // Polynomials stand for these functions, each a few units in the last place off; near a zero of the function the
        // error is one of the terms, not of the result.
        case "Sigmoid", "Tanh", "Exp", "Log", "Erf", "Sin", "Cos", "SoftPlus", "Mish", "HSwish", "HSigmoid", "Elu",
            "Swish", "Power", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "SoftSign",
            "Gelu", "Selu", "HardSigmoid", "SoftMax", "LogSoftmax":
            Tolerance(relative: 4e-6, ofLargest: 4e-7)
        // Sums of up to a few hundred terms, added in any order: the error is one of the largest partial sum.
        case "Convolution", "GroupConvolution", "MatMul", "AvgPool", "ReduceMean", "ReduceSum", "ReduceProd",
            "ReduceL1",
            "ReduceL2", "LRN", "BatchNormInference", "ConvolutionBackpropData", "GroupConvolutionBackpropData",
            "NormalizeL2", "MVN", "CumSum", "Interpolate":
            Tolerance(relative: 2e-6, ofLargest: 2e-6)
        // Boxes are a few sums and products, with exponentials for their sizes; the rows come in the same order.
        case "PriorBox", "PriorBoxClustered", "DetectionOutput", "NonMaxSuppression", "Proposal":
            Tolerance(relative: 1e-6, ofLargest: 1e-6)
        // Sums and products of exponentials.
        case "RegionYolo", "RNNCell", "GRUCell", "LSTMCell", "RNNSequence", "GRUSequence", "LSTMSequence":
            Tolerance(relative: 4e-6, ofLargest: 1e-6)
        // Places between pixels are sums and products, of which the result is a multiple of a few pixels' difference.
        case "ROIPooling", "PSROIPooling", "ROIAlign": Tolerance(relative: 2e-6, ofLargest: 2e-6)
        // The same level, computed as level * scale + offset in one order or the other.
        case "FakeQuantize": Tolerance(ofLargest: 4e-7)
        // Elements are compared, chosen or moved.
        default: Tolerance()
        }
    }
}

// MARK: - Reading

extension SingleOperationCase {
    /// Every case of the files.
    public static let all: [SingleOperationCase] = {
        do { return try read() } catch { fatalError("the single-operation cases cannot be read: \(error)") }
    }()

    private struct Record: Decodable {
        struct Value: Decodable {
            let type: String
            let shape: [Int]
            let data: Data
            let constant: Bool?

            func tensor() throws -> Tensor {
                guard let elementType = ElementType(irName: type) else { throw CocoaError(.coderReadCorrupt) }
                var tensor = try Tensor(zeros: elementType, Shape(validating: shape))
                guard tensor.byteCount == data.count else { throw CocoaError(.coderReadCorrupt) }
                tensor.withUnsafeMutableBytes { _ = data.copyBytes(to: $0) }
                return tensor
            }
        }

        let operation: String
        let opset: Int
        let attributes: [String: String]
        let inputs: [Value]
        let outputs: [Value]
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
