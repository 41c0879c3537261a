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
        case output(Int, byteOffset: Int)
        /// A constant, which the executable owns or a file holds.
        case constant(UnsafeMutableRawPointer)
        /// Part of the plan's packed constants, from this byte on.
        case packed(offset: Int)
        /// Part of another buffer, from this byte on, while the plan is made.
        case part(of: Int, byteOffset: Int)
    }

    var storage: Storage
    var byteCount: Int
    /// The graph's constant that the buffer holds.
    var origin: Int?
}

/// Where a tensor is: a buffer, and the layout in it.
struct Place {
    let buffer: Int
    let descriptor: MemoryDescriptor
    /// What the integers there stand for; nil where there are real numbers.
    var grid: Grid?
}

/// One kernel call.
struct Step {
    enum Work {
        case primitive(Primitive)
        case native(any NativeKernel)
        /// Sets every element of a buffer, what fills up blocks included.
        case fill(buffer: Int, value: Float)
    }

    let nodeName: String
    let opType: String
    let execType: String
    let work: Work
    /// What each `DNNL_ARG_*`, or each operand of a native kernel, is: an index into the plan's places.
    let arguments: [(role: Int32, place: Int)]
}

/// A graph as the kernel calls that compute it, in order. Immutable; its contexts share it.
struct Plan: @unchecked Sendable {
    struct Port {
        let elementType: ElementType
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
    /// The constants that were packed for this plan.
    let packed: UnsafeMutableRawPointer
}
