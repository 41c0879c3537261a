import CDNNL
import VireoPluginKit
import VireoTensor

/// A plan in the making: where each value of the graph is by now, and the steps so far.
final class PlanBuilder {
    let graph: GraphView
    let target: PlanTarget
    var engine: Engine { target.engine }
    var options: PlanOptions { target.options }
    /// Which values kernels round as they compute them.
    let rounding: Rounding
    let quantizedConstants: QuantizedConstants
    private let constants: ConstantMemory
    private let packing = ConstantPacking()
    private var timer: KernelTimer?
    /// By everything that oneDNN was told of them: networks repeat themselves.
    private var kernels: [Fingerprint: PrimitiveDescriptor] = [:]
    var buffers: [Buffer] = []
    var steps: [StepDraft] = []
    var places: [Place] = []
    private var placesOfBuffer: [[Int]] = []
    /// Where each value was computed.
    private var homes: [Place?]
    /// Copies of a value in other layouts.
    private(set) var copies: [[Place]]
    /// The values that each buffer holds, or held, in its parts too.
    var residents: [[Int]] = []
    private(set) var isLowered: [Bool]
    private var absorbed: [NodeView] = []
    /// Nodes that the one reader of their result will compute, by that value.
    private var postponed: [Int: NodeView] = [:]
    private var scratchpad: Int?
    private var current: NodeView?
    /// Why the current node is not computed as was wished.
    var note: String?

    /// Lowers every node of `graph`.
    static func plan(_ graph: GraphView, for target: PlanTarget) throws -> Plan {
        try withThreads(target.threads) { try lower(graph, for: target) }
    }

    private static func lower(_ graph: GraphView, for target: PlanTarget) throws -> Plan {
        let builder = try PlanBuilder(graph, target)
        for node in builder.graph.orderForSums(builder.rounding) where !builder.isLowered[node.index] {
            builder.current = node
            builder.note = nil
            builder.isLowered[node.index] = true
            try withContext("node \"\(node.name)\" (\(node.opType))") {
                try lowering(of: node, in: builder.graph).lower(node, into: builder)
            }
        }
        return try builder.finish()
    }

    private init(_ given: GraphView, _ target: PlanTarget) throws {
        self.target = target
        constants = ConstantMemory(host: target.host, cached: target.cache?.file)
        quantizedConstants = try QuantizedConstants(folding: given, into: constants)
        graph = quantizedConstants.graph
        absorbed = quantizedConstants.folded
        rounding = target.options.usesIntegers ? Rounding(in: graph) : .none
        homes = [Place?](repeating: nil, count: graph.values.count)
        copies = [[Place]](repeating: [], count: graph.values.count)
        isLowered = [Bool](repeating: false, count: graph.nodes.count)
        for (index, value) in graph.inputs.enumerated() {
            try withContext("graph input \(index)") {
                let extents = try dimensions(of: graph.values[value], [.f32, .u8, .i8])
                let descriptor = try MemoryDescriptor(rowMajor: extents, DataType(graph.values[value].elementType))
                define(value, at: makePlace(descriptor, .input(index)))
            }
        }
    }

    // MARK: - Where values are

    /// Whether `value` is computed by the steps so far.
    func isPlaced(_ value: Int) -> Bool { homes[value] != nil }

    /// The place of a value as it was computed, integers included.
    func stored(_ value: Int) throws -> Place {
        guard value >= 0 else { throw VireoError(.unsupported, "an input that is left out") }
        if let home = homes[value] { return home }
        guard let elements = graph.values[value].constant, let dimensions = graph.values[value].dimensions else {
            throw VireoError(.internalError, "value \(value) is used before it is computed")
        }
        let descriptor = try MemoryDescriptor(rowMajor: dimensions)
        let home: Place
        if graph.values[value].elementType == .f32, let base = elements.baseAddress {
            home = makePlace(descriptor, .constant(UnsafeMutableRawPointer(mutating: base)), origin: value)
        } else if let floats = graph.values[value].floats {
            home = try constant(floats, descriptor)
        } else {
            throw VireoError(.unsupported, "a constant of \(graph.values[value].elementType)")
        }
        define(value, at: home)
        return home
    }

