import VireoTensor

/// The loops of an R-FCN that pool each cell of a region from channels of its own become PSROIPooling.
enum ReplacePositionSensitivePooling: GraphTransformation {
    static let id = "ObjectDetectionAPIPSROIPoolingReplacement"

    static func apply(
        to graph: GraphDef, _ settings: TransformationSettings, _ options: inout ConversionOptions,
        notes: inout [String]
    ) throws -> GraphDef {
        let (bins, crop) = try (
            (x: settings.integer(.spatialBinsX), y: settings.integer(.spatialBinsY)),
            (x: settings.integer(.cropWidth), y: settings.integer(.cropHeight))
        )
        guard crop.x % bins.x == 0, crop.y % bins.y == 0, crop.x / bins.x == crop.y / bins.y else {
            throw VireoError(
                .unsupported, "crops of \(crop.y) by \(crop.x) in \(bins.y) by \(bins.x) bins, which are not square")
        }
        let attributes: [String: AttrValue] = [
            "group_size": .int(crop.x / bins.x), "spatial_bins_x": .int(bins.x), "spatial_bins_y": .int(bins.y),
        ]
        var replacements: [String: NodeDef] = [:]
        for scope in try settings.scopes(of: graph) {
            let stack = "TensorArrayStack/TensorArrayGatherV3"
            let unstack = ["TensorArrayUnstack", "TensorArrayUnstack_1"].map {
                "\(scope)\($0)/TensorArrayScatter/TensorArrayScatterV3"
            }
            guard let result = graph[scope + stack], let features = graph[unstack[0]], let regions = graph[unstack[1]],
                features.inputs.count >= 3, regions.inputs.count >= 3
            else {
                throw VireoError(
                    .unsupported, "\(id): \"\(scope)\" is no loop over features and regions",
                    remedy: TransformationSettings.otherFile)
            }
            replacements[result.name] = NodeDef(
                result.name, op: "VireoPositionSensitivePooling", inputs: [features.inputs[2], regions.inputs[2]],
                attributes: attributes)
        }
        return try graph.rewritten(replacing: replacements)
    }
}
