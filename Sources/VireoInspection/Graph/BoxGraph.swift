import VireoIR
import VireoTensor

/// A model as boxes and arrows: one box for each kernel, or each operation when nobody ran it. Constants are not drawn.
struct BoxGraph {
    struct Box {
        let name: String
        /// "Convolution + Add + ReLU": the operations of a fused kernel in their order.
        let title: String
        let kind: BoxKind
        /// The shape and element type of what comes out.
        let output: String
        let device: String?
        let microseconds: Int
        /// What a reader sees who points at the box.
        let details: [String]

        /// The parts of the name in front of the last.
        var scope: ArraySlice<String> { name.split(separator: "/").map(String.init).dropLast() }
        var shortName: String { name.split(separator: "/").last.map(String.init) ?? name }
    }

    private(set) var boxes: [Box] = []
    /// Pairs of boxes, each pair once.
    private(set) var edges: [LayeredLayout.Edge] = []
    /// Whether somebody ran the model, so that boxes have devices and times.
    let isMeasured: Bool

    init(_ model: Model, explanation: Explanation?) throws {
        isMeasured = explanation != nil
        let rows = Dictionary(
            (explanation?.nodes ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let order = try model.topologicalOrder().filter { !(model[$0].operation is Constant) }
        func kernel(_ id: NodeID) -> NodeID { explanation?.kernels.anchor(model[id]) ?? id }

        var members: [NodeID: [NodeID]] = [:]
        for id in order { members[kernel(id), default: []].append(id) }
        var numbers: [NodeID: Int] = [:]
        for id in order where kernel(id) == id {
            numbers[id] = boxes.count
            boxes.append(Box(members[id] ?? [id], anchor: id, of: model, rows[model[id].name]))
        }
        var seen: Set<LayeredLayout.Edge> = []
        for id in order {
            guard let target = numbers[kernel(id)] else { continue }
            for input in model[id].inputs {
                guard let source = numbers[kernel(input.node)], source != target else { continue }
                let edge = LayeredLayout.Edge(from: source, to: target)
                if seen.insert(edge).inserted { edges.append(edge) }
            }
        }
    }
}

extension BoxGraph.Box {
    fileprivate init(_ members: [NodeID], anchor: NodeID, of model: Model, _ row: Explanation.Node?) {
        let node = model[anchor]
        let last = model[members.last ?? anchor]
        name = node.name
        kind = BoxKind(node.type)
        title =
            node.operation is Parameter
            ? "Input" : node.operation is Result ? "Output" : members.map { model[$0].type }.joined(separator: " + ")
        let value = last.outputs.first?.type ?? node.inputs.first.map { model.type(of: $0) }
        output = value.map { "\($0.shape.drawn)  \($0.elementType)" } ?? ""
        device = row?.device
        microseconds = row?.microseconds ?? 0
        var details = members.map { "\(model[$0].type) \"\(model[$0].name)\"" }
        for member in members {
            details += model[member].inputs.compactMap { input in
                model.constant(input).map { "constant \($0.elementType)\($0.shape)" }
            }
        }
        details += node.operation.attributes.map { "\($0.key): \($0.value.text)" }
        if let row {
            details.append("device: \(row.device)")
            if let kernel = row.kernel { details.append("kernel: \(kernel), \(row.microseconds) µs") }
            details += row.refusals.map { "\($0.device) refused: \($0.reason)" }
        }
        self.details = details
    }
}

extension PartialShape {
    /// "1×64×112×112"
    var drawn: String {
        guard let dimensions else { return "…" }
        return dimensions.isEmpty ? "scalar" : dimensions.map(\.description).joined(separator: "×")
    }
}

/// What an operation does, as colours tell it.
enum BoxKind: String, CaseIterable {
    case product, pooling, activation, normalization, movement, arithmetic, boundary

    init(_ type: String) {
        switch type {
        case "Parameter", "Result": self = .boundary
        case _ where type.contains("Convolution"): self = .product
        case "MatMul", "LSTMCell", "GRUCell", "RNNCell", "LSTMSequence", "GRUSequence", "RNNSequence": self = .product
        case _ where type.contains("Pool") || type.hasPrefix("Reduce") || type.hasSuffix("Pooling"): self = .pooling
        case "ReLU", "Clamp", "Sigmoid", "Tanh", "Elu", "SoftMax", "LogSoftmax", "PReLU", "Swish", "HSwish", "HSigmoid",
            "Gelu", "Mish", "SoftPlus", "Selu", "HardSigmoid":
            self = .activation
        case "BatchNormInference", "MVN", "LRN", "NormalizeL2", "GRN", "FakeQuantize": self = .normalization
        case "Transpose", "Reshape", "Concat", "Split", "VariadicSplit", "Pad", "StridedSlice", "Slice", "Squeeze",
            "Unsqueeze", "Gather", "GatherND", "Tile", "Broadcast", "SpaceToBatch", "BatchToSpace", "SpaceToDepth",
            "DepthToSpace", "ShuffleChannels", "Interpolate", "Convert", "ReverseSequence", "Reverse", "ShapeOf":
            self = .movement
        default: self = .arithmetic
        }
    }
}