    /// The value in the layout `wanted`; reordered unless it is there already.
    func place(of value: Int, as wanted: MemoryDescriptor) throws -> Place {
        if try stored(value).grid?.isPerTensor == true, wanted.type == .f32, copies[value].isEmpty {
            // Converted and brought into the layout at once.
            let copy = try converted(stored(value), to: wanted, on: nil)
            keep(copy, of: value)
            return copy
        }
        let home = try place(of: value)
        for place in [home] + copies[value] where place.descriptor.matches(wanted) {
            return Place(buffer: place.buffer, descriptor: wanted)
        }
        let copy = try copied(home, to: wanted)
        keep(copy, of: value)
        return copy
    }

    /// Says that `copy` holds what `value` is, as long as nobody overwrites it.
    func keep(_ copy: Place, of value: Int) {
        copies[value].append(copy)
        residents[root(of: copy.buffer)].append(value)
    }

    /// A copy of a tensor in a buffer of its own. A constant is copied at the end of the compilation, anything else
    /// when the plan runs.
    func copied(_ source: Place, to wanted: MemoryDescriptor) throws -> Place {
        switch buffers[source.buffer].storage {
        case .constant(let memory):
            return packed(.memory(memory), source.descriptor, origin: buffers[source.buffer].origin, to: wanted)
        case .packed(let offset): return packed(.block(offset), source.descriptor, origin: nil, to: wanted)
        default: break
        }
        let copy = makeBuffer(wanted)
        if let kernel = PlaneInterleaving(from: source.descriptor, to: wanted) {
            emit(kernel, [source, copy], opType: "Reorder")
            return copy
        }
        let kernel = try PrimitiveDescriptor.reorder(from: source.descriptor, to: wanted, on: engine)
        try emit(kernel, [(DNNL_ARG_FROM, source), (DNNL_ARG_TO, copy)], opType: "Reorder")
        return copy
    }

    private func packed(
        _ memory: ConstantPacking.Block.Source, _ from: MemoryDescriptor, origin: Int?, to wanted: MemoryDescriptor
    ) -> Place {
        let key = origin.flatMap { target.cache?.key(ofConstant: $0, in: graph, from, wanted) }
        if let key, let known = target.cache?.block(key, of: wanted.byteCount) {
            return makePlace(wanted, .constant(UnsafeMutableRawPointer(mutating: known)))
        }
        return makePlace(
            wanted,
            .packed(offset: packing.add(memory, from, to: wanted, origin: origin, key: key)))
    }

    /// What `make` computes of the graph's constant `origin`, in the layout `wanted`. It is not computed where an
    /// earlier process left it in the cache.
    /// - Parameters:
    ///   - what: its extents in row-major order, which tell what is computed.
    ///   - make: called from any thread at the end of the compilation, with the memory to fill.
    func constant(
        of what: MemoryDescriptor, to wanted: MemoryDescriptor, origin: Int,
        _ make: @escaping (UnsafeMutablePointer<Float>) -> Void
    ) -> Place { packed(.made(make), what, origin: origin, to: wanted) }

    /// The same, computed in the layout `made` and then brought into the one that is wanted.
    func constant(
        computedAs made: MemoryDescriptor, to wanted: MemoryDescriptor, origin: Int,
        _ compute: @escaping (UnsafeMutablePointer<Float>) -> Void
    ) -> Place { packed(.computed(compute), made, origin: origin, to: wanted) }

    /// The elements of a constant of the graph, as its place holds them. They are there until the compilation ends.
    func elements(ofConstant place: Place) throws -> UnsafePointer<Float> {
        guard case .constant(let memory) = buffers[place.buffer].storage else {
            throw VireoError(.internalError, "a constant that is not in memory")
        }
        return UnsafePointer(memory.assumingMemoryBound(to: Float.self))
    }

    /// A constant with these elements in row-major order.
    func constant(_ elements: [Float], _ descriptor: MemoryDescriptor) throws -> Place {
        try copied(elements, descriptor)
    }

    /// A constant of integers, in the order that the descriptor says.
    func integerConstant(_ elements: [Int8], _ descriptor: MemoryDescriptor) throws -> Place {
        try copied(elements, descriptor)
    }

    private func copied<Element: BitwiseCopyable>(_ elements: [Element], _ descriptor: MemoryDescriptor) throws -> Place
    {
        precondition(descriptor.byteCount == elements.count * MemoryLayout<Element>.stride)
        let memory = try constants.allocate(byteCount: descriptor.byteCount)
        elements.withUnsafeBytes { source in
            if let base = source.baseAddress { memory.copyMemory(from: base, byteCount: source.count) }
        }
        return makePlace(descriptor, .constant(memory))
    }

