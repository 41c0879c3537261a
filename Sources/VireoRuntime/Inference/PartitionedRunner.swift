import VireoIR
import VireoTensor

/// Runs the subgraphs of a plan one after the other. It keeps a context and the buffers of each, so that a run on
/// devices that compute in the host's memory allocates nothing when its inputs lie where those of the run before lay.
final class PartitionedRunner: Runner {
    private let plan: RunPlan
    private let contexts: [Context]
    /// What each subgraph reads, and from where it was brought.
    private var inputs: [[DeviceBuffer]]
    private var origins: [[Origin]]
    /// Made by the devices in the first run, and used again in the next where the shapes are static.
    private var outputs: [[DeviceBuffer?]]
    /// Memory of the host for values on their way from one device to another.
    private var staging: [RunPlan.Source: Tensor] = [:]

    init(_ plan: RunPlan) throws {
        self.plan = plan
        contexts = try plan.parts.map { try Context($0.executable) }
        inputs = plan.parts.map { _ in [] }
        origins = plan.parts.map { _ in [] }
        outputs = plan.parts.map { $0.outputs.map { _ in nil } }
    }

    func run(_ tensors: [Tensor], into results: inout [Tensor], _ control: RunControl) throws {
        // Borrowed memory stays valid until the buffers are replaced or this run ends, whichever the device needs.
        defer { if !keepsImports { forgetImports() } }
        for number in plan.parts.indices { try runPart(number, tensors, control) }
        try read(into: &results, tensors)
        withExtendedLifetime(tensors) {}
    }

    func profile() throws -> [ProfileRow] {
        try contexts.indices.flatMap { number in
            try contexts[number].profile().map { row in
                var row = row
                if contexts.count > 1 { row.nodeName = "subgraph\(number): \(row.nodeName)" }
                return row
            }
        }
    }

    // MARK: Subgraphs

    private func runPart(_ number: Int, _ tensors: [Tensor], _ control: RunControl) throws {
        let part = plan.parts[number]
        for index in part.inputs.indices { try bind(index, of: number, tensors) }
        for index in part.dynamicOutputs { outputs[number][index] = nil }
        let context = contexts[number]
        let start = control.lane?.now
        if let cancellation = control.cancellation {
            try cancellation.executing(context) { try context.execute(inputs[number], &outputs[number]) }
        } else {
            try context.execute(inputs[number], &outputs[number])
        }
        if let lane = control.lane, let start { try trace(number, context, since: start, in: lane) }
    }

    /// The subgraph's span, and within it those of its layers, where the device counts: they are laid end to end,
    /// because devices tell how long each took and not when.
    private func trace(_ number: Int, _ context: Context, since start: Duration, in lane: Trace.Lane) throws {
        let device = context.executable.backend.info.name
        lane.add(
            "subgraph\(number) on \(device)", category: "subgraph", start: start, duration: lane.now - start,
            details: ["device": device])
        var time = start
        for row in try context.profile() where row.status == .executed {
            let duration = Duration.microseconds(row.realMicroseconds)
            lane.add(
                row.nodeName, category: "layer", start: time, duration: duration,
                details: ["type": row.opType, "kernel": row.execType])
            time += duration
        }
    }

    // MARK: Values

    /// Where an input's buffer comes from.
    private enum Origin: Equatable {
        /// The device's own buffer of an earlier subgraph.
        case device
        /// The host's memory, seen and not copied, of which the device needs no more than that it is there while it
        /// runs.
        case host(address: UInt, Shape)
        /// The host's memory, which must stay as it is while the buffer lives.
        case borrowed
    }

    private var keepsImports: Bool { !origins.contains { $0.contains(.borrowed) } }

    private func forgetImports() {
        for number in plan.parts.indices where origins[number].contains(.borrowed) {
            inputs[number] = []
            origins[number] = []
        }
    }

    /// Makes `inputs[number][index]` the buffer of what the subgraph reads there.
    private func bind(_ index: Int, of number: Int, _ tensors: [Tensor]) throws {
        let part = plan.parts[number]
        let source = part.inputs[index]
        let tensor: Tensor
        switch source {
        case .input(let place): tensor = tensors[place]
        case .constant(let place): tensor = plan.constants[place]
        case .subgraph(let producer, let output):
            let made = outputs[producer][output]!
            if made.backend === part.executable.backend { return set(made, .device, at: index, of: number) }
            tensor = try staged(source, made, plan.parts[producer], output)
        }
        let backend = part.executable.backend
        let bytes = tensor.stableBytes
        let address = UInt(bitPattern: bytes.baseAddress)
        let isSeen = backend.info.usesHostMemory && address % UInt(tensor.elementType.byteWidth ?? 1) == 0
        let origin = isSeen ? Origin.host(address: address, tensor.shape) : .borrowed
        if isSeen, origins[number].count > index, origins[number][index] == origin { return }
        let buffer = try DeviceBuffer(tensor.elementType, tensor.shape, borrowing: bytes, on: backend)
        set(buffer, origin, at: index, of: number)
    }

    private func set(_ buffer: DeviceBuffer, _ origin: Origin, at index: Int, of number: Int) {
        if index < inputs[number].count {
            inputs[number][index] = buffer
            origins[number][index] = origin
        } else {
            inputs[number].append(buffer)
            origins[number].append(origin)
        }
    }

    /// The buffer's contents in memory of the host, which is kept for the next run.
    private func staged(
        _ source: RunPlan.Source, _ buffer: DeviceBuffer, _ part: RunPlan.Part, _ output: Int
    ) throws -> Tensor {
        let tensor = try buffer.read(
            part.outputs[output].elementType, part.outputShapes[output], reusing: staging.removeValue(forKey: source))
        staging[source] = tensor
        return tensor
    }

    private func read(into results: inout [Tensor], _ tensors: [Tensor]) throws {
        if results.count != plan.outputs.count { results.removeAll(keepingCapacity: true) }
        let isReusing = !results.isEmpty
        for (index, source) in plan.outputs.enumerated() {
            let result: Tensor
            switch source {
            case .input(let number): result = tensors[number]
            case .constant(let number): result = plan.constants[number]
            case .subgraph(let part, let output):
                let buffer = outputs[part][output]!
                let elementType = plan.parts[part].outputs[output].elementType
                let shape = plan.parts[part].outputShapes[output]
                if isReusing, try buffer.readIfFitting(into: &results[index], elementType, shape) { continue }
                result = try buffer.read(elementType, shape, reusing: nil)
            }
            if isReusing { results[index] = result } else { results.append(result) }
        }
    }
}

extension DeviceBuffer {
    /// What the buffer holds, in the memory of `old` when that fits.
    /// - Parameter shape: nil when only the buffer knows it.
    fileprivate func read(_ elementType: ElementType, _ shape: Shape?, reusing old: consuming Tensor?) throws -> Tensor
    {
        if var old, try readIfFitting(into: &old, elementType, shape) { return old }
        var tensor = try Tensor(zeros: elementType, shape ?? info().shape)
        try tensor.withUnsafeMutableBytes { try read(into: $0) }
        return tensor
    }

    fileprivate func readIfFitting(into tensor: inout Tensor, _ elementType: ElementType, _ shape: Shape?) throws
        -> Bool
    {
        guard tensor.elementType == elementType, tensor.shape == (try shape ?? info().shape) else { return false }
        try tensor.withUnsafeMutableBytes { try read(into: $0) }
        return true
    }
}
