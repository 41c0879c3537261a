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

    /// Compiles the kernels of all steps, several at a time.
    /// - Parameter threads: how many threads run a kernel; they are part of what oneDNN knows a compiled kernel by.
    static func finish(_ drafts: [StepDraft], threads: Int) throws -> [Step] {
        var primitives = [Primitive?](repeating: nil, count: drafts.count)
        try primitives.withUnsafeMutableBufferPointer { primitives in
            nonisolated(unsafe) let primitives = primitives
            try concurrently(drafts.count) { index in
                guard case .kernel(let kernel) = drafts[index].work else { return }
                primitives[index] = try withThreads(threads) { try Primitive(kernel) }
            }
        }
        return zip(drafts, primitives).map { draft, primitive in
            Step(
                nodeName: draft.nodeName, opType: draft.opType, execType: draft.execType,
                work: draft.work(primitive), arguments: draft.arguments)
        }
    }

    private var execType: String {
        switch work {
        case .kernel(let kernel): kernel.nameWithPrecision + (note.map { " (\($0))" } ?? "")
        case .native(let kernel): kernel.name
        case .fill: "fill"
        }
    }

    private func work(_ primitive: Primitive?) -> Step.Work {
        switch work {
        case .kernel: .primitive(primitive!)
        case .native(let kernel): .native(kernel)
        case .fill(let buffer, let value): .fill(buffer: buffer, value: value)
        }
    }
}