    /// Uninitialised memory for a result.
    func makeBuffer(_ descriptor: MemoryDescriptor) -> Place { makePlace(descriptor, .arena(offset: 0)) }

    /// Says that `value` is at `place` from now on.
    func define(_ value: Int, at place: Place) {
        homes[value] = place
        residents[root(of: place.buffer)].append(value)
    }

    /// Whether a buffer may be overwritten once `nodes` have run: nobody else reads what it holds.
    func isFree(_ place: Place, after nodes: [NodeView]) -> Bool {
        let root = root(of: place.buffer)
        guard case .arena = buffers[root].storage else { return false }
        return residents[root].allSatisfy { value in
            !graph.values[value].isGraphOutput
                && graph.values[value].consumers.allSatisfy { consumer in
                    isLowered[consumer] || nodes.contains { $0.index == consumer }
                }
        }
    }

    /// The fastest of several ways to compute a convolution, by its name: the one known for the problem, or the one
    /// that measuring finds.
    /// - Parameters:
    ///   - problem: everything that the choice may depend on, beside the processor and the number of threads.
    ///   - ways: from the one that is taken unless another is clearly faster.
    func fastest(
        of ways: [(name: String, make: () throws -> PrimitiveDescriptor?)], for problem: String
    ) throws -> (name: String, kernel: PrimitiveDescriptor)? {
        let problem = "\(problem) threads \(target.threads)"
        if let known = MeasuredChoices.shared[problem], let way = ways.first(where: { $0.name == known }),
            let kernel = try way.make()
        {
            return (known, kernel)
        }
        let candidates = try ways.compactMap { way in try way.make().map { (name: way.name, kernel: $0) } }
        guard candidates.count > 1 else { return candidates.first }
        let timer = try self.timer ?? KernelTimer(target)
        self.timer = timer
        let winner = candidates[try timer.fastest(of: candidates.map(\.kernel))]
        MeasuredChoices.shared[problem] = winner.name
        return winner
    }

    // MARK: - Steps

    /// Says that `nodes` need no steps of their own: the current node's compute them, or their results are views.
    func absorb(_ nodes: [NodeView]) {
        for node in nodes { isLowered[node.index] = true }
        absorbed += nodes
    }

    /// Leaves a node to the one reader of its result. Until that is lowered nobody overwrites what the node reads.
    func postpone(_ node: NodeView) {
        postponed[node.outputs[0]] = node
        isLowered[node.index] = false
    }

    /// The node that computes `value`, which was left to its reader.
    func postponed(_ value: Int) -> NodeView? { postponed[value] }

    func emit(_ kernel: PrimitiveDescriptor, _ arguments: [(Int32, Place)], opType: String? = nil) throws {
        var arguments = arguments
        if let scratch = kernel.scratchpad {
            let buffer = scratchpad ?? makePlace(scratch, .scratchpad).buffer
            scratchpad = buffer
            buffers[buffer].byteCount = max(buffers[buffer].byteCount, scratch.byteCount)
            arguments.append((DNNL_ARG_SCRATCHPAD, Place(buffer: buffer, descriptor: scratch)))
        }
        steps.append(
            StepDraft(
                nodeName: current?.name ?? "result", opType: opType ?? current?.opType ?? "Reorder",
                note: opType == nil ? note : nil, work: .kernel(kernel),
                arguments: arguments.map { (role: $0, place: intern($1)) }))
    }

    /// The kernel for an operation that a `dnnl_*_desc_init` function described; one for all operations that are alike.
    func kernel<Operation>(_ operation: Operation, _ after: [PostOperation]) throws -> PrimitiveDescriptor {
        let key = Fingerprint(of: [withUnsafeBytes(of: operation) { Fingerprint(of: $0) }] + after.map(\.fingerprint))
        if let known = kernels[key] { return known }
        let kernel = try PrimitiveDescriptor(operation, after, on: engine)
        kernels[key] = kernel
        return kernel
    }

    /// Adds a step of one of the plugin's own kernels, which reads and writes f32 at `places`.
    func emit(_ kernel: any NativeKernel, _ places: [Place], opType: String? = nil) {
        steps.append(
            StepDraft(
                nodeName: current?.name ?? "", opType: opType ?? current?.opType ?? "",
                note: opType == nil ? note : nil, work: .native(kernel),
                arguments: places.enumerated().map { (role: Int32($0), place: intern($1)) }))
    }

    func emitFill(_ place: Place, with value: Float) {
        steps.append(
            StepDraft(
                nodeName: current?.name ?? "", opType: current?.opType ?? "",
                work: .fill(buffer: place.buffer, value: value), arguments: []))
    }

