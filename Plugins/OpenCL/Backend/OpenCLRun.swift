import VireoPluginKit
import VireoTensor

/// The state of one run at a time: a queue, temporary memory, and kernels whose arguments are set once. Only the
/// buffers of the graph's inputs and outputs change between runs.
final class OpenCLRun: PluginContext {
    private enum Work {
        case kernel(CLKernel, WorkSize)
        case copy(CopyRectangle, from: StorageID, to: StorageID)
    }

    private let executable: OpenCLExecutable
    private let queue: CLQueue
    private let work: [Work]
    /// Memory of each storage; nil for inputs and outputs outside of a run.
    private var memory: [CLMemory?]
    /// The storages that are the graph's inputs and outputs.
    private let openStorages: [Int]
    /// Kernel arguments that inputs and outputs of the graph fill.
    private let openArguments: [(kernel: CLKernel, index: Int, storage: StorageID)]
    private var events: [CLEvent?] = []
    private let cancellation = CancellationFlag()

    init(of executable: OpenCLExecutable) throws {
        self.executable = executable
        let session = executable.session
        let plan = executable.plan
        queue = try session.makeQueue(isProfiling: executable.isProfiling)
        let blocks = try executable.memoryPlan.blocks.map { try session.allocate(byteCount: $0) }
        let memory = plan.storages.indices.map { index -> CLMemory? in
            if case .constant(let constant) = plan.storages[index] { return constant }
            return executable.memoryPlan.block[index].map { blocks[$0] }
        }
        var work: [Work] = []
        var open: [(kernel: CLKernel, index: Int, storage: StorageID)] = []
        for command in plan.commands {
            switch command.work {
            case .copy(let box, let source, let destination):
                work.append(.copy(box, from: source, to: destination))
            case .kernel(let name, let arguments, let size):
                let kernel = try CLKernel(executable.program, name)
                for (index, argument) in arguments.enumerated() {
                    if case .memory(let storage) = argument, memory[storage.index] == nil {
                        open.append((kernel, index, storage))
                    } else {
                        try kernel.setArgument(index, to: argument) { memory[$0.index] }
                    }
                }
                work.append(.kernel(kernel, size))
            }
        }
        self.memory = memory
        self.work = work
        openArguments = open
        openStorages = memory.indices.filter { memory[$0] == nil }
    }

    func execute(inputs: [DeviceBuffer], outputs: inout [DeviceBuffer?]) throws {
        let plan = executable.plan
        guard inputs.count == plan.inputs.count, outputs.count == plan.outputs.count else {
            throw VireoError(
                .invalidArgument,
                "the graph has \(plan.inputs.count) inputs and \(plan.outputs.count) outputs, and \(inputs.count) and "
                    + "\(outputs.count) buffers are given")
        }
        let sources = try inputs.indices.map { try checked(inputs[$0], plan.inputs[$0], "input \($0)") }
        let results = try outputs.indices.map { index in
            guard let given = outputs[index] else {
                let binding = plan.outputs[index]
                return try OpenCLBuffer(binding.elementType, binding.shape, on: executable.session)
            }
            return try checked(given, plan.outputs[index], "output \(index)")
        }
        for (index, result) in results.enumerated()
        where results[..<index].contains(where: { $0 === result })
            || sources.contains(where: { $0 === result })
        {
            throw VireoError(.invalidArgument, "the buffer of output \(index) is also given for another port")
        }
        try run(sources, results)
        for index in outputs.indices { outputs[index] = results[index] }
    }

    private func checked(_ buffer: DeviceBuffer, _ binding: Binding, _ port: String) throws -> OpenCLBuffer {
        guard let buffer = buffer as? OpenCLBuffer, buffer.session === executable.session else {
            throw VireoError(.invalidArgument, "the buffer of \(port) belongs to another device")
        }
        guard buffer.elementType == binding.elementType, buffer.shape == binding.shape else {
            throw VireoError(
                .invalidArgument,
                "the buffer of \(port) is \(buffer.elementType)\(buffer.shape), and the graph has "
                    + "\(binding.elementType)\(binding.shape)")
        }
        return buffer
    }

    private func run(_ sources: [OpenCLBuffer], _ results: [OpenCLBuffer]) throws {
        for index in openStorages {
            switch executable.plan.storages[index] {
            case .input(let port): memory[index] = sources[port].memory
            case .output(let port): memory[index] = results[port].memory
            case .constant, .temporary: continue
            }
        }
        defer { for open in openStorages { memory[open] = nil } }
        events.removeAll(keepingCapacity: true)
        for open in openArguments { try open.kernel.setArgument(open.index, to: memory[open.storage.index]) }
        do {
            for item in work {
                try cancellation.check()
                events.append(try start(item))
            }
        } catch {
            // Commands that were started use buffers that the caller may free.
            try? queue.finish()
            throw error
        }
        try queue.finish()
    }

    func prepare() { cancellation.lower() }

    /// Commands that were started run to their end; no more are started.
    func cancel() { cancellation.raise() }

    private func start(_ item: Work) throws -> CLEvent? {
        switch item {
        case .kernel(let kernel, let size): return try queue.launch(kernel, size)
        case .copy(let box, let source, let destination):
            guard let from = memory[source.index], let to = memory[destination.index] else {
                throw VireoError(.internalError, "a copy has no memory to work on")
            }
            return try queue.copy(box, from: from, to: to)
        }
    }

    /// One row a node. Nodes that ran inside another's kernel, or needed none, are optimised out.
    var profile: [ProfileRow] {
        guard executable.isProfiling, events.count == work.count else { return [] }
        var nanoseconds: [Int: Int] = [:]
        var kernels: [Int: [String]] = [:]
        for (command, event) in zip(executable.plan.commands, events) {
            nanoseconds[command.node, default: 0] += (try? event?.nanoseconds()) ?? 0
            if kernels[command.node]?.last != command.name { kernels[command.node, default: []].append(command.name) }
        }
        let isCPU = executable.session.device.kind == .cpu
        return executable.nodes.enumerated().map { index, node in
            guard let names = kernels[index] else {
                return ProfileRow(
                    nodeName: node.name, opType: node.opType, execType: "none", status: .optimizedOut,
                    realMicroseconds: 0)
            }
            let real = nanoseconds[index, default: 0] / 1000
            return ProfileRow(
                nodeName: node.name, opType: node.opType,
                execType: names.joined(separator: "+") + executable.kernelSuffix,
                realMicroseconds: real, cpuMicroseconds: isCPU ? real : 0)
        }
    }
}
