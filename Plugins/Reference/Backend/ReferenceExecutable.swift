import VireoIR
import VireoPluginKit
import VireoReference
import VireoTensor

/// A graph as a list of steps.
final class ReferenceExecutable: PluginExecutable {
    let steps: [Step]
    /// By value of the graph; nil for what is computed.
    let constants: [Tensor?]
    let inputs: [Int]
    let inputTypes: [ValueType]
    let outputs: [Int]
    let threads: Int
    let measuresTime: Bool
    let host: Host

    init(_ graph: GraphView, threads: Int, measuresTime: Bool, host: Host) throws {
        var steps = try graph.nodes.map { node in
            try withContext("node \"\(node.name)\" (\(node.opType))") { try Step(node, in: graph) }
        }
        constants = try graph.values.map { value in try value.constant.map { try Tensor(value, viewing: $0) } }
        // A value is let go after the last step that reads it, or at once when none does.
        var lastUses: [Int: Int] = [:]
        for (index, step) in steps.enumerated() {
            for value in step.outputs + step.inputs { lastUses[value] = index }
        }
        for (value, index) in lastUses where constants[value] == nil && !graph.outputs.contains(value) {
            steps[index].released.append(value)
        }
        self.steps = steps
        inputs = graph.inputs
        inputTypes = graph.inputs.map { ValueType(graph.values[$0].elementType, graph.values[$0].shape) }
        outputs = graph.outputs
        self.threads = threads
        self.measuresTime = measuresTime
        self.host = host
    }

    func makeContext() -> any PluginContext { ReferenceContext(self) }
}

/// One run at a time of an executable.
final class ReferenceContext: PluginContext {
    private let executable: ReferenceExecutable
    private(set) var profile: [ProfileRow] = []
    private let cancellation = CancellationFlag()

    init(_ executable: ReferenceExecutable) { self.executable = executable }

    func prepare() { cancellation.lower() }

    func cancel() { cancellation.raise() }

    func execute(inputs: [DeviceBuffer], outputs: inout [DeviceBuffer?]) throws {
        guard inputs.count == executable.inputs.count, outputs.count == executable.outputs.count else {
            throw VireoError(
                .invalidArgument,
                "\(inputs.count) inputs and \(outputs.count) outputs for a graph with \(executable.inputs.count) and "
                    + "\(executable.outputs.count)")
        }
        var values = executable.constants
        for (index, buffer) in inputs.enumerated() {
            values[executable.inputs[index]] = try Tensor(buffer, as: executable.inputTypes[index], index: index)
        }
        profile = []
        let check: @Sendable () throws -> Void = { [cancellation] in try cancellation.check() }
        try Reference.evaluating(interruptedBy: check) {
            for step in executable.steps { try run(step, &values) }
        }
        for (index, value) in executable.outputs.enumerated() {
            guard let result = values[value] else {
                throw VireoError(.internalError, "output \(index) is not computed by any node")
            }
            outputs[index] = try copy(result, to: outputs[index], index: index)
        }
    }

    private func run(_ step: Step, _ values: inout [Tensor?]) throws {
        let start = executable.measuresTime ? ContinuousClock.now : nil
        let operands = try step.inputs.map { value in
            guard let tensor = values[value] else {
                throw VireoError(.internalError, "\"\(step.name)\" reads a value before it is computed")
            }
            return tensor
        }
        let results = try withContext("node \"\(step.name)\" (\(step.operation.type))") {
            try Reference.evaluate(
                step.operation, operands, outputs: step.outputTypes, threads: executable.threads)
        }
        for (value, result) in zip(step.outputs, results) { values[value] = result }
        for value in step.released { values[value] = nil }
        if let start {
            let type = step.outputTypes.first.map { "\($0.elementType)" } ?? "none"
            profile.append(
                ProfileRow(
                    nodeName: step.name, opType: step.operation.type, execType: "swift_\(type)",
                    realMicroseconds: Int((ContinuousClock.now - start) / .microseconds(1))))
        }
    }

    private func copy(_ result: Tensor, to buffer: DeviceBuffer?, index: Int) throws -> DeviceBuffer {
        let buffer = try buffer ?? HostBuffer(result.elementType, result.shape, host: executable.host)
        guard let target = buffer as? HostBuffer, target.elementType == result.elementType, target.shape == result.shape
        else {
            throw VireoError(
                .invalidArgument,
                "output \(index) is \(result.elementType)\(result.shape), and its buffer is "
                    + "\(buffer.elementType)\(buffer.shape)")
        }
        result.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress { target.memory.copyMemory(from: base, byteCount: bytes.count) }
        }
        return target
    }
}

extension Tensor {
    /// A view of an input's memory, which outlives the run.
    fileprivate init(_ buffer: DeviceBuffer, as type: ValueType, index: Int) throws {
        guard let buffer = buffer as? HostBuffer, buffer.elementType == type.elementType,
            type.shape.isCompatible(with: PartialShape(buffer.shape))
        else {
            throw VireoError(
                .invalidArgument, "input \(index) is \(type), and its buffer is \(buffer.elementType)\(buffer.shape)")
        }
        let bytes = UnsafeMutableRawBufferPointer(start: buffer.memory, count: buffer.byteCount)
        try self.init(
            buffer.elementType, buffer.shape,
            viewing: TensorStorage(adopting: bytes, isWritable: false, release: { _ in }))
    }

    /// A view of a constant's memory, which outlives the executable.
    init(_ value: ValueView, viewing bytes: UnsafeRawBufferPointer) throws {
        guard let shape = value.shape.shape else {
            throw VireoError(.invalidArgument, "a constant of shape \(value.shape)")
        }
        try self.init(
            value.elementType, shape,
            viewing: TensorStorage(
                adopting: UnsafeMutableRawBufferPointer(mutating: bytes), isWritable: false, release: { _ in }))
    }
}
