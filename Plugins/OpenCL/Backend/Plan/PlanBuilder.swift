import VireoPluginKit
import VireoTensor

/// Collects the commands of a graph while its operations are lowered one by one.
final class PlanBuilder {
    let graph: GraphView
    let session: DeviceSession
    let method: ConvolutionMethod
    var state = State()
    private var node = 0

    /// What lowering an operation changes.
    struct State {
        fileprivate(set) var plan = Plan()
        /// The storage of each value that is computed, given or constant so far.
        fileprivate var storageOf: [Int: StorageID] = [:]
    }

    var plan: Plan { state.plan }
    var device: Device { session.device }

    init(_ graph: GraphView, on session: DeviceSession, method: ConvolutionMethod) throws(VireoError) {
        self.graph = graph
        self.session = session
        self.method = method
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

    /// Where the elements of `value` are; uploads a constant when it is first read.
    func read(_ value: Int) throws -> StorageID {
        if let known = state.storageOf[value] { return known }
        let storage = try graph.values[value].withFloats { elements in
            guard let elements else {
                throw VireoError(.internalError, "value \(value) is read before it is computed")
            }
            return try constant(count: elements.count, of: Float.self) { memory in
                for index in elements.indices { memory[index] = elements[index] }
            }
        }
        state.storageOf[value] = storage
        return storage
    }

    /// New storage for `value`.
    func write(_ value: Int) throws(VireoError) -> StorageID {
        let storage = temporary(count: try graph.tensor(value).elementCount)
        state.storageOf[value] = storage
        return storage
    }

    /// Lets `value` be the same bytes as `source`.
    func alias(_ value: Int, of source: Int) throws { state.storageOf[value] = try read(source) }

    /// Scratch memory for `count` single-precision numbers.
    func temporary(count: Int) -> StorageID { add(.temporary(byteCount: count * MemoryLayout<Float>.stride)) }

    /// Constants that `fill` writes.
    func constant<Element: BitwiseCopyable>(
        count: Int, of type: Element.Type, _ fill: (inout MutableSpan<Element>) -> Void
    ) throws(VireoError) -> StorageID {
        add(.constant(try session.memory(count: count, of: type, fill)))
    }

    /// Constants from a list, followed by zeros up to a multiple of `multiple` elements.
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
            let storage = try read(value)
            if case .temporary = plan.storages[storage.index] {
                state.plan.storages[storage.index] = .output(index)
            } else {
                let byteCount = plan.outputs[index].shape.elementCount * MemoryLayout<Float>.stride
                let box = CopyRectangle(
                    rowByteCount: byteCount, rows: 1, sourcePitch: byteCount, destinationPitch: byteCount)
                node = graph.values[value].producer ?? 0
                copy(box, from: storage, to: add(.output(index)))
            }
        }
        return plan
    }
}
