import CDNNL
import Glibc
import Synchronization
import VireoPluginKit
import VireoTensor

/// Measures how long convolutions keep this machine's processors busy, which other processes disturb less than the time on
/// the clock. What was measured is remembered, so that a graph compiled twice in a process gets the same kernels.
final class KernelTimer {
    /// A kernel for a problem: its name, the layouts of what it reads and writes, and the threads it was made for.
    private struct Problem: Equatable {
        let implementation: String
        let layouts: [MemoryDescriptor]
        let threads: Int32

        init(_ kernel: PrimitiveDescriptor) {
            implementation = kernel.implementation
            layouts = kernel.convolutionOperands.map(\.descriptor)
            threads = omp_get_max_threads()
        }
    }

    private static let known = Mutex<[(problem: Problem, time: Duration)]>([])

    private let engine: Engine
    private let stream: Stream
    private let host: Host
    /// Zeros, or what kernels made of them: no numbers that would slow a kernel down.
    private var block: UnsafeMutableRawPointer?
    private var blockByteCount = 0

    init(_ engine: Engine, _ stream: Stream, _ host: Host) {
        self.engine = engine
        self.stream = stream
        self.host = host
    }

    deinit { block.map(host.deallocate) }

    /// The shortest of three runs; one that takes long tells enough alone.
    func time(of kernel: PrimitiveDescriptor) throws -> Duration {
        let problem = Problem(kernel)
        if let time = KernelTimer.known.withLock({ $0.first { $0.problem == problem }?.time }) { return time }
        var memories: [Memory] = []
        var arguments: [dnnl_exec_arg_t] = []
        let operands = kernel.convolutionOperands.filter { $0.descriptor.byteCount > 0 }
        let byteCounts = operands.map { ($0.descriptor.byteCount + 63) / 64 * 64 }
        var address = try zeros(byteCount: byteCounts.reduce(0, +))
        for ((role, descriptor), byteCount) in zip(operands, byteCounts) {
            let memory = try Memory(descriptor, address, engine)
            memories.append(memory)
            arguments.append(dnnl_exec_arg_t(arg: role, memory: memory.handle))
            address += byteCount
        }
        let primitive = try Primitive(kernel)
        var shortest = Duration.seconds(1 << 30)
        for _ in 0..<3 {
            let start = Duration.processorTime
            try arguments.withUnsafeBufferPointer { try primitive.execute($0, on: stream) }
            try stream.wait()
            shortest = min(shortest, Duration.processorTime - start)
            if shortest > .milliseconds(5) { break }
        }
        withExtendedLifetime(memories) {}
        KernelTimer.known.withLock { [shortest] in $0.append((problem, shortest)) }
        return shortest
    }

    private func zeros(byteCount: Int) throws -> UnsafeMutableRawPointer {
        if let block, blockByteCount >= byteCount { return block }
        block.map(host.deallocate)
        block = nil
        let made = try host.allocate(byteCount: byteCount)
        made.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        (block, blockByteCount) = (made, byteCount)
        return made
    }
}

extension Duration {
    /// What all threads of this process have used so far.
    fileprivate static var processorTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

extension PrimitiveDescriptor {
    /// What a convolution reads and writes. Absent operands occupy no bytes.
    fileprivate var convolutionOperands: [(role: Int32, descriptor: MemoryDescriptor)] {
        [
            (DNNL_ARG_SRC, source), (DNNL_ARG_WEIGHTS, weights),
            (DNNL_ARG_BIAS, descriptor(dnnl_query_weights_md, 1)), (DNNL_ARG_DST, destination),
            (DNNL_ARG_SCRATCHPAD, descriptor(dnnl_query_scratchpad_md)),
        ]
    }
}
