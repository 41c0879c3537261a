import Vireo

extension CompiledModel {
    /// The tensors that `NAME=FILE.npy` name, or `FILE.npy` alone for a single input, in the order of the inputs.
    /// - Throws: `invalidArgument` for a name or tensor that the model does not take, and what reading throws.
    func tensors(fromFiles items: [String]) throws -> [Tensor] {
        var given: [String: String] = [:]
        for item in items {
            let parts = item.split(separator: "=", maxSplits: 1).map(String.init)
            let name: String
            if parts.count == 2 {
                name = parts[0]
            } else if inputs.count == 1 {
                name = inputs[0].name
            } else {
                throw VireoError(
                    .invalidArgument, "\"\(item)\" does not say which input it is for",
                    remedy: "write NAME=FILE.npy; the inputs are " + inputNames)
            }
            guard given.updateValue(parts[parts.count - 1], forKey: name) == nil else {
                throw VireoError(.invalidArgument, "the input \"\(name)\" is given twice")
            }
        }
        let tensors = try inputs.map { port -> Tensor in
            guard let name = given.keys.sorted().first(where: port.isCalled), let file = given.removeValue(forKey: name)
            else {
                throw VireoError(
                    .invalidArgument, "the input \"\(port.name)\" \(port.elementType)\(port.shape) is not given",
                    remedy: "add -i \(port.name)=FILE.npy")
            }
            let tensor = try Tensor(numpyFile: file)
            guard port.accepts(tensor) else {
                throw VireoError(
                    .invalidArgument,
                    "\(file) holds \(tensor.elementType)\(tensor.shape), and the input \"\(port.name)\" is "
                        + "\(port.elementType)\(port.shape)",
                    remedy: "give a tensor of the input's type and shape")
            }
            return tensor
        }
        if let unknown = given.keys.sorted().first {
            throw VireoError(
                .invalidArgument, "\"\(unknown)\" is no input of the model",
                remedy: "the inputs are " + inputNames)
        }
        return tensors
    }

    /// The tensors that `-i` names: `NAME=FILE.npy` for each input, or one photograph; random values when it names
    /// none.
    /// - Throws: what reading throws, and `unsupported` when a photograph does not fit the model's inputs.
    func tensors(for model: Model, from items: [String]) throws -> [Tensor] {
        if items.isEmpty {
            return try inputs.enumerated().map { index, port in
                try Tensor(random: port.elementType, port.staticShape(), seed: UInt64(index))
            }
        }
        if items.allSatisfy({ !$0.hasSuffix(".npy") }) {
            return [try ImageInput(of: model).tensor(items.map { try Image(contentsOf: $0) })]
        }
        return try tensors(fromFiles: items)
    }

    private var inputNames: String { inputs.map { "\"\($0.name)\"" }.joined(separator: ", ") }
}
