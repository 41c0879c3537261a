import VireoTensor

/// What one transformation is told: its entry in the --transformations_config, and the pipeline.config.
struct TransformationSettings {
    let transformation: Transformation
    private let pipeline: PipelineConfig?

    init(_ transformation: Transformation, _ pipeline: PipelineConfig?) {
        self.transformation = transformation
        self.pipeline = pipeline
    }

    /// - Throws: `invalidArgument` when no pipeline.config was given.
    func pipelineConfig() throws(VireoError) -> PipelineConfig {
        guard let pipeline else {
            throw VireoError(
                .invalidArgument, "the transformation \(transformation.id) needs the model's pipeline.config",
                remedy:
                    "give it with --tensorflow_object_detection_api_pipeline_config; it lies beside the frozen graph")
        }
        return pipeline
    }

    /// The values of a parameter: those of "custom_attributes", else those of the pipeline.config.
    func texts(_ parameter: PipelineParameter) throws(VireoError) -> [String] {
        let own = transformation.attributes[parameter.rawValue]?.texts
        let given = if let own { own } else { try pipelineConfig().texts(parameter) }
        guard !given.isEmpty else {
            throw VireoError(
                .malformedFile, "the pipeline.config has no \(parameter.path)",
                remedy: "write it, or \"\(parameter.rawValue)\" into the transformation's \"custom_attributes\"")
        }
        return given
    }

    func numbers(_ parameter: PipelineParameter) throws(VireoError) -> [Double] {
        var numbers: [Double] = []
        for text in try texts(parameter) {
            guard let number = Double(text), number.isFinite else { throw unusable(parameter, text, "a number") }
            numbers.append(number)
        }
        return numbers
    }

    func number(_ parameter: PipelineParameter) throws(VireoError) -> Double {
        let list = try numbers(parameter)
        return list[list.count - 1]
    }

