import VireoPluginKit
import VireoTensor

/// Collects the commands of a graph while its operations are lowered one by one.
final class PlanBuilder {
    let graph: GraphView
    let session: DeviceSession
    let options: PlanOptions
    let form: KernelForm
    /// Every kernel, compiled for `form`.
    let program: CLProgram
    var state = State()
    private var node = 0
    /// Constants that the ways of one problem have in common.
    private var shared: [String: CLMemory] = [:]

    /// What lowering an operation changes.
    struct State {
        fileprivate(set) var plan = Plan()
        /// The storage of each value that is computed, given or constant so far.
        fileprivate var storageOf: [Int: StorageID] = [:]
    }

    var plan: Plan { state.plan }
    var device: Device { session.device }
    var lanes: Int { form.lanes }
    /// Bytes of a number in a tensor.
    var elementByteCount: Int { form.precision.byteCount }

    init(
        _ graph: GraphView, on session: DeviceSession, _ options: PlanOptions, _ form: KernelForm, _ program: CLProgram
    ) throws(VireoError) {
        self.graph = graph
        self.session = session
        self.options = options
        self.form = form
        self.program = program
        for (index, value) in graph.inputs.enumerated() {
            state.storageOf[value] = add(.input(index))
            state.plan.inputs.append(try binding(value, "input \(index)"))
        }
        for (index, value) in graph.outputs.enumerated() {
            state.plan.outputs.append(try binding(value, "output \(index)"))
        }
    }

    private func binding(_ value: Int, _ what: String) throws(VireoError) -> Binding {
        guard let shape = graph.values[value].shape.shape else {
            throw VireoError(
                .unsupported, "\(what) of the graph has the shape \(graph.values[value].shape), which is not static",
                remedy: "give the model static shapes before it is compiled")
        }
        return Binding(elementType: graph.values[value].elementType, shape: shape)
    }

    private func add(_ storage: Storage) -> StorageID {
        state.plan.storages.append(storage)
        return StorageID(index: plan.storages.count - 1)
    }

    /// Commands from now on belong to `node`.
    func begin(_ node: NodeView) { self.node = node.index }

    // MARK: - Storage

    /// Where the elements of `value` are; uploads a constant, or brings an input into f16, when it is first read.
    func read(_ value: Int) throws -> StorageID {
        let known = state.storageOf[value]
        if let known, !isWide(known) { return known }
        let storage = try known.map { try narrowed($0, count: graph.tensor(value).elementCount) } ?? uploaded(value)
        state.storageOf[value] = storage
        return storage
    }

    /// Whether it holds f32 where the kernels have f16: the buffer of a graph input.
    private func isWide(_ storage: StorageID) -> Bool {
        if form.precision == .f16, case .input = plan.storages[storage.index] { true } else { false }
    }

    private func narrowed(_ source: StorageID, count: Int) -> StorageID {
        let storage = temporary(count: count)
        run("narrow", [.memory(source), .memory(storage), .int(count)], .vectors(count, of: lanes))
        return storage
    }

    private func uploaded(_ value: Int) throws -> StorageID {
        try graph.values[value].withFloats { elements in
            guard let elements else {
                throw VireoError(.internalError, "value \(value) is read before it is computed")
            }
            return try weights(count: elements.count) { memory in
                for index in elements.indices { memory[index] = elements[index] }
            }
        }
    }

    /// New storage for `value`.
    func write(_ value: Int) throws(VireoError) -> StorageID {
        let storage = temporary(count: try graph.tensor(value).elementCount)
        state.storageOf[value] = storage
        return storage
    }

    /// Lets `value` be the same bytes as `source`.
    func alias(_ value: Int, of source: Int) throws { state.storageOf[value] = try read(source) }

    /// Scratch memory for `count` numbers of a tensor.
    func temporary(count: Int) -> StorageID { add(.temporary(byteCount: count * elementByteCount)) }

    /// Numbers that `fill` writes, stored as tensors are.
    /// - Parameter key: what else asks for the same numbers while the ways of one problem are tried; nil for nothing.
    func weights(
        count: Int, sharedAs key: String? = nil, _ fill: (inout MutableSpan<Float>) -> Void
    ) throws(VireoError) -> StorageID {
        if let key, let known = shared[key] { return add(.constant(known)) }
        var memory = try session.memory(count: count, of: Float.self, fill)
        if form.precision == .f16 {
            memory = try session.narrowed(memory, count: count, by: program, lanes: lanes)
        }
        if let key { shared[key] = memory }
        return add(.constant(memory))
    }

    /// Says that the ways of a problem were tried.
    func forgetShared() { shared.removeAll() }

    /// Constants of any type that `fill` writes.
    func constant<Element: BitwiseCopyable>(
        count: Int, of type: Element.Type, _ fill: (inout MutableSpan<Element>) -> Void
    ) throws(VireoError) -> StorageID {
        add(.constant(try session.memory(count: count, of: type, fill)))
    }

    /// Constants in f32 from a list, followed by zeros up to a multiple of `multiple` elements.
    func constant(_ values: [Float], paddedTo multiple: Int = 1) throws(VireoError) -> StorageID {
        let count = (values.count + multiple - 1) / multiple * multiple
        return try constant(count: count, of: Float.self) { memory in
            for index in 0..<count { memory[index] = index < values.count ? values[index] : 0 }
        }
    }

    // MARK: - Commands

    func run(_ kernel: String, _ arguments: [Argument], _ size: WorkSize) {
        state.plan.commands.append(Command(work: .kernel(kernel, arguments, size), node: node))
    }

    func copy(_ box: CopyRectangle, from source: StorageID, to destination: StorageID) {
        state.plan.commands.append(Command(work: .copy(box, from: source, to: destination), node: node))
    }

    /// The plan, with its results in the graph's outputs.
    func finish() throws -> Plan {
        for (index, value) in graph.outputs.enumerated() {
            node = graph.values[value].producer ?? 0
            let storage = try read(value)
            if form.precision == .f16 {
                let count = plan.outputs[index].shape.elementCount
                let output = add(.output(index))
                run("widen", [.memory(storage), .memory(output), .int(count)], .vectors(count, of: lanes))
            } else if case .temporary = plan.storages[storage.index] {
                state.plan.storages[storage.index] = .output(index)
            } else {
                let byteCount = plan.outputs[index].shape.elementCount * MemoryLayout<Float>.stride
                let box = CopyRectangle(
                    rowByteCount: byteCount, rows: 1, sourcePitch: byteCount, destinationPitch: byteCount)
                copy(box, from: storage, to: add(.output(index)))
            }
        }
        return plan
    }
}
