import Testing
import VireoIR
import VireoTensor

/// An input of a case: a type such as "f32[1,?,3]", or a constant list of integers.
enum Input: Sendable, ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
    case type(String)
    case constant([Int64])
    case scalar(Int64)

    init(stringLiteral text: String) { self = .type(text) }
    init(arrayLiteral values: Int64...) { self = .constant(values) }

    func resolved() throws -> (ValueType, Tensor?) {
        switch self {
        case .constant(let values):
            let tensor = Tensor(values)
            return (ValueType(.i64, tensor.shape), tensor)
        case .scalar(let value): return (ValueType(.i64, .scalar), Tensor(scalar: value))
        case .type(let text):
            let parts = text.split(separator: "[")
            let element = try #require(ElementType(irName: String(parts[0])))
            return (ValueType(element, try PartialShape(irText: String(parts[1].dropLast()))), nil)
        }
    }
}

/// One operation with its inputs, and the output types joined by spaces; nil where it must be refused.
struct InferenceCase: Sendable, CustomTestStringConvertible {
    let type: String
    let opset: Int
    let attributes: [String: String]
    let inputs: [Input]
    let expected: String?

    init(_ type: String, _ inputs: [Input], _ expected: String?) {
        self.init(type, 1, [:], inputs, expected)
    }

    init(_ type: String, _ opset: Int, _ attributes: [String: String], _ inputs: [Input], _ expected: String?) {
        self.type = type
        self.opset = opset
        self.attributes = attributes
        self.inputs = inputs
        self.expected = expected
    }

    var testDescription: String { "\(type)-\(opset) \(attributes.sorted { $0.key < $1.key }) \(inputs)" }

    func outputs() throws -> String {
        let operation = try OperationSet.make(type, opset: opset, AttributeReader(attributes.mapValues { .string($0) }))
        let inputs = try inputs.map { try $0.resolved() }
        let types = try operation.inferOutputs(InferenceInputs(inputs.map(\.0), constants: inputs.map(\.1)))
        return types.map(\.description).joined(separator: " ")
    }
}

/// The static types are what OpenVINO 2026.4 infers for the same IR, and so is most of what must be refused; where it
/// is more lenient (an index out of range, an axis that is not 1) or bounds an unknown extent, the specification
/// decides.
@Suite("Shape inference")
struct ShapeInferenceTests {
    private func check(_ testCase: InferenceCase) throws {
        if let expected = testCase.expected {
            #expect(try testCase.outputs() == expected)
        } else {
            #expect(throws: VireoError.self) { try testCase.outputs() }
        }
    }

    private static func sliding(
        _ autoPad: String = "explicit", strides: String = "2,2", pads: (String, String) = ("1,1", "1,1"),
        dilations: String = "1,1", extra: [String: String] = [:]
    ) -> [String: String] {
        let common = [
            "strides": strides, "pads_begin": pads.0, "pads_end": pads.1, "dilations": dilations, "auto_pad": autoPad,
        ]
        return common.merging(extra) { $1 }
    }

