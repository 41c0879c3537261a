import VireoIR
import VireoTensor

/// The operations that the transformations of the Object Detection API put into a graph. TensorFlow's boxes are y1, x1,
/// y2, x2, the IR's x1, y1, x2, y2.
extension TensorFlowOperations {
    /// Inputs: offsets [B,P,4] or [B,P,1,4], logits [B,P,C], anchors [P,4] or [1,P,4]. Output: [1,1,N,7].
    static let ssdDetection: Translator = { graph in
        let classes = try graph.node.int("classes")
        let offsets = try graph.emit(
            Reshape(specialZero: true),
            [swappingXY(graph, graph.input(0), "offsets_xy"), graph.indices([0, -1], "offsets_shape")], "offsets")
        let logits = try graph.input(1)
        guard try graph.dimensions(logits).last?.isCompatible(with: Dimension(classes)) == true else {
            throw VireoError(
                .invalidArgument, "scores of shape \(graph.type(logits).shape) for \(classes) classes",
                in: [graph.node.place], remedy: "take the pipeline.config that the graph was exported with")
        }
        let scores = try flatScores(graph, logits, [0, -1])
        let anchors = try swappingXY(graph, graph.input(2), "anchors_xy")
        guard let count = try graph.dimensions(offsets)[1].value, count % 4 == 0, count <= mostBoxes * 4 else {
            throw VireoError(
                .unsupported, "a number of boxes that is not known", in: [graph.node.place],
                remedy: "give the height and width of the images with --input_shape", faq: 38)
        }
        let flat = try graph.emit(Reshape(), [anchors, graph.indices([1, 1, count], "priors_shape")], "priors")
        let variances = try variances(graph)
        let repeated = Array([[Float]](repeating: variances, count: count / 4).joined())
        let tiled = try graph.constant(Tensor(repeated, [1, 1, count]), "variances")
        let priors = try graph.emit(Concat(axis: 1), [flat, tiled], "priors_with_variances")
        return [try detectionOutput(graph, [offsets, scores, priors])]
    }

    /// Inputs: offsets of C classes for B*P regions, logits of C + 1, regions [B,P,4]. Outputs: [1,1,N,7], and the N
    /// boxes as [1,N,4] in TensorFlow's order.
    static let regionDetection: Translator = { graph in
        let regions = try graph.input(2)
        guard let shape = graph.type(regions).shape.shape, shape.rank == 3, shape.elementCount <= mostBoxes * 4 else {
            throw VireoError(.unsupported, "regions whose number is not known", in: [graph.node.place], faq: 38)
        }
        let (images, count) = (shape[0], shape[1])
        guard try images == 1 || !graph.node.bool("crops_again") else {
            throw VireoError(
                .unsupported, "a Mask R-CNN for \(images) images at a time", in: [graph.node.place],
                remedy: "convert it for one image: --batch 1")
        }
        let classes = try graph.node.int("classes")
        let shared = try graph.node.bool("share_location")
        let places = shared ? 1 : classes
        var offsets = try graph.emit(
            Reshape(), [graph.input(0), graph.indices([images, count, places, 4], "offsets_shape")], "offsets_by_class")
        let factors = try graph.constant(Tensor(variances(graph), [4]), "variances")
        offsets = try swappingXY(graph, offsets, "offsets_xy")
        offsets = try graph.emit(BinaryElementwise(.multiply), [offsets, factors], "scaled_offsets")
        if !shared {
            // The IR has offsets for the background too.
            let zeros = try Tensor(
                .f32, [images, count, 1, 4], values: [Double](repeating: 0, count: images * count * 4))
            offsets = try graph.emit(
                Concat(axis: 2), [graph.constant(zeros, "background"), offsets], "offsets_with_background")
        }
        let flat = try graph.emit(Reshape(), [offsets, graph.indices([images, -1], "flat_shape")], "offsets")
        let logits = try graph.emit(
            Reshape(), [graph.input(1), graph.indices([images, count, classes + 1], "logits_shape")], "logits_by_class")
        let scores = try flatScores(graph, logits, [images, -1])
        let priors = try graph.emit(
            Reshape(), [swappingXY(graph, regions, "regions_xy"), graph.indices([images, 1, -1], "priors_shape")],
            "priors")
        let detections = try detectionOutput(graph, [flat, scores, priors])
        let begin = try graph.indices([0, 0, 0, 3], "corners_begin")
        let corners = try graph.emit(
            StridedSlice(beginMask: [1, 1, 1, 0], endMask: [1, 1, 1, 1], shrinkAxisMask: [1, 0, 0, 0]),
            [
                detections, begin, graph.indices([0, 0, 0, 0], "corners_end"),
                graph.indices([1, 1, 1, 1], "corners_step"),
            ],
            "corners")
        return [detections, try swappingXY(graph, corners, "boxes")]
    }

