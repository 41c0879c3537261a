import Testing
import VireoIR
import VireoReference
import VireoTensor
import VireoTensorFlow
import VireoTestSupport

/// An SSD as the Object Detection API writes them, of two boxes: one for each pixel of an image of 1 by 2. The first
/// class is red, the second green. Boxes move by 0.1 of their height and 0.2 of their width, and become twice as wide.
private func smallSSD() throws -> GraphDef {
    func constant(_ name: String, _ tensor: Tensor) throws -> NodeDef {
        let value = try TensorProto(tensor)
        return NodeDef(name, op: "Const", attributes: ["value": .tensor(value), "dtype": .type(value.dataType)])
    }
    func node(_ name: String, _ op: String, _ inputs: String..., attributes: [String: AttrValue] = [:]) -> NodeDef {
        NodeDef(name, op: op, inputs: inputs.map { TensorRef($0) }, attributes: attributes)
    }
    func convolution(_ name: String, _ weights: Tensor, _ bias: [Float]) throws -> [NodeDef] {
        let strides = AttrValue.list([.int(1), .int(1), .int(1), .int(1)])
        return [
            try constant("\(name)/weights", weights), try constant("\(name)/bias", Tensor(bias)),
            node(
                "\(name)/Conv2D", "Conv2D", "Preprocessor/sub", "\(name)/weights",
                attributes: ["strides": strides, "padding": .string("SAME")]),
            node("\(name)/BiasAdd", "BiasAdd", "\(name)/Conv2D", "\(name)/bias"),
        ]
    }
    let scatter = "Preprocessor/map/TensorArrayUnstack/TensorArrayScatter/TensorArrayScatterV3"
    let preprocessor = [
        NodeDef(
            "image_tensor", op: "Placeholder",
            attributes: ["dtype": .type(.uint8), "shape": .shape(.ranked([.dynamic, .dynamic, .dynamic, 3]))]),
        node("ToFloat", "Cast", "image_tensor", attributes: ["DstT": .type(.float)]),
        try constant("zero", Tensor(scalar: Int32(0))), try constant("one", Tensor(scalar: Int32(1))),
        try constant("factor", Tensor(scalar: Float(2) / 255)), try constant("shift", Tensor(scalar: Float(1))),
        node(scatter, "TensorArrayScatterV3", "zero", "zero", "ToFloat", "zero"),
        node("Preprocessor/map/TensorArrayStack/TensorArrayGatherV3", "TensorArrayGatherV3", scatter),
        node("Preprocessor/map/TensorArrayStack_1/TensorArrayGatherV3", "TensorArrayGatherV3", scatter),
        node("Preprocessor/mul", "Mul", "factor", "Preprocessor/map/TensorArrayStack/TensorArrayGatherV3"),
        node("Preprocessor/sub", "Sub", "Preprocessor/mul", "shift"),
    ]
    let network =
        try convolution("boxes", Tensor([Float](repeating: 0, count: 12), [1, 1, 3, 4]), [1, 2, 0, 3.4657359])
        + convolution("classes", Tensor([Float(0), 3, 0, 0, 0, 3, 0, 0, 0], [1, 1, 3, 3]), [0, 0, 0]) + [
            try constant("boxes/shape", Tensor([Int32(-1), 2, 1, 4])),
            node("boxes/Reshape", "Reshape", "boxes/BiasAdd", "boxes/shape"),
            node("Squeeze", "Squeeze", "boxes/Reshape", attributes: ["squeeze_dims": .list([.int(2)])]),
            try constant("classes/shape", Tensor([Int32(-1), 2, 3])),
            node("concat_1", "Reshape", "classes/BiasAdd", "classes/shape"),
        ]
    let anchors: [Float] = [0.1, 0.1, 0.3, 0.5, 0.6, 0.5, 0.8, 0.9]
    let postprocessor = [
        node("Postprocessor/raw_box_encodings", "Identity", "Squeeze"),
        node("Postprocessor/Shape", "Shape", "Postprocessor/raw_box_encodings"),
        try constant("Postprocessor/scale_logits/y", Tensor(scalar: Float(1))),
        node("Postprocessor/scale_logits", "RealDiv", "concat_1", "Postprocessor/scale_logits/y"),
        try constant("anchors", Tensor(anchors, [2, 4])),
        node("Postprocessor/ExpandDims", "ExpandDims", "anchors", "zero"),
        node("Postprocessor/Tile", "Tile", "Postprocessor/ExpandDims", "one"),
        node("Postprocessor/ToFloat", "Cast", "Preprocessor/map/TensorArrayStack_1/TensorArrayGatherV3"),
        node(
            "Postprocessor/BatchMultiClassNonMaxSuppression/map/while/NonMaxSuppressionV3", "NonMaxSuppressionV3",
            "Postprocessor/Tile", "Postprocessor/scale_logits", "Postprocessor/Shape", "Postprocessor/ToFloat"),
        node(
            "detection_boxes", "Identity",
            "Postprocessor/BatchMultiClassNonMaxSuppression/map/while/NonMaxSuppressionV3"),
    ]
    return try GraphDef(nodes: preprocessor + network + postprocessor)
}