    static let convolutions: [InferenceCase] = [
        .init("Convolution", 1, sliding(), ["f32[1,3,224,224]", "f32[64,3,7,7]"], "f32[1,64,110,110]"),
        .init("Convolution", 1, sliding("same_upper"), ["f32[1,3,15,14]", "f32[8,3,3,3]"], "f32[1,8,8,7]"),
        .init("Convolution", 1, sliding("same_lower"), ["f32[1,3,15,14]", "f32[8,3,3,3]"], "f32[1,8,8,7]"),
        .init("Convolution", 1, sliding("valid"), ["f32[1,3,15,14]", "f32[8,3,3,3]"], "f32[1,8,7,6]"),
        .init("Convolution", 1, sliding(dilations: "2,3"), ["f32[2,3,20,20]", "f32[8,3,3,3]"], "f32[2,8,9,8]"),
        .init("Convolution", 1, sliding(), ["f32[?,3,?,20]", "f32[8,3,3,3]"], "f32[?,8,?,10]"),
        .init("Convolution", 1, sliding(), ["f32[...]", "f32[8,3,3,3]"], "f32[...]"),
        .init("Convolution", 1, sliding(), ["f32[1,4,9,9]", "f32[8,3,3,3]"], nil),
        .init("Convolution", 1, sliding(), ["f32[1,3,9,9]", "f16[8,3,3,3]"], nil),
        .init("Convolution", 1, sliding(), ["f32[1,3,9]", "f32[8,3,3]"], nil),
        .init("Convolution", 1, sliding(), ["f32[1,3,3,3]", "f32[8,3,7,7]"], nil),
        .init("Convolution", 1, sliding(strides: "0,1"), ["f32[1,3,9,9]", "f32[8,3,3,3]"], nil),
        .init("Convolution", 1, sliding(strides: "1"), ["f32[1,3,9,9]", "f32[8,3,3,3]"], nil),
        .init("GroupConvolution", 1, sliding(), ["f32[1,6,9,9]", "f32[3,5,2,3,3]"], "f32[1,15,5,5]"),
        .init("GroupConvolution", 1, sliding(), ["f32[1,7,9,9]", "f32[3,5,2,3,3]"], nil),
        .init("GroupConvolution", 1, sliding(), ["f32[1,6,9,9]", "f32[0,5,2,3,3]"], nil),
    ]

    @Test("of convolutions", arguments: convolutions)
    func convolution(testCase: InferenceCase) throws { try check(testCase) }

    static let pools: [InferenceCase] = [
        .init("MaxPool", 1, sliding(extra: ["kernel": "3,3"]), ["f32[1,3,13,14]"], "f32[1,3,7,7]"),
        .init(
            "MaxPool", 1, sliding(extra: ["kernel": "3,3", "rounding_type": "ceil"]), ["f32[1,3,13,14]"], "f32[1,3,7,8]"
        ),
        .init(
            "MaxPool", 8, sliding(extra: ["kernel": "2,2", "index_element_type": "i32"]), ["f16[1,3,13,14]"],
            "f16[1,3,7,8] i32[1,3,7,8]"),
        .init(
            "AvgPool", 1, sliding("same_lower", extra: ["kernel": "3,3", "exclude-pad": "true"]), ["f32[1,3,13,14]"],
            "f32[1,3,7,7]"),
        .init("AvgPool", 1, sliding(extra: ["kernel": "3,3"]), ["f32[1,3,13,14]"], nil),
        .init("MaxPool", 1, sliding(extra: ["kernel": "3"]), ["f32[1,3,13,14]"], nil),
        .init("MaxPool", 1, sliding(extra: ["kernel": "30,3"]), ["f32[1,3,13,14]"], nil),
    ]

    @Test("of pools", arguments: pools)
    func pool(testCase: InferenceCase) throws { try check(testCase) }

    static let pointwise: [InferenceCase] = [
        .init("ReLU", ["f16[1,?]"], "f16[1,?]"),
        .init("ReLU", ["f16[1]", "f16[1]"], nil),
        .init("Add", ["f32[2,3,4]", "f32[3,1]"], "f32[2,3,4]"),
        .init("Add", ["f32[2,1,4]", "f32[5,3,1]"], nil),
        .init("Add", ["f32[2,1,4]", "f32[3,1]"], "f32[2,3,4]"),
        .init("Add", ["f32[?,1]", "f32[4]"], "f32[?,4]"),
        .init("Add", ["f32[?,?]", "f32[4]"], "f32[?,4]"),
        .init("Add", ["f32[...]", "f32[4]"], "f32[...]"),
        .init("Add", ["f32[4]", "i32[4]"], nil),
        .init("Add", 1, ["auto_broadcast": "none"], ["f32[4]", "f32[1]"], nil),
        .init("Less", ["i32[2,1]", "i32[3]"], "boolean[2,3]"),
        .init("Select", ["boolean[2,1]", "f32[3]", "f32[]"], "f32[2,3]"),
        .init("Select", ["f32[2,1]", "f32[3]", "f32[]"], nil),
        .init("Convert", 1, ["destination_type": "u8"], ["f32[2]"], "u8[2]"),
        .init("Convert", 1, ["destination_type": "f33"], ["f32[2]"], nil),
        .init("Clamp", 1, ["min": "-inf", "max": "6"], ["f32[2]"], "f32[2]"),
        .init("Clamp", 1, ["min": "7", "max": "6"], ["f32[2]"], nil),
        .init("Clamp", 1, ["min": "nan", "max": "6"], ["f32[2]"], nil),
        .init(
            "FakeQuantize", 1, ["levels": "256"], ["f32[1,3,2]", "f32[3,1]", "f32[]", "f32[]", "f32[]"], "f32[1,3,2]"),
        .init("FakeQuantize", 1, ["levels": "1"], ["f32[1]", "f32[]", "f32[]", "f32[]", "f32[]"], nil),
        .init("SoftPlus", 1, [:], ["f32[1]"], nil),
    ]