    /// A count or a size.
    func integer(_ parameter: PipelineParameter, in range: ClosedRange<Int> = 1...1 << 20) throws(VireoError) -> Int {
        let value = try number(parameter)
        guard let integer = Int(exactly: value), range.contains(integer) else {
            throw unusable(parameter, "\(value)", "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return integer
    }

    func boolean(_ parameter: PipelineParameter) throws(VireoError) -> Bool {
        let texts = try texts(parameter)
        return ["true", "True", "1"].contains(texts[texts.count - 1])
    }

    /// A truth value of "custom_attributes".
    func flag(_ name: String) -> Bool { ["true", "True", "1"].contains(transformation.attributes[name]?.text) }

    /// What the offsets of boxes are multiplied with: of x, y, width and height.
    func variances() throws(VireoError) -> [Double] {
        let pipeline = try pipelineConfig()
        if pipeline.has("box_coder"), !pipeline.has("box_coder/faster_rcnn_box_coder") {
            throw VireoError(.unsupported, "a box_coder other than faster_rcnn_box_coder")
        }
        var variances: [Double] = []
        for parameter in [PipelineParameter.scaleX, .scaleY, .scaleWidth, .scaleHeight] {
            let scale = try number(parameter)
            guard scale > 0 else { throw unusable(parameter, "\(scale)", "a number above 0") }
            variances.append(1 / scale)
        }
        return variances
    }

    private func unusable(_ parameter: PipelineParameter, _ text: String, _ expected: String) -> VireoError {
        VireoError(.malformedFile, "\(parameter.path) is \(text) and should be \(expected)")
    }
}

// MARK: - Places in the graph

extension TransformationSettings {
    /// What flows into the first `count` places where the replaced part of the graph begins: the inputs 0 of its start
    /// points, or of the nodes of `inputs` inside of each of its scopes.
    /// - Throws: `unsupported` that names the nodes that are not there.
    func entries(_ count: Int, of graph: GraphDef) throws -> [[TensorRef]] {
        var found: [[TensorRef]] = []
        switch transformation.instances {
        case .points(let start, _):
            guard start.count >= count else { throw tooFew(start.count, count, "start_points") }
            found.append(try start.prefix(count).map { try input(of: $0, in: graph) })
        case .scopes:
            guard transformation.inputs.count >= count else {
                throw tooFew(transformation.inputs.count, count, "inputs")
            }
            for scope in try scopes(of: graph) {
                found.append(
                    try transformation.inputs.prefix(count).map { places in
                        try input(of: member(places.first, of: scope, in: graph), in: graph)
                    })
            }
        case nil: throw VireoError(.malformedFile, "the transformation \(transformation.id) has no \"instances\"")
        }
        return found
    }

    /// The nodes where the replaced part of the graph ends and that are in the graph.
    func exits(of graph: GraphDef) throws -> [NodeDef] {
        switch transformation.instances {
        case .points(_, let end): return end.compactMap { graph[$0] }
        case .scopes:
            return try scopes(of: graph).flatMap { scope in
                try transformation.outputs.compactMap { graph[try member($0, of: scope, in: graph)] }
            }
        case nil: return []
        }
    }

    /// The beginnings of names that the regular expressions of a scope match.
    func scopes(of graph: GraphDef) throws -> [String] {
        guard case .scopes(let patterns) = transformation.instances else {
            throw VireoError(.malformedFile, "the transformation \(transformation.id) has no list of scopes")
        }
        var scopes: [String] = []
        for pattern in patterns {
            let expression = try self.expression(pattern)
            for node in graph.nodes {
                guard let match = try? expression.prefixMatch(in: node.name) else { continue }
                let scope = String(node.name[match.range])
                if !scopes.contains(scope) { scopes.append(scope) }
            }
        }
        // An outer scope holds what the same expression finds deeper inside.
        let outer = scopes.filter { scope in !scopes.contains { $0 != scope && scope.hasPrefix($0) } }
        guard !outer.isEmpty else {
            throw VireoError(
                .unsupported,
                "\(transformation.id): no name in the graph begins with \(patterns.joined(separator: " or "))",
                remedy: TransformationSettings.otherFile)
        }
        return outer
    }

    static let otherFile =
        "leave --transformations_config out, since the pipeline.config is enough, or take the file for the release of the "
        + "Object Detection API that exported the graph"

    private func member(_ place: Transformation.Place?, of scope: String, in graph: GraphDef) throws -> String {
        guard let place else { throw tooFew(0, 1, "nodes of an input") }
        let expression = try self.expression(place.node)
        let found = graph.nodes.first { node in
            node.name.hasPrefix(scope)
                && ((try? expression.wholeMatch(in: node.name.dropFirst(scope.count))) ?? nil) != nil
        }
        guard let found else {
            throw VireoError(
                .unsupported, "\(transformation.id): the graph has no node \(scope)\(place.node)",
                remedy: TransformationSettings.otherFile)
        }
        return found.name
    }

    private func input(of name: String, in graph: GraphDef) throws -> TensorRef {
        guard let node = graph[name] else {
            throw VireoError(
                .unsupported, "\(transformation.id) begins at \"\(name)\", which is no node of the graph",
                remedy: TransformationSettings.otherFile)
        }
        guard let input = node.inputs.first else {
            throw VireoError(.malformedFile, "\(transformation.id) begins at a node without inputs", in: [node.place])
        }
        return input
    }

    private func expression(_ text: String) throws(VireoError) -> Regex<AnyRegexOutput> {
        guard let expression = try? Regex(text) else {
            throw VireoError(.malformedFile, "\(transformation.id): \"\(text)\" is no regular expression")
        }
        return expression
    }

    private func tooFew(_ count: Int, _ needed: Int, _ what: String) -> VireoError {
        VireoError(.malformedFile, "\(transformation.id) has \(count) \(what) and needs \(needed)")
    }
}