    /// Inputs: logits [B,H,W,A*2], offsets [B,H,W,A*4], image [1,3]. Output: the best regions [B,P,4].
    static let proposal: Translator = { graph in
        guard let shape = graph.type(try graph.input(0)).shape.shape, shape.rank == 4, shape[3] % 2 == 0 else {
            throw VireoError(.unsupported, "scores of a shape that is not known", in: [graph.node.place], faq: 38)
        }
        let (images, height, width, anchors) = (shape[0], shape[1], shape[2], shape[3] / 2)
        let pairs = try graph.emit(
            Reshape(), [graph.input(0), graph.indices([images, height * width, anchors, 2], "pairs_shape")], "pairs")
        let probabilities = try graph.emit(SoftMax(axis: 3), [pairs], "probabilities")
        let byClass = try graph.emit(
            Transpose(), [probabilities, graph.indices([0, 3, 2, 1], "class_order")], "probabilities_by_class")
        let scores = try graph.emit(
            Reshape(), [byClass, graph.indices([images, 2 * anchors, height, width], "scores_shape")], "scores")
        let offsets = try graph.channelsFirst(graph.input(1))
        let kept = try graph.node.int("post_nms_topn")
        let attributes: [String: Attribute.Value] = [
            "min_size": .integer(1), "framework": .string("tensorflow"), "normalize": .boolean(true),
            "pre_nms_topn": .integer(1 << 24),
        ]
        let operation = try irOperation(graph, "Proposal", opset: 1, adding: attributes)
        let image = try graph.emit(Reshape(), [graph.input(2), graph.indices([3], "image_shape")], "image")
        let regions = try graph.emit(operation, [scores, offsets, image], "regions")
        // Behind the number of the image: TensorFlow's anchors give TensorFlow's order of corners.
        let corners = try graph.emit(
            StridedSlice(beginMask: [1, 0], endMask: [1, 1]),
            [
                regions, graph.indices([0, 1], "corners_begin"), graph.indices([0, 0], "corners_end"),
                graph.indices([1, 1], "corners_step"),
            ], "corners")
        return [try graph.emit(Reshape(), [corners, graph.indices([images, kept, 4], "shape")])]
    }

    /// Inputs: features [B,H,W,D*bins], regions [B,P,4]. Output: [B,P,1,1,D], the mean over a region.
    static let positionSensitivePooling: Translator = { graph in
        let features = try graph.channelsFirst(graph.input(0))
        let (bins, overflow) = try graph.node.int("spatial_bins_x").multipliedReportingOverflow(
            by: graph.node.int("spatial_bins_y"))
        guard let shape = graph.type(try graph.input(1)).shape.shape, shape.rank == 3,
            shape.elementCount <= mostBoxes * 4, !overflow, bins > 0,
            let channels = try graph.dimensions(features)[1].value, channels % bins == 0
        else { throw VireoError(.unsupported, "features or regions whose shape is not known", in: [graph.node.place]) }
        let depth = channels / bins
        let boxes = try graph.emit(Reshape(), [graph.input(1), graph.indices([-1, 4], "boxes_shape")], "boxes")
        let images = (0..<shape[0]).flatMap { [Float](repeating: Float($0), count: shape[1]) }
        let regions = try regions(graph, boxes, graph.constant(Tensor(images, [images.count, 1]), "images"))
        let operation = try irOperation(
            graph, "PSROIPooling", opset: 1,
            adding: ["output_dim": .integer(depth), "mode": .string("bilinear"), "spatial_scale": .number(1)])
        let pooled = try graph.emit(operation, [features, regions], "pooled")
        let mean = try graph.emit(Reduction(.mean, keepDims: false), [pooled, graph.indices([2, 3], "axes")], "mean")
        return [
            try graph.emit(Reshape(), [mean, graph.indices([shape[0], shape[1], 1, 1, depth], "shape")])
        ]
    }