private let pipeline = """
    model {
      ssd {
        num_classes: 2
        image_resizer { fixed_shape_resizer { height: 1 width: 2 } }
        box_coder { faster_rcnn_box_coder { y_scale: 10.0 x_scale: 10.0 height_scale: 5.0 width_scale: 5.0 } }
        post_processing {
          batch_non_max_suppression {
            score_threshold: 0.5 iou_threshold: 0.6 max_detections_per_class: 3 max_total_detections: 3
          }
          score_converter: SIGMOID
        }
      }
    }
    """

private let transformations = """
    [
      {"id": "ObjectDetectionAPIPreprocessorReplacement", "match_kind": "scope", "custom_attributes": {},
       "instances": [".*Preprocessor/"], "inputs": [[{"node": "map/Shape$", "port": 0}]],
       "outputs": [{"node": "sub$", "port": 0}]},
      {"id": "ObjectDetectionAPISSDPostprocessorReplacement", "match_kind": "points",
       "custom_attributes": {"code_type": "caffe.PriorBoxParameter.CENTER_SIZE", "clip_after_nms": true},
       "instances": {"start_points": ["Postprocessor/Shape", "Postprocessor/scale_logits", "Postprocessor/Tile"],
                     "end_points": ["detection_boxes"]}}
    ]
    """

@Suite("Models of the Object Detection API")
struct DetectionTests {
    private func convert(
        _ json: String? = transformations, pipeline: String? = pipeline,
        _ change: (inout ConversionOptions) throws -> Void = { _ in }
    ) throws -> Converter.Conversion {
        var options = ConversionOptions()
        options.transformations = try json.map { try TransformationsConfig(json: Array($0.utf8)) }
        options.pipeline = try pipeline.map { try PipelineConfig(text: $0) }
        try change(&options)
        var converter = Converter(options)
        converter.verifies = true
        return try converter.convert(smallSSD(), name: "ssd")
    }

    /// A red pixel and a green one, as channels first.
    private let image = Tensor([UInt8(255), 0, 0, 255, 0, 0], [1, 3, 1, 2])
    private let rows: [Float] = [
        0, 1, 0.952574, 0, 0.12, 0.78, 0.32,
        0, 2, 0.952574, 0.38, 0.62, 1, 0.82,
        -1,
    ]

