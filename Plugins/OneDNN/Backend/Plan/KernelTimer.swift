import CDNNL
import Glibc
import VireoPluginKit
import VireoTensor

/// Measures how long convolutions keep this machine's processors busy, which other processes disturb less than the time
/// on the clock.
final class KernelTimer {
    private let engine: Engine
    private let stream: Stream
    private let host: Host
    /// Zeros, or what kernels made of them: no numbers that would slow a kernel down.
    private var block: UnsafeMutableRawPointer?
    private var blockByteCount = 0

    init(_ target: PlanTarget) throws {
        engine = target.engine
        host = target.host
        stream = try Stream(engine)
    }

    deinit { block.map(host.deallocate) }

    /// The index of the fastest kernel. Another than the first must win by a tenth, which pays for changes of layout.
    func fastest(of kernels: [PrimitiveDescriptor]) throws -> Int {
        try makeRoom(for: kernels)
        let runs = try kernels.map { try preparation(of: $0) }
        var shortest = [Duration](repeating: .seconds(1 << 30), count: kernels.count)
        for round in 0..<4 {
            for (index, run) in runs.enumerated() {
                let time = try self.time(run)
                // The first run meets cold memory.
                if round > 0 || time > .milliseconds(20) { shortest[index] = min(shortest[index], time) }
            }
            let order = shortest.sorted()
            if round > 0, order[0] * 1.4 < order[1] { break }
        }
        return shortest.indices.dropFirst().reduce(0) { best, index in
            let needed = best == 0 ? shortest[index] * 1.1 : shortest[index]
            return needed < shortest[best] ? index : best
        }
    }

    private struct Preparation {
        let primitive: Primitive
        let memories: [Memory]
        let arguments: [dnnl_exec_arg_t]
    }

    private func preparation(of kernel: PrimitiveDescriptor) throws -> Preparation {
        let operands = kernel.convolutionOperands
        var offset = 0
        let memories = try operands.map { operand in
            defer { offset += operand.alignedByteCount }
            return try Memory(operand.descriptor, block.map { $0 + offset }, engine)
        }
        return Preparation(
            primitive: try Primitive(kernel), memories: memories,
            arguments: zip(operands, memories).map { dnnl_exec_arg_t(arg: $0.role, memory: $1.handle) })
    }

    private func time(_ run: Preparation) throws -> Duration {
        let start = Duration.processorTime
        try run.arguments.withUnsafeBufferPointer { try run.primitive.execute($0, on: stream) }
        try stream.wait()
        return Duration.processorTime - start
    }

    private func makeRoom(for kernels: [PrimitiveDescriptor]) throws {
        let byteCount = kernels.map { $0.convolutionOperands.reduce(0) { $0 + $1.alignedByteCount } }.max() ?? 0
        guard byteCount > blockByteCount else { return }
        block.map(host.deallocate)
        (block, blockByteCount) = (nil, 0)
        let made = try host.allocate(byteCount: max(byteCount, 1))
        made.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        (block, blockByteCount) = (made, byteCount)
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
    fileprivate struct Operand {
        let role: Int32
        let descriptor: MemoryDescriptor

        var alignedByteCount: Int { (descriptor.byteCount + 63) / 64 * 64 }
    }

    /// What a convolution reads and writes.
    fileprivate var convolutionOperands: [Operand] {
        [
            Operand(role: DNNL_ARG_SRC, descriptor: source), Operand(role: DNNL_ARG_WEIGHTS, descriptor: weights),
            Operand(role: DNNL_ARG_BIAS, descriptor: descriptor(dnnl_query_weights_md, 1)),
            Operand(role: DNNL_ARG_DST, descriptor: destination),
            Operand(role: DNNL_ARG_SCRATCHPAD, descriptor: descriptor(dnnl_query_scratchpad_md)),
        ].filter { $0.descriptor.byteCount > 0 }
    }
}