    @Test("of elementwise operations", arguments: pointwise)
    func elementwise(testCase: InferenceCase) throws { try check(testCase) }

    static let reductions: [InferenceCase] = [
        .init("ReduceMean", 1, ["keep_dims": "true"], ["f32[2,3,4]", [1, -1]], "f32[2,1,1]"),
        .init("ReduceMean", 1, ["keep_dims": "false"], ["f32[2,3,4]", [1, -1]], "f32[2]"),
        .init("ReduceSum", 1, [:], ["f32[2,3]", []], "f32[2,3]"),
        .init("ReduceMax", 1, [:], ["f32[2,3]", [2]], nil),
        .init("ReduceMax", 1, ["keep_dims": "true"], ["f32[2,3]", "i64[1]"], "f32[?,?]"),
        .init("ReduceMax", 1, [:], ["f32[2,3]", "i64[1]"], "f32[...]"),
        .init("ReduceL2", 3, [:], ["f32[2,3]", [0]], nil),
        .init("SoftMax", 8, ["axis": "-1"], ["f32[2,3]"], "f32[2,3]"),
        .init("SoftMax", 1, ["axis": "-1"], ["f32[2,3]"], nil),
        .init("SoftMax", 8, ["axis": "2"], ["f32[2,3]"], nil),
        .init("MatMul", ["f32[5,2,3]", "f32[3,4]"], "f32[5,2,4]"),
        .init("MatMul", 1, ["transpose_b": "true"], ["f32[2,3]", "f32[4,3]"], "f32[2,4]"),
        .init("MatMul", ["f32[3]", "f32[3]"], "f32[]"),
        .init("MatMul", ["f32[3]", "f32[7,3,4]"], "f32[7,4]"),
        .init("MatMul", ["f32[2,3]", "f32[4,3]"], nil),
        .init(
            "BatchNormInference", 5, ["epsilon": "1e-3"], ["f32[1,3,2]", "f32[3]", "f32[3]", "f32[3]", "f32[3]"],
            "f32[1,3,2]"),
        .init("BatchNormInference", 5, ["epsilon": "1"], ["f32[1,3]", "f32[4]", "f32[3]", "f32[3]", "f32[3]"], nil),
    ]

    @Test("of reductions, products and normalizations", arguments: reductions)
    func reduction(testCase: InferenceCase) throws { try check(testCase) }

