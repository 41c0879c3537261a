import VireoIR
import VireoTensor

extension LoadedGraph {
    /// How many floating-point operations one run takes, with a batch of 1 where the graph leaves it open. Variables
    /// need no values for that.
    /// - Throws: what converting the graph throws, `unsupported` when a shape depends on the inputs.
    public func floatingPointOperations() throws -> Int {
        let shapes = try withPlaceholdersForAbsentValues()
        var options = completing(ConversionOptions())
        if options.inputs.isEmpty {
            options.inputs = try shapes.nodes.filter { $0.op == "Placeholder" }.map { node in
                var shape = try node.shape("shape", default: .unranked)
                if var dimensions = shape.dimensions, dimensions.first?.isDynamic == true {
                    dimensions[0] = 1
                    shape = .ranked(dimensions)
                }
                return InputSpecification(PortSpecification(node.name), shape: shape.isStatic ? shape : nil)
            }
        }
        guard let count = try Converter(options).convert(shapes, name: "").model.floatingPointOperations else {
            throw VireoError(.unsupported, "a shape depends on the inputs")
        }
        return count
    }

    private func withPlaceholdersForAbsentValues() throws(VireoError) -> GraphDef {
        var placeholders: [String: NodeDef] = [:]
        for node in graph.nodes where node.op == "Const" {
            guard case .tensor(let value)? = node.attributes["value"], value.isAbsent else { continue }
            placeholders[node.name] = NodeDef(
                node.name, op: "Placeholder",
                attributes: ["dtype": .type(value.dataType), "shape": .shape(value.shape)])
        }
        return placeholders.isEmpty ? graph : try graph.rewritten(replacing: placeholders)
    }
}
