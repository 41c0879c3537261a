import VireoIR
import VireoTensor

/// A graph inside a layer, with its port map and back edges as the file gives them.
struct IRBody {
    let graph: IRGraph
    private let inputs: [Body.Input]
    private let outputs: [Body.Output]
    private let backEdges: [Body.BackEdge]
    private let iterationParameter: Int?
    private let conditionResult: Int?

    /// The bodies of a layer: none, `<body>`, or `<then_body>` and `<else_body>`.
    static func all(
        in layer: MarkupElement, inputPorts: [Int], outputPorts: [Int]
    ) throws(VireoError) -> [IRBody] {
        var bodies: [IRBody] = []
        for prefix in ["", "then_", "else_"] {
            guard let element = layer.child("\(prefix)body") else { continue }
            bodies.append(
                try IRBody(
                    element, map: layer.child("\(prefix)port_map"), backEdges: layer.child("\(prefix)back_edges"),
                    inputPorts, outputPorts))
        }
        return bodies
    }

    private init(
        _ element: MarkupElement, map: MarkupElement?, backEdges: MarkupElement?, _ inputPorts: [Int],
        _ outputPorts: [Int]
    ) throws(VireoError) {
        graph = try IRGraph(element)
        var places: [Int: Int] = [:]
        // The order of parameters and of results is that of their layers.
        for layers in [graph.layers.filter(\.isParameter), graph.layers.filter(\.isResult)] {
            for (place, layer) in layers.enumerated() { places[layer.id] = place }
        }
        func place(_ key: String, of port: MarkupElement) throws(VireoError) -> Int {
            let id = try port.natural(key)
            guard let place = places[id] else {
                throw port.malformed("layer \(id) of the body, which is no port of it")
            }
            return place
        }
        var inputs: [Body.Input] = []
        var outputs: [Body.Output] = []
        var (iteration, condition): (Int?, Int?)
        for port in map?.children ?? [] {
            let inner = try place("internal_layer_id", of: port)
            let outer = try port.required("external_port_id")
            switch (port.name, port["purpose"]) {
            case ("input", "current_iteration"): iteration = inner
            case ("output", "execution_condition"):
                condition = inner
                // The condition may be an output as well.
                if let index = Int(outer).flatMap({ outputPorts.firstIndex(of: $0) }) {
                    outputs.append(Body.Output(inner, to: index))
                }
            case ("input", _):
                guard let index = Int(outer).flatMap({ inputPorts.firstIndex(of: $0) }) else {
                    throw port.malformed("input port \(outer), which does not exist")
                }
                inputs.append(Body.Input(index, to: inner, try IRBody.slicing(port)))
            case ("output", _):
                guard let index = Int(outer).flatMap({ outputPorts.firstIndex(of: $0) }) else {
                    throw port.malformed("output port \(outer), which does not exist")
                }
                outputs.append(Body.Output(inner, to: index, try IRBody.slicing(port)))
            default: throw port.malformed("a port map with <\(port.name)>")
            }
        }
        self.inputs = inputs
        self.outputs = outputs
        iterationParameter = iteration
        conditionResult = condition
        self.backEdges = try (backEdges?.children("edge") ?? []).map { (edge) throws(VireoError) in
            Body.BackEdge(from: try place("from-layer", of: edge), to: try place("to-layer", of: edge))
        }
    }

    private static func slicing(_ port: MarkupElement) throws(VireoError) -> Body.Slicing? {
        guard port["axis"] != nil else { return nil }
        let reader = AttributeReader(text: port.attributes)
        return Body.Slicing(
            axis: try reader.integer("axis"), start: try reader.integer("start", default: 0),
            end: try reader.integer("end", default: -1), stride: try reader.integer("stride", default: 1),
            partSize: try reader.integer("part_size", default: 1))
    }

    func tied(to model: Model) -> Body {
        Body(
            model, inputs: inputs, outputs: outputs, backEdges: backEdges, iterationParameter: iterationParameter,
            conditionResult: conditionResult)
    }
}
