import VireoPluginKit

/// A step before its kernel is compiled.
struct StepDraft {
    enum Work {
        case kernel(PrimitiveDescriptor)
        case native(any NativeKernel)
        case fill(buffer: Int, value: Float)
    }

    let nodeName: String
    let opType: String
    /// Why it is not computed as was wished.
    var note: String?
    let work: Work
    let arguments: [(role: Int32, place: Int)]

    /// Compiles the kernels of all steps, each once and several at a time.
    /// - Parameter threads: how many threads run a kernel; they are part of what oneDNN knows a compiled kernel by.
    static func finish(_ drafts: [StepDraft], threads: Int) throws -> [Step] {
        var kernels: [PrimitiveDescriptor] = []
        var places: [ObjectIdentifier: Int] = [:]
        for case .kernel(let kernel) in drafts.map(\.work) where places[ObjectIdentifier(kernel)] == nil {
            places[ObjectIdentifier(kernel)] = kernels.count
            kernels.append(kernel)
        }
        var primitives = [Primitive?](repeating: nil, count: kernels.count)
        try primitives.withUnsafeMutableBufferPointer { primitives in
            nonisolated(unsafe) let primitives = primitives
            try concurrently(kernels.count) { index in
                primitives[index] = try withThreads(threads) { try Primitive(kernels[index]) }
            }
        }
        let names = kernels.map(\.nameWithPrecision)
        return drafts.map { draft in
            let (name, work): (String, Step.Work)
            switch draft.work {
            case .kernel(let kernel):
                let place = places[ObjectIdentifier(kernel)]!
                (name, work) = (names[place], .primitive(primitives[place]!))
            case .native(let kernel): (name, work) = (kernel.name, .native(kernel))
            case .fill(let buffer, let value): (name, work) = ("fill", .fill(buffer: buffer, value: value))
            }
            return Step(
                nodeName: draft.nodeName, opType: draft.opType, execType: name + (draft.note.map { " (\($0))" } ?? ""),
                work: work, arguments: draft.arguments)
        }
    }
}
