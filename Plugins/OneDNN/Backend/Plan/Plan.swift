import CDNNL
import VireoPluginKit
import VireoTensor

/// Memory that holds tensors while a plan runs.
struct Buffer {
    enum Storage {
        /// Part of the context's arena, from this byte on.
        case arena(offset: Int)
        /// The context's scratch memory, shared by all steps.
        case scratchpad
        /// A buffer given to `execute`.
        case input(Int)
        case output(Int)
        /// Weights, which the executable owns or the host maps.
        case constant(UnsafeMutableRawPointer)
    }

    var storage: Storage
    var byteCount: Int
}

/// Where a tensor is: a buffer, and the layout in it.
struct Place {
    let buffer: Int
    let descriptor: MemoryDescriptor
}

/// One kernel call.
struct Step {
    enum Work {
        case primitive(Primitive)
        /// Sets every element of a buffer, what fills up blocks included.
        case fill(buffer: Int, value: Float)
    }

    let nodeName: String
    let opType: String
    let execType: String
    let work: Work
    /// What each `DNNL_ARG_*` is: an index into the plan's places.
    let arguments: [(role: Int32, place: Int)]
}

/// A graph as the kernel calls that compute it, in order. Immutable; its contexts share it.
struct Plan: @unchecked Sendable {
    struct Port {
        let shape: Shape
        let byteCount: Int
    }

    let engine: Engine
    let steps: [Step]
    let places: [Place]
    let buffers: [Buffer]
    let arenaByteCount: Int
    let inputs: [Port]
    let outputs: [Port]
    /// Nodes that run inside another's step, or need none.
    let absorbed: [NodeView]
    let constants: ConstantMemory
}

/// Memory that lives as long as an executable.
final class ConstantMemory: @unchecked Sendable {
    private let host: Host
    private var blocks: [UnsafeMutableRawPointer] = []

    init(host: Host) { self.host = host }

    func allocate(byteCount: Int) throws(VireoError) -> UnsafeMutableRawPointer {
        let block = try host.allocate(byteCount: max(byteCount, 1))
        blocks.append(block)
        return block
    }

    deinit { blocks.forEach(host.deallocate) }
}
