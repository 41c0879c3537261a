import VireoIR
import VireoTensor

/// What a request keeps: a context and the output buffers of each subgraph.
struct Run {
    private let plan: RunPlan
    private let contexts: [Context]
    /// Made by the devices in the first run, and used again in the next.
    private var outputs: [[DeviceBuffer?]]
    /// Memory of the host for values on their way from one device to another.
    private var staging: [RunPlan.Source: Tensor] = [:]

    init(_ plan: RunPlan) throws {
        self.plan = plan
        contexts = try plan.parts.map { try Context($0.executable) }
        outputs = plan.parts.map { $0.outputs.map { _ in nil } }
    }

    /// - Precondition: the tensors are of the model's types and shapes.
    mutating func run(_ inputs: [Tensor], outputs ports: [CompiledModel.Port]) throws -> [Tensor] {
        // Ends before `inputs`, whose memory the buffers borrow.
        var imported: [Crossing: DeviceBuffer] = [:]
        for (number, part) in plan.parts.enumerated() {
            var buffers: [DeviceBuffer] = []
            buffers.reserveCapacity(part.inputs.count)
            for source in part.inputs {
                buffers.append(try buffer(source, for: part.executable.backend, inputs, &imported))
            }
            try contexts[number].execute(buffers, &outputs[number])
        }
        let results = try zip(plan.outputs, ports).map { source, port -> Tensor in
            switch source {
            case .input(let index): return inputs[index]
            case .constant(let index): return plan.constants[index]
            case .subgraph(let part, let output):
                var tensor = try Tensor(zeros: port.elementType, port.shape)
                try outputs[part][output]!.read(into: &tensor)
                return tensor
            }
        }
        imported.removeAll()
        withExtendedLifetime(inputs) {}
        return results
    }

    func profile() throws -> [ProfileRow] {
        var rows: [ProfileRow] = []
        for (number, context) in contexts.enumerated() {
            rows += try context.profile().map { row in
                var row = row
                if contexts.count > 1 { row.nodeName = "subgraph\(number): \(row.nodeName)" }
                return row
            }
        }
        return rows
    }

    /// A value that is brought to a device.
    private struct Crossing: Hashable {
        let source: RunPlan.Source
        let backend: ObjectIdentifier
    }

    private mutating func buffer(
        _ source: RunPlan.Source, for backend: Backend, _ inputs: [Tensor],
        _ imported: inout [Crossing: DeviceBuffer]
    ) throws -> DeviceBuffer {
        let crossing = Crossing(source: source, backend: ObjectIdentifier(backend))
        if let known = imported[crossing] { return known }
        let tensor: Tensor
        switch source {
        case .input(let index): tensor = inputs[index]
        case .constant(let index): tensor = plan.constants[index]
        case .subgraph(let part, let output):
            let made = outputs[part][output]!
            if made.backend === backend { return made }
            tensor = try staged(source, made, plan.parts[part].outputs[output])
        }
        let buffer = try DeviceBuffer(tensor.elementType, tensor.shape, borrowing: tensor.stableBytes, on: backend)
        imported[crossing] = buffer
        return buffer
    }

    /// The buffer's contents in memory of the host, which is kept for the next run.
    private mutating func staged(_ source: RunPlan.Source, _ buffer: DeviceBuffer, _ type: ValueType) throws -> Tensor {
        var tensor = try staging.removeValue(forKey: source) ?? Tensor(zeros: type.elementType, type.shape.shape!)
        try buffer.read(into: &tensor)
        staging[source] = tensor
        return tensor
    }
}

extension DeviceBuffer {
    fileprivate func read(into tensor: inout Tensor) throws {
        try tensor.withUnsafeMutableBytes { try read(into: $0) }
    }
}
