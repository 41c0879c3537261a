import VireoPluginKit
import VireoTensor

/// Runs commands of an unfinished plan to see how long they take, on zeros in memory of their own.
struct Stopwatch {
    private let plan: Plan
    private let program: CLProgram
    private let session: DeviceSession

    init(_ plan: Plan, _ program: CLProgram, on session: DeviceSession) {
        self.plan = plan
        self.program = program
        self.session = session
    }

    private static let repetitions = 3

    /// The shortest of a few runs, after one that lets the driver finish compiling.
    /// - Throws: when the device cannot run them.
    func nanoseconds(_ commands: ArraySlice<Command>) throws -> Int {
        let queue = try session.makeQueue()
        var memory: [StorageID: CLMemory] = [:]
        for storage in Set(commands.flatMap(\.storages)) { memory[storage] = try made(storage, queue) }
        let steps = try commands.map { try step($0, memory) }
        var shortest = Int.max
        for run in 0...Stopwatch.repetitions {
            let start = ContinuousClock.now
            for step in steps { try step(queue) }
            try queue.finish()
            let duration = (ContinuousClock.now - start) / .nanoseconds(1)
            if run > 0 { shortest = min(shortest, Int(duration)) }
        }
        return shortest
    }

    private func made(_ storage: StorageID, _ queue: CLQueue) throws -> CLMemory {
        func zeros(_ byteCount: Int) throws -> CLMemory {
            let memory = try session.allocate(byteCount: byteCount)
            try queue.clear(memory)
            return memory
        }
        func zeros(_ binding: Binding) throws -> CLMemory {
            try zeros(binding.shape.elementCount * MemoryLayout<Float>.stride)
        }
        switch plan.storages[storage.index] {
        case .constant(let memory): return memory
        case .temporary(let byteCount): return try zeros(byteCount)
        case .input(let port): return try zeros(plan.inputs[port])
        case .output(let port): return try zeros(plan.outputs[port])
        }
    }

    private func step(_ command: Command, _ memory: [StorageID: CLMemory]) throws -> (CLQueue) throws -> Void {
        switch command.work {
        case .kernel(let name, let arguments, let size):
            let kernel = try CLKernel(program, name)
            for (index, argument) in arguments.enumerated() {
                try kernel.setArgument(index, to: argument) { memory[$0] }
            }
            return { _ = try $0.launch(kernel, size) }
        case .copy(let box, let source, let destination):
            guard let from = memory[source], let to = memory[destination] else { return { _ in } }
            return { _ = try $0.copy(box, from: from, to: to) }
        }
    }
}

extension CLKernel {
    /// Sets an argument of a command, whose memory `find` knows.
    func setArgument(
        _ index: Int, to argument: Argument, _ find: (StorageID) -> CLMemory?
    ) throws(VireoError) {
        switch argument {
        case .memory(let storage): try setArgument(index, to: find(storage))
        case .none: try setArgument(index, to: CLMemory?.none)
        case .int(let value): try setArgument(index, to: value)
        case .float(let value): try setArgument(index, to: value)
        case .int4(let value): try setArgument(index, to: value)
        case .int8(let value): try setArgument(index, to: value)
        case .local(let byteCount): try setArgument(index, localByteCount: byteCount)
        }
    }
}
