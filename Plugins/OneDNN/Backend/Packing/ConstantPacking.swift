import CDNNL
import Synchronization
import VireoPluginKit
import VireoTensor

/// The constants that kernels read in other layouts than the graph has them in. They are collected while a plan is
/// made, and filled at its end, by all processors at once.
final class ConstantPacking {
    struct Block {
        enum Source {
            case memory(UnsafeRawPointer)
            /// Numbers that are computed, in the layout `to`.
            case made((UnsafeMutablePointer<Float>) -> Void)
            /// Numbers that are computed in the layout `from`, and then brought into the other.
            case computed((UnsafeMutablePointer<Float>) -> Void)
            /// What another block holds, which begins at this offset.
            case block(Int)
        }

        let source: Source
        let from: MemoryDescriptor
        let to: MemoryDescriptor
        /// The graph's constant that it comes from, and what the block is called in the cache.
        let origin: Int?
        let key: Fingerprint?
        let offset: Int
    }

    private(set) var blocks: [Block] = []
    /// The size of the memory that holds them all.
    private(set) var byteCount = 0

    /// - Returns: where in the common memory the block will be.
    func add(
        _ source: Block.Source, _ from: MemoryDescriptor, to wanted: MemoryDescriptor, origin: Int?, key: Fingerprint?
    ) -> Int {
        let offset = byteCount
        blocks.append(Block(source: source, from: from, to: wanted, origin: origin, key: key, offset: offset))
        byteCount = (offset + wanted.byteCount + 63) / 64 * 64
        return offset
    }

    /// What a constant in another layout is called in the cache.
    static func key(_ constant: Fingerprint, _ from: MemoryDescriptor, _ to: MemoryDescriptor) -> Fingerprint {
        func fingerprint(_ descriptor: MemoryDescriptor) -> Fingerprint {
            withUnsafeBytes(of: descriptor.raw) { Fingerprint(of: $0) }
        }
        return Fingerprint(of: [constant, fingerprint(from), fingerprint(to)])
    }

    /// Fills every block.
    /// - Parameters:
    ///   - memory: `byteCount` bytes.
    ///   - isPacked: called with the origin of each block once it is filled, from any thread.
    func fill(_ memory: UnsafeMutableRawPointer, on engine: Engine, isPacked: (_ origin: Int) -> Void) throws {
        let largestFirst = blocks.sorted { $0.to.byteCount > $1.to.byteCount }
        let independent = largestFirst.filter { if case .block = $0.source { false } else { true } }
        try concurrently(independent.count) { index in
            try fill(independent[index], memory, engine)
            independent[index].origin.map(isPacked)
        }
        for block in blocks {
            if case .block = block.source { try fill(block, memory, engine) }
        }
    }

    private func fill(_ block: Block, _ memory: UnsafeMutableRawPointer, _ engine: Engine) throws {
        switch block.source {
        case .memory(let pointer): try fill(block, from: pointer, memory, engine)
        case .block(let offset): try fill(block, from: memory + offset, memory, engine)
        case .made(let make):
            let byteCount = block.to.byteCount
            make((memory + block.offset).bindMemory(to: Float.self, capacity: byteCount / MemoryLayout<Float>.stride))
        case .computed(let compute):
            try withUnsafeTemporaryAllocation(byteCount: block.from.byteCount, alignment: 64) { elements in
                guard let elements = elements.baseAddress else { return }
                compute(
                    elements.bindMemory(to: Float.self, capacity: block.from.byteCount / MemoryLayout<Float>.stride))
                try fill(block, from: elements, memory, engine)
            }
        }
    }

    private func fill(
        _ block: Block, from source: UnsafeRawPointer, _ memory: UnsafeMutableRawPointer, _ engine: Engine
    ) throws {
        if let winograd = WinogradPacking(from: block.from, to: block.to) {
            winograd.pack(source, into: memory + block.offset)
        } else if let blocked = BlockedPacking(from: block.from, to: block.to) {
            blocked.pack(source, into: memory + block.offset)
        } else {
            try withThreads(1) {
                guard let rounding = DiffusedRounding(from: block.from, to: block.to) else {
                    return try reorder(source, block.from, memory + block.offset, block.to, engine)
                }
                let rounded = block.from.with(.bf16)
                try withUnsafeTemporaryAllocation(byteCount: rounded.byteCount, alignment: 64) { halves in
                    guard let halves = halves.baseAddress else { return }
                    rounding.round(source, into: halves)
                    try reorder(halves, rounded, memory + block.offset, block.to, engine)
                }
            }
        }
    }
}

/// Copies a tensor into another layout, now and on the calling thread.
private func reorder(
    _ source: UnsafeRawPointer, _ from: MemoryDescriptor, _ destination: UnsafeMutableRawPointer,
    _ to: MemoryDescriptor, _ engine: Engine
) throws {
    let kernel = try PrimitiveDescriptor.reorder(from: from, to: to, on: engine)
    let stream = try Stream(engine)
    let memories = [
        try Memory(from, UnsafeMutableRawPointer(mutating: source), engine), try Memory(to, destination, engine),
    ]
    var arguments = [
        dnnl_exec_arg_t(arg: DNNL_ARG_FROM, memory: memories[0].handle),
        dnnl_exec_arg_t(arg: DNNL_ARG_TO, memory: memories[1].handle),
    ]
    let primitive = try Primitive(kernel)
    try withUnsafeTemporaryAllocation(byteCount: max(kernel.scratchpad?.byteCount ?? 0, 1), alignment: 64) { scratch in
        let scratchpad = try kernel.scratchpad.map { try Memory($0, scratch.baseAddress, engine) }
        if let scratchpad { arguments.append(dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: scratchpad.handle)) }
        try arguments.withUnsafeBufferPointer { try primitive.execute($0, on: stream) }
        try stream.wait()
    }
    withExtendedLifetime(memories) {}
}

/// Calls `body` with each index below `count`, on all processors at once.
/// - Throws: one of the errors, when all calls have ended.
func concurrently(_ count: Int, _ body: (Int) throws -> Void) throws {
    let failure = Mutex<(any Error)?>(nil)
    ThreadTeam.shared.forEach(count, threads: ThreadTeam.shared.count) { index, _ in
        do {
            try body(index)
        } catch {
            failure.withLock { $0 = error }
        }
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
}