    static let shapeChanges: [InferenceCase] = [
        .init("Reshape", 1, ["special_zero": "true"], ["f32[2,3,4]", [0, -1]], "f32[2,12]"),
        .init("Reshape", 1, ["special_zero": "false"], ["f32[2,3,4]", [4, -1, 3]], "f32[4,2,3]"),
        .init("Reshape", 1, ["special_zero": "false"], ["f32[2,3,4]", [5, -1]], nil),
        .init("Reshape", 1, ["special_zero": "false"], ["f32[2,3,4]", [-1, -1]], nil),
        .init("Reshape", 1, ["special_zero": "true"], ["f32[?,3]", [0, -1]], "f32[?,3]"),
        .init("Reshape", 1, ["special_zero": "true"], ["f32[?,6,?]", [0, 2, -1]], "f32[?,2,?]"),
        .init("Reshape", 1, ["special_zero": "false"], ["f32[6]", "i64[3]"], "f32[?,?,?]"),
        .init(
            "Reshape", 1, ["special_zero": "false"], ["f32[6]", [.max, .max, -1]],
            "f32[9223372036854775807,9223372036854775807,?]"),
        .init("Squeeze", ["f32[1,3,1]", [0]], "f32[3,1]"),
        .init("Squeeze", ["f32[1,3,1]"], "f32[3]"),
        .init("Squeeze", ["f32[1,3,1]", [1]], nil),
        .init("Unsqueeze", ["f32[3]", [0, -1]], "f32[1,3,1]"),
        .init("Unsqueeze", ["f32[3]", [0, 0]], nil),
        .init("Transpose", ["f32[2,3,4]", [0, 2, 1]], "f32[2,4,3]"),
        .init("Transpose", ["f32[2,3,4]", []], "f32[4,3,2]"),
        .init("Transpose", ["f32[2,3,4]", [0, 0, 1]], nil),
        .init("ShapeOf", 3, ["output_type": "i32"], ["f32[2,3]"], "i32[2]"),
        .init("Broadcast", 3, ["mode": "numpy"], ["f32[3,1]", [2, 3, 4]], "f32[2,3,4]"),
        .init("Broadcast", 3, ["mode": "bidirectional"], ["f32[2,3]", [4, 1, 1]], "f32[4,2,3]"),
        .init("Broadcast", 1, ["mode": "none"], ["f32[3]", [2, 3, 4], [1]], "f32[2,3,4]"),
        .init("Broadcast", 3, ["mode": "numpy"], ["f32[2,3]", [1, 3]], nil),
        .init("Tile", ["f32[2,3]", [2, 1, 2]], "f32[2,2,6]"),
        .init("Tile", ["f32[2,3]", [.max, .max]], nil),
    ]

    @Test("of changes of shape", arguments: shapeChanges)
    func shapeChange(testCase: InferenceCase) throws { try check(testCase) }

    private static func masks(
        _ begin: String, _ end: String, new: String = "", shrink: String = "", ellipsis: String = ""
    ) -> [String: String] {
        [
            "begin_mask": begin, "end_mask": end, "new_axis_mask": new, "shrink_axis_mask": shrink,
            "ellipsis_mask": ellipsis,
        ]
    }

