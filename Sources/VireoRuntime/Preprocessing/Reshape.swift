import VireoIR
import VireoTensor

extension Model {
    /// Gives inputs other shapes and infers everything that follows from them.
    ///
    /// A model whose conversion has turned shapes into constants (a Reshape to a fixed batch) may not follow.
    /// - Parameter shapes: by the input's name or one of its tensor's names; other inputs keep theirs.
    /// - Throws: `invalidArgument` for an unknown input, and with the node that does not follow; the model is then as
    ///   it was.
    public mutating func reshape(_ shapes: [String: PartialShape]) throws(VireoError) {
        var changed = self
        for (name, shape) in shapes.sorted(by: { $0.key < $1.key }) {
            guard let id = changed.parameter(named: name), let old = changed[id].operation as? Parameter else {
                throw VireoError(
                    .invalidArgument, "no input is called \"\(name)\"",
                    remedy: "the inputs are " + inputPorts.map(\.description).joined(separator: ", "))
            }
            try changed.replace(id, with: Parameter(old.elementType, shape))
        }
        do {
            try changed.inferTypes()
        } catch {
            throw error.adding(
                context: "reshaping to "
                    + shapes.sorted { $0.key < $1.key }.map { "\($0)\($1)" }.joined(separator: ", "))
        }
        self = changed
    }

    /// The input that people call `name`.
    func parameter(named name: String) -> NodeID? {
        parameters.first { self[$0].name == name }
            ?? parameters.first { self[$0].outputs[0].tensorNames.contains(name) }
    }
}