    // MARK: - The end

    private func finish() throws -> Plan {
        current = nil
        let outputs = try graph.outputs.enumerated().map { index, value in
            try withContext("graph output \(index)") { try finishOutput(index, value) }
        }
        let byteCount = placeInArena()
        // The memory that measuring took is free for the constants.
        timer = nil
        let packed = try pack()
        return Plan(
            engine: engine, steps: try StepDraft.finish(steps, threads: target.threads), places: places,
            buffers: buffers, arenaByteCount: byteCount, inputs: try graph.inputs.map { try port($0) },
            outputs: outputs, absorbed: absorbed, constants: constants, packed: packed)
    }

    /// Fills the packed constants, and lets go of what they came from unless a step reads that too.
    private func pack() throws -> UnsafeMutableRawPointer {
        let packed = try constants.allocate(byteCount: packing.byteCount)
        let read = Set(steps.flatMap(\.arguments).compactMap { buffers[places[$0.place].buffer].origin })
        try packing.fill(packed, on: engine) { origin in
            if !read.contains(origin) { graph.unload(constant: origin) }
        }
        target.cache?.remember(packing.blocks, in: packed)
        let addresses = steps.flatMap(\.arguments).compactMap { argument -> UnsafeMutableRawPointer? in
            if case .constant(let memory) = buffers[places[argument.place].buffer].storage { memory } else { nil }
        }
        constants.keep(only: Set(addresses + [packed]))
        return packed
    }

    /// Makes the step that computes a value write it to the output's own memory, or adds a step that copies it there.
    private func finishOutput(_ index: Int, _ value: Int) throws -> Plan.Port {
        let port = try port(value)
        let home = try place(of: value)
        if case .arena = buffers[home.buffer].storage, home.descriptor.isRowMajor, home.descriptor.offset == 0,
            buffers[home.buffer].byteCount == port.byteCount
        {
            buffers[home.buffer].storage = .output(index, byteOffset: 0)
        } else {
            let plain = try MemoryDescriptor(rowMajor: home.descriptor.dimensions)
            let result = makePlace(plain, .output(index, byteOffset: 0))
            let kernel = try PrimitiveDescriptor.reorder(from: home.descriptor, to: plain, on: engine)
            try emit(kernel, [(DNNL_ARG_FROM, home), (DNNL_ARG_TO, result)])
        }
        return port
    }

    private func port(_ value: Int) throws -> Plan.Port {
        let type = graph.values[value].elementType
        let shape = Shape(try dimensions(of: graph.values[value], [.f32, .u8, .i8]))
        return Plan.Port(
            elementType: type, shape: shape,
            byteCount: shape.elementCount * (type == .f32 ? MemoryLayout<Float>.stride : 1))
    }

    private func placeInArena() -> Int {
        var lifetimes = [ClosedRange<Int>?](repeating: nil, count: buffers.count)
        for (index, step) in steps.enumerated() {
            var used = step.arguments.map { places[$0.place].buffer }
            if case .fill(let buffer, _) = step.work { used.append(buffer) }
            for buffer in used.map(root) { lifetimes[buffer] = (lifetimes[buffer]?.lowerBound ?? index)...index }
        }
        let inArena = buffers.indices.filter {
            if case .arena = buffers[$0].storage { lifetimes[$0] != nil } else { false }
        }
        let arena = ArenaPlan(
            inArena.map {
                let lifetime = lifetimes[$0]!
                return .init(
                    byteCount: buffers[$0].byteCount, first: lifetime.lowerBound, last: lifetime.upperBound)
            })
        for (buffer, offset) in zip(inArena, arena.offsets) { buffers[buffer].storage = .arena(offset: offset) }
        placeParts()
        return arena.byteCount
    }

    private func makePlace(
        _ descriptor: MemoryDescriptor, _ storage: Buffer.Storage, origin: Int? = nil
    ) -> Place {
        buffers.append(Buffer(storage: storage, byteCount: descriptor.byteCount, origin: origin))
        residents.append([])
        placesOfBuffer.append([])
        return Place(buffer: buffers.count - 1, descriptor: descriptor)
    }

    private func intern(_ place: Place) -> Int {
        if let known = placesOfBuffer[place.buffer].first(where: { places[$0].descriptor == place.descriptor }) {
            return known
        }
        places.append(place)
        placesOfBuffer[place.buffer].append(places.count - 1)
        return places.count - 1
    }
}
