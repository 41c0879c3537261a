import VireoIR
import VireoTensor

extension CompiledModel {
    /// An input or output.
    public struct Port: Sendable, Hashable {
        /// The name of the node that stands for an input, or that computes an output.
        public let name: String
        /// The framework's names of the tensor, such as "input:0".
        public let tensorNames: [String]
        public let elementType: ElementType
        /// What is known of the shape before the model runs.
        public let shape: PartialShape

        /// The shape of a port whose dimensions are all known.
        /// - Throws: `invalidArgument` when some are not.
        public func staticShape() throws(VireoError) -> Shape {
            guard let shape = shape.shape else {
                throw VireoError(
                    .invalidArgument, "the shape \(shape) of \"\(name)\" is not known before the model runs",
                    remedy: "give a tensor, or reshape the model before it is compiled")
            }
            return shape
        }

        /// Whether people may mean this port when they write `name`.
        public func isCalled(_ name: String) -> Bool { self.name == name || tensorNames.contains(name) }

        /// Whether a tensor of this type and shape can be given to the port.
        public func accepts(_ tensor: Tensor) -> Bool {
            tensor.elementType == elementType && shape.allows(tensor.shape)
        }
    }
}

extension CompiledModel.Port: CustomStringConvertible {
    /// `"data" f32[1,3,224,224]`
    public var description: String { "\"\(name)\" \(elementType)\(shape)" }
}

extension Model {
    /// The model's inputs.
    var inputPorts: [CompiledModel.Port] {
        parameters.map { id in
            CompiledModel.Port(self[id], 0, type(of: Output(id)))
        }
    }

    /// The model's outputs under the names that it gives them, with the types that `prepared` found.
    func outputPorts(typedBy prepared: Model) -> [CompiledModel.Port] {
        zip(results, prepared.results).map { mine, theirs in
            let value = self[mine].inputs[0]
            return CompiledModel.Port(
                self[value.node], value.index, prepared.type(of: prepared[theirs].inputs[0]))
        }
    }
}

extension CompiledModel.Port {
    fileprivate init(_ node: Node, _ index: Int, _ type: ValueType) {
        self.init(
            name: node.outputs.count == 1 ? node.name : "\(node.name).\(index)",
            tensorNames: node.outputs[index].tensorNames, elementType: type.elementType, shape: type.shape)
    }
}