    /// CropAndResize: parts of images, interpolated to one size.
    static let cropAndResize: Translator = { graph in
        let method = try graph.node.string("method", default: "bilinear")
        let outside = try graph.node.float("extrapolation_value", default: 0)
        guard method == "bilinear", outside == 0 else {
            throw VireoError(
                .unsupported, "CropAndResize with method \(method) and \(outside) outside of the image",
                in: [graph.node.place])
        }
        let size = try graph.integers(3)
        guard size.count == 2 else { throw VireoError(.malformedFile, "crop_size \(size)", in: [graph.node.place]) }
        let operation = try OperationSet.make(
            "ROIPooling", opset: 2,
            AttributeReader([
                "pooled_h": .integer(size[0]), "pooled_w": .integer(size[1]), "spatial_scale": .number(1),
                "method": .string("bilinear"),
            ]))
        let numbers = try graph.emit(Convert(to: .f32), [graph.input(2)], "image_numbers")
        let images = try graph.emit(Reshape(), [numbers, graph.indices([-1, 1], "images_shape")], "images")
        let crops = try graph.emit(
            operation, [graph.channelsFirst(graph.input(0)), regions(graph, graph.input(1), images)], "crops")
        return [try graph.channelsLast(crops)]
    }
}

// MARK: - Parts

extension TensorFlowOperations {
    /// For which numbers are written out, box by box.
    private static let mostBoxes = 1 << 22

    /// Boxes [R,4] behind the numbers of their images [R,1], in the IR's order.
    private static func regions(_ graph: GraphImporter, _ boxes: Output, _ images: Output) throws -> Output {
        try graph.emit(Concat(axis: 1), [images, swappingXY(graph, boxes, "boxes_xy")], "boxes_with_images")
    }

    /// Four numbers along the last axis in the order 1, 0, 3, 2.
    private static func swappingXY(_ graph: GraphImporter, _ boxes: Output, _ suffix: String) throws -> Output {
        guard let rank = graph.type(boxes).shape.rank, rank > 0 else {
            throw VireoError(.unsupported, "boxes whose shape is not known", in: [graph.node.place], faq: 38)
        }
        let order = try graph.indices([1, 0, 3, 2], "\(suffix)_order")
        let axis = try graph.constant(Tensor(scalar: Int64(rank - 1)), "\(suffix)_axis")
        return try graph.emit(Gather(), [boxes, order, axis], suffix)
    }

    /// What the logits of classes along the last axis become, flattened to `shape`.
    private static func flatScores(_ graph: GraphImporter, _ logits: Output, _ shape: [Int]) throws -> Output {
        var scores = logits
        let scale = try graph.node.float("logit_scale")
        if scale != 1 {
            let divisor = try graph.constant(Tensor(scalar: scale), "logit_scale")
            scores = try graph.emit(BinaryElementwise(.divide), [scores, divisor], "scaled_logits")
        }
        switch try graph.node.string("score_converter") {
        case "IDENTITY": break
        case "SIGMOID": scores = try graph.emit(UnaryElementwise(.sigmoid), [scores], "probabilities")
        case "SOFTMAX":
            let rank = try graph.dimensions(scores).count
            scores = try graph.emit(SoftMax(axis: rank - 1), [scores], "probabilities")
        case let other: throw VireoError(.unsupported, "the score_converter \(other)", in: [graph.node.place])
        }
        let target = try graph.indices(shape, "scores_shape")
        return try graph.emit(Reshape(specialZero: true), [scores, target], "scores")
    }

    private static func variances(_ graph: GraphImporter) throws -> [Float] {
        let variances = try graph.node.floats("variances")
        guard variances.count == 4 else {
            throw VireoError(.malformedFile, "\(variances.count) variances", in: [graph.node.place])
        }
        return variances
    }

    private static func detectionOutput(_ graph: GraphImporter, _ inputs: [Output]) throws -> Output {
        try graph.emit(irOperation(graph, "DetectionOutput", opset: 8, adding: [:]), inputs)
    }

    /// An operation of the IR whose attributes are the node's, in the IR's words.
    private static func irOperation(
        _ graph: GraphImporter, _ type: String, opset: Int, adding added: [String: Attribute.Value]
    ) throws -> any Operation {
        let given = graph.node.attributes.compactMapValues { CustomConversion.value($0) }
        return try withContext(graph.node.place) {
            try OperationSet.make(type, opset: opset, AttributeReader(given.merging(added) { $1 }))
        }
    }
}