    static let slices: [InferenceCase] = [
        .init("Concat", 1, ["axis": "-1"], ["f32[2,3]", "f32[2,4]", "f32[2,1]"], "f32[2,8]"),
        .init("Concat", 1, ["axis": "0"], ["f32[2,3]", "f32[?,3]"], "f32[?,3]"),
        .init("Concat", 1, ["axis": "0"], ["f32[2,3]", "f32[2,4]"], nil),
        .init("Split", 1, ["num_splits": "3"], ["f32[2,6]", [1]], nil),
        .init("Split", 1, ["num_splits": "3"], ["f32[2,6]", .scalar(1)], "f32[2,2] f32[2,2] f32[2,2]"),
        .init("Split", 1, ["num_splits": "4"], ["f32[2,6]", .scalar(1)], nil),
        .init("VariadicSplit", ["f32[2,6]", [1], [1, -1, 2]], "f32[2,1] f32[2,3] f32[2,2]"),
        .init("VariadicSplit", ["f32[2,6]", [1], [1, 2]], nil),
        .init("VariadicSplit", ["f32[2,6]", [1], [.max, .max]], nil),
        .init("Pad", 1, ["pad_mode": "constant"], ["f32[2,3]", [1, 0], [0, 2]], "f32[3,5]"),
        .init("Pad", 12, ["pad_mode": "constant"], ["f32[2,3]", [1, -1], [0, 0]], "f32[3,2]"),
        .init("Pad", 1, ["pad_mode": "constant"], ["f32[2,3]", [1, -1], [0, 0]], nil),
        .init("Pad", 1, ["pad_mode": "reflect"], ["f32[2,3]", [2, 0], [0, 0]], nil),
        .init("Pad", 1, ["pad_mode": "symmetric"], ["f32[2,3]", [2, 0], [0, 0]], "f32[4,3]"),
        .init("StridedSlice", 1, masks("0", "0"), ["f32[6,5]", [2], [4], [1]], "f32[2,5]"),
        .init("StridedSlice", 1, masks("1", "1"), ["f32[6,5]", [2], [4], [1]], "f32[6,5]"),
        .init("StridedSlice", 1, masks("0,0", "0,1"), ["f32[6,5]", [-2, -1], [100, 0], [1, -2]], "f32[2,3]"),
        .init("StridedSlice", 1, masks("0,0", "0,0", shrink: "1,0"), ["f32[6,5]", [-1, 1], [0, 3]], "f32[2]"),
        .init("StridedSlice", 1, masks("0", "0", shrink: "1"), ["f32[6,5]", [6], [7]], nil),
        .init(
            "StridedSlice", 1, masks("0,0,0", "0,0,0", new: "1,0,0", ellipsis: "0,1,0"),
            ["f32[6,5,4]", [0, 0, 1], [0, 0, 3]], "f32[1,6,5,2]"),
        .init("StridedSlice", 1, masks("", "", ellipsis: "1,1"), ["f32[6,5]", [0, 0], [0, 0]], nil),
        .init("StridedSlice", 1, masks("0", "0"), ["f32[6,5]", [0], [6], [0]], nil),
        .init("StridedSlice", 1, masks("2", "0"), ["f32[6,5]", [0], [6]], nil),
        .init("StridedSlice", 1, masks("", ""), ["f32[6]", [.min], [.max], [.max]], "f32[1]"),
        .init("Gather", 1, [:], ["f32[4,5,6]", "i64[2,3]", [1]], "f32[4,2,3,6]"),
        .init("Gather", 8, ["batch_dims": "1"], ["f32[4,5,6]", "i64[4,3]", [2]], "f32[4,5,3]"),
        .init("Gather", 8, ["batch_dims": "3"], ["f32[4,5,6]", "i64[4,3]", [2]], nil),
        .init("Gather", 8, [:], ["f32[4,5,6]", "i64[]", [-1]], "f32[4,5]"),
    ]

    @Test("of joins, splits and slices", arguments: slices)
    func slice(testCase: InferenceCase) throws { try check(testCase) }

    private static func suppression(_ changes: [String: String] = [:]) -> [String: String] {
        ["num_classes": "3", "keep_top_k": "6", "nms_threshold": "0.45", "normalized": "true"]
            .merging(changes) { $1 }
    }

    static let detections: [InferenceCase] = [
        .init(
            "PriorBoxClustered", 1, ["width": "1,2,3", "height": "1,2,3", "offset": "0.5"], [[4, 5], [64, 64]],
            "f32[2,240]"),
        .init("PriorBoxClustered", 1, ["width": "1,2", "height": "1", "offset": "0.5"], [[4, 5], [64, 64]], nil),
        .init("PriorBoxClustered", 1, ["offset": "0.5"], [[4, .max], [64, 64]], nil),
        .init("DetectionOutput", 1, suppression(), ["f32[2,36]", "f32[2,27]", "f32[1,2,36]"], "f32[1,1,12,7]"),
        .init(
            "DetectionOutput", 8, suppression(["keep_top_k": "-1"]), ["f32[1,36]", "f32[1,27]", "f32[1,2,36]"],
            "f32[1,1,27,7]"),
        .init(
            "DetectionOutput", 8, suppression(["keep_top_k": "-1", "top_k": "4"]),
            ["f32[1,36]", "f32[1,27]", "f32[1,2,36]"], "f32[1,1,12,7]"),
        .init("DetectionOutput", 1, suppression(["keep_top_k": ""]), ["f32[2,36]", "f32[2,27]", "f32[1,2,36]"], nil),
        .init(
            "DetectionOutput", 1, suppression(["num_classes": "9223372036854775807"]),
            ["f32[2,36]", "f32[2,27]", "f32[1,2,36]"], nil),
    ]

    @Test("of detection layers", arguments: detections)
    func detection(testCase: InferenceCase) throws { try check(testCase) }
}