    private func expectRows(_ model: Model, _ image: Tensor) throws {
        let outputs = try evaluate(model, image)
        #expect(outputs.count == 1 && outputs[0].shape == [1, 1, 3, 7])
        let values = try outputs[0].array(of: Float.self)
        // f32, through an exponential.
        for (value, expected) in zip(values, rows) { #expect(abs(value - expected) < 1e-5) }
    }

    @Test("an SSD becomes a network of one DetectionOutput, with the files or with its pipeline.config alone")
    func convertsSSD() throws {
        for json in [transformations, nil] {
            let conversion = try convert(json)
            let model = conversion.model
            #expect(model[model.parameters[0]].outputs[0].type == ValueType(.u8, [1, 3, 1, 2]))
            #expect(conversion.warnings.count == 2)
            try expectRows(model, image)
        }
    }

    @Test("--reverse_input_channels, --input_shape and --batch work on its images")
    func options() throws {
        let reversed = try convert { $0.reverseInputChannels = true }.model
        try expectRows(reversed, Tensor([UInt8(0), 0, 0, 255, 255, 0], [1, 3, 1, 2]))
        let shaped = try convert { $0.inputShapes = [.ranked([1, 1, 2, 3])] }
        try expectRows(shaped.model, image)
        let batch = try convert { $0.batch = 2 }.model
        #expect(batch[batch.parameters[0]].outputs[0].type.shape == .ranked([2, 3, 1, 2]))
        #expect(batch.type(of: batch[batch.results[0]].inputs[0]).shape == .ranked([1, 1, 6, 7]))
        let both = failure {
            _ = try convert {
                $0.batch = 2
                $0.inputShapes = [.ranked([1, 1, 2, 3])]
            }
        }
        #expect(both?.faq == 56)
    }

    @Test("--output of what the API exports is the DetectionOutput, and of other nodes is those nodes")
    func outputs() throws {
        let boxes = try convert { $0.outputs = [PortSpecification("detection_boxes")] }.model
        try expectRows(boxes, image)
        let scores = try convert { $0.outputs = [PortSpecification("concat_1")] }.model
        #expect(scores.type(of: scores[scores.results[0]].inputs[0]).shape == .ranked([1, 2, 3]))
    }

    @Test("without the files, the message says which flags to give")
    func missingFlags() throws {
        let error = failure { _ = try convert(nil, pipeline: nil) { $0.inputShapes = [.ranked([1, 1, 2, 3])] } }
        #expect(error?.faq == 24)
        #expect(error?.remedy?.contains("--tensorflow_object_detection_api_pipeline_config") == true)
        #expect(error?.remedy?.contains("--transformations_config") == true)
        let pipeline = failure { _ = try convert(pipeline: nil) }
        #expect(pipeline?.remedy?.contains("--tensorflow_object_detection_api_pipeline_config") == true)
    }

    @Test("what is not supported, or does not fit the graph, is named")
    func refusals() throws {
        let unknown = failure { _ = try convert("[{\"id\": \"A\"}, {\"id\": \"B\", \"match_kind\": \"general\"}]") }
        #expect(unknown?.code == .unsupported && unknown?.message.contains("A, B") == true)
        let absent = failure {
            _ = try convert(transformations.replacing("Postprocessor/scale_logits", with: "Postprocessor/Slice"))
        }
        #expect(absent?.message.contains("\"Postprocessor/Slice\"") == true)
        let kind = failure { _ = try convert(nil, pipeline: "model { center_net { num_classes: 2 } }") }
        #expect(kind?.message.contains("center_net") == true)
        let classes = failure {
            _ = try convert(pipeline: pipeline.replacing("num_classes: 2", with: "num_classes: 7"))
        }
        #expect(classes?.message.contains("8 classes") == true)
        let coder = failure {
            _ = try convert(pipeline: pipeline.replacing("faster_rcnn_box_coder", with: "mean_stddev_box_coder"))
        }
        #expect(coder?.message.contains("box_coder") == true)
    }

    @Test(
        "files that are no configurations say where",
        arguments: [
            ("{", "no JSON"), ("{}", "no list"), ("[{\"match_kind\": \"scope\"}]", "\"id\" is missing in number 0"),
            ("[{\"id\": 3}]", "number 0, \"id\""), ("[{\"id\": \"A\", \"match_kind\": \"line\"}]", "\"match_kind\""),
        ])
    func malformedTransformations(_ text: String, _ part: String) {
        let error = failure { _ = try TransformationsConfig(json: Array(text.utf8)) }
        #expect(error?.code == .malformedFile && error?.message.contains(part) == true, "\(String(describing: error))")
    }

    @Test(
        "a pipeline.config that is cut or is something else is an error with its line",
        arguments: [
            ("model {\n ssd {", "line 2"), ("}", "line 1"), ("model {\n ssd {\n num_classes: }\n}", "line 3"),
            ("a: \"x\nb", "line 1"), (String(repeating: "a {", count: 100), "line 1"), ("model { ssd }", "line 1"),
            ("[{}]", "line 1"),
        ])
    func malformedPipeline(_ text: String, _ place: String) {
        let error = failure { _ = try PipelineConfig(text: text) }
        #expect(error?.code == .malformedFile && error?.context.last == place, "\(String(describing: error))")
        #expect(failure { _ = try PipelineConfig(text: "train_config { }") }?.code == .malformedFile)
    }

    @Test("a pipeline.config is read with comments, lists and angle brackets")
    func readsPipeline() throws {
        let text = "# made by hand\nmodel: < faster_rcnn < a: [1, 2.5], b { c: 'x' }; d: -1e-3 > >"
        #expect(try PipelineConfig(text: text).architecture == "faster_rcnn")
    }

    /// What the model's pipeline.config, by itself, makes of an exported graph.
    static let exported: [(model: String, size: Int, detections: Int)] = [
        ("ssd_mobilenet_v1_coco", 300, 100), ("ssd_mobilenet_v2_coco", 300, 100), ("ssd_inception_v2_coco", 300, 100),
        ("ssdlite_mobilenet_v2_coco", 300, 100), ("ssd_mobilenet_v1_ppn_coco", 300, 100),
        ("ssd_mobilenet_v1_fpn_coco", 640, 100), ("ssd_resnet50_v1_fpn_coco", 640, 100),
        ("faster_rcnn_inception_v2_coco", 600, 300), ("faster_rcnn_resnet50_coco", 600, 300),
        ("faster_rcnn_resnet101_coco", 600, 300), ("rfcn_resnet101_coco", 600, 300),
        ("mask_rcnn_inception_v2_coco", 800, 300),
    ]

    @Test(
        "graphs that the API exported are converted whole", .enabled(if: ModelsFolder.isPresent),
        arguments: exported)
    func exportedGraphs(_ model: String, _ size: Int, _ detections: Int) throws {
        let graph = try GraphDef(contentsOf: ModelsFolder.file("detection/\(model)/frozen_structure.pb"))
        var options = ConversionOptions()
        options.pipeline = try PipelineConfig(contentsOf: ModelsFolder.file("detection/\(model)/pipeline.config"))
        let converted = try Converter(options).convert(graph, name: model).model
        let inputs = converted.parameters.map { converted[$0].outputs[0].type.shape }
        let image = PartialShape.ranked([1, 3, Dimension(size), Dimension(size)])
        #expect(inputs == (model.contains("rcnn") || model.contains("rfcn") ? [image, .ranked([1, 3])] : [image]))
        let outputs = converted.results.map { converted.type(of: converted[$0].inputs[0]).shape }
        #expect(outputs[0] == .ranked([1, 1, Dimension(detections), 7]))
        #expect(outputs.count == (model.hasPrefix("mask") ? 2 : 1))
        if model.hasPrefix("mask") { #expect(outputs[1] == .ranked([300, 90, 15, 15])) }
        // The anchors, whatever makes them, are numbers.
        let types = try converted.topologicalOrder().map { converted[$0].type }
        #expect(!types.contains("Range") && !types.contains("ShapeOf"))
    }
}

/// The model's outputs for one image.
private func evaluate(_ model: Model, _ image: Tensor) throws -> [Tensor] {
    var values: [Output: Tensor] = [Output(model.parameters[0]): image]
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
