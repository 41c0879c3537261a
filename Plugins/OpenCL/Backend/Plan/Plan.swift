import VireoPluginKit
import VireoTensor

/// What an executable does in one run: commands in order, on storages that are bound when a context is made or run.
struct Plan {
    var commands: [Command] = []
    var storages: [Storage] = []
    var inputs: [Binding] = []
    var outputs: [Binding] = []
}

/// A piece of device memory, by its position in `Plan.storages`.
struct StorageID: Hashable {
    let index: Int
}

enum Storage {
    /// The buffer given for a graph input.
    case input(Int)
    /// The buffer given or made for a graph output.
    case output(Int)
    case constant(CLMemory)
    /// Memory of the context's, shared with storages that are needed at other times.
    case temporary(byteCount: Int)
}

/// What the buffer of a graph input or output has to be.
struct Binding {
    let elementType: ElementType
    let shape: Shape
}

struct Command {
    enum Work {
        case kernel(String, [Argument], WorkSize)
        case copy(CopyRectangle, from: StorageID, to: StorageID)
    }

    let work: Work
    /// The graph's node that it is part of.
    let node: Int

    var name: String {
        switch work {
        case .kernel(let name, _, _): name
        case .copy: "copy"
        }
    }

    var storages: [StorageID] {
        switch work {
        case .kernel(_, let arguments, _):
            arguments.compactMap { if case .memory(let storage) = $0 { storage } else { nil } }
        case .copy(_, let source, let destination): [source, destination]
        }
    }
}

/// One argument of a kernel.
enum Argument {
    case memory(StorageID)
    /// A null pointer.
    case none
    case int(Int32)
    case float(Float)
    case int4(SIMD4<Int32>)
    case int8(SIMD8<Int32>)
    /// So many bytes of memory that a work-group shares.
    case local(byteCount: Int)

    static func int(_ value: Int) -> Argument { .int(Int32(clamping: value)) }
    /// Eight dimensions or strides.
    static func int8(_ values: [Int]) -> Argument { .int8(SIMD8(values.map { Int32(clamping: $0) })) }
    static func int4(_ values: [Int]) -> Argument { .int4(SIMD4(values.map { Int32(clamping: $0) })) }
    static func optional(_ storage: StorageID?) -> Argument { storage.map { .memory($0) } ?? .none }
}
