import VireoIR
import VireoReference
import VireoTensor

/// Replaces every value that does not depend on the inputs by a Constant: what operations on constants compute, and
/// shapes that are known. What a few numbers become when they are repeated without end stays to be computed, and so does a
/// loop, which may have no end.
public struct FoldConstants: Pass {
    /// Operations on constants that stay, because they tell how weights are quantized.
    public enum Kept: Sendable {
        case nothing
        /// FakeQuantize: the ranges of weights that are still real numbers.
        case fakeQuantize
        /// FakeQuantize, and Convert of weights that are stored in 8 bits.
        case storedIntegers
    }

    private let kept: Kept

    public init(keeping kept: Kept = .nothing) { self.kept = kept }

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() {
            let node = model[id]
            guard !(node.operation is Constant), !(node.operation is Parameter), !(node.operation is Result) else {
                continue
            }
            if isKept(node, in: model) { continue }
            guard let values = try values(of: node, in: model) else { continue }
            for (index, tensor) in values.enumerated() where !model.uses(of: Output(id, index)).isEmpty {
                let constant = try model.addConstant(tensor, name: "\(node.name)/folded")
                model.replaceUses(of: Output(id, index), with: constant)
            }
            model.remove(id)
        }
    }

    private func isKept(_ node: Node, in model: Model) -> Bool {
        switch node.operation {
        case is FakeQuantize: kept != .nothing
        case let convert as Convert:
            kept == .storedIntegers && convert.destination.isFloatingPoint
                && model.constant(node.inputs[0]).map { [.i8, .u8].contains($0.elementType) } ?? false
        default: false
        }
    }

    private func values(of node: Node, in model: Model) throws -> [Tensor]? {
        let known = node.outputs.map(\.knownValue)
        if !known.contains(where: { $0 == nil }) { return known.compactMap { $0 } }
        guard !node.inputs.isEmpty else { return nil }
        var inputs: [Tensor] = []
        for input in node.inputs {
            guard let tensor = model.constant(input) else { return nil }
            inputs.append(tensor)
        }
        let types = node.outputs.map(\.type)
        guard types.allSatisfy({ $0.shape.isStatic }), node.operation.bodies.isEmpty, !grows(inputs, types),
            Reference.refusal(of: node.operation, inputTypes: inputs.map { ValueType($0.elementType, $0.shape) }) == nil
        else { return nil }
        return try withContext("node \(node.label)") {
            try evaluate(node.operation, inputs, outputs: types)
        }
    }

    /// Whether the outputs are large, and many times as large as what they are made of.
    private func grows(_ inputs: [Tensor], _ outputs: [ValueType]) -> Bool {
        let given = inputs.reduce(0) { $0 + $1.byteCount }
        let sizes = outputs.map { $0.elementType.byteCount(of: $0.shape.shape?.elementCount ?? 0) ?? .max }
        let largest = sizes.max() ?? 0
        return largest > FoldConstants.largeByteCount && largest / 16 > given
    }

    private static let largeByteCount = 1 << 26
}
