import CDNNL
import VireoPluginKit
import VireoTensor

/// What a plan is made for, beside its graph.
struct PlanTarget {
    let engine: Engine
    let host: Host
    /// How many threads run a kernel.
    let threads: Int
    var options = PlanOptions()
    /// What earlier compilations left.
    var cache: PlanCache?
}

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
    private var buffers: [Buffer] = []
    private var steps: [StepDraft] = []
    private var places: [Place] = []
    private var placesOfBuffer: [[Int]] = []
    /// Where each value was computed.
    private var homes: [Place?]
    /// Copies of a value in other layouts.
    private(set) var copies: [[Place]]
    /// The values that each buffer holds, or held.
    private var residents: [[Int]] = []
    private var isLowered: [Bool]
    private var absorbed: [NodeView] = []
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
                let dimensions = try singlePrecisionDimensions(graph.values[value])
                let descriptor = try MemoryDescriptor(rowMajor: dimensions)
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
        residents[copy.buffer].append(value)
    }

    func rowMajor(_ value: Int) throws -> Place {
        let home = try place(of: value)
        return try place(of: value, as: MemoryDescriptor(rowMajor: home.descriptor.dimensions))
    }

    /// The place of a value, with the kernel for its layout; row-major where that has a kernel and the layout has none.
    /// - Parameter type: f32, or nil for real numbers of the type that they were computed in.
    func placeWithKernel(
        of value: Int, as type: DataType? = .f32, _ make: (MemoryDescriptor) throws -> PrimitiveDescriptor
    ) throws -> (place: Place, kernel: PrimitiveDescriptor) {
        let home = type == nil ? try floating(value) : try place(of: value)
        let direct = Result { try make(home.descriptor) }
        let isReference = (try? direct.get())?.isReference ?? true
        if isReference, !home.descriptor.isRowMajor {
            let plain = try MemoryDescriptor(rowMajor: home.descriptor.dimensions, home.descriptor.type)
            if let kernel = try? make(plain), !kernel.isReference || (try? direct.get()) == nil {
                return (try floating(value, as: plain), kernel)
            }
        }
        return (home, try direct.get())
    }

    /// A copy of a tensor in a buffer of its own. A constant is copied at the end of the compilation, anything else when the
    /// plan runs.
    func copied(_ source: Place, to wanted: MemoryDescriptor) throws -> Place {
        switch buffers[source.buffer].storage {
        case .constant(let memory): return packed(.memory(memory), source, to: wanted)
        case .packed(let offset): return packed(.block(offset), source, to: wanted)
        default: break
        }
        let kernel = try PrimitiveDescriptor.reorder(from: source.descriptor, to: wanted, on: engine)
        let copy = makeBuffer(wanted)
        try emit(kernel, [(DNNL_ARG_FROM, source), (DNNL_ARG_TO, copy)], opType: "Reorder")
        return copy
    }

    private func packed(_ memory: ConstantPacking.Block.Source, _ source: Place, to wanted: MemoryDescriptor) -> Place {
        let origin = buffers[source.buffer].origin
        let key = origin.flatMap { target.cache?.key(ofConstant: $0, in: graph, source.descriptor, wanted) }
        if let key, let known = target.cache?.block(key, of: wanted.byteCount) {
            return makePlace(wanted, .constant(UnsafeMutableRawPointer(mutating: known)))
        }
        return makePlace(
            wanted,
            .packed(offset: packing.add(memory, source.descriptor, to: wanted, origin: origin, key: key)))
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

    /// Memory for a result in the layout `wanted`, which holds `residual` already when there is one: in the residual's own
    /// memory where nobody else reads that, else in a copy.
    /// - Parameter source: what the step that computes the result reads, and so must not be overwritten.
    func destination(
        _ wanted: MemoryDescriptor, adding residual: Int?, from source: Place, for nodes: [NodeView]
    ) throws -> Place {
        guard let residual else { return makeBuffer(wanted) }
        let home = try floating(residual)
        if home.descriptor.matches(wanted), home.buffer != source.buffer, isFree(home, after: nodes) {
            return Place(buffer: home.buffer, descriptor: wanted)
        }
        return try copied(home, to: wanted)
    }

    /// A tensor in the layout `wanted`: where it is, or a copy.
    func inLayout(_ place: Place, _ wanted: MemoryDescriptor) throws -> Place {
        if place.descriptor.matches(wanted) { return Place(buffer: place.buffer, descriptor: wanted) }
        return try copied(place, to: wanted)
    }

    /// Says that `value` is at `place` from now on.
    func define(_ value: Int, at place: Place) {
        homes[value] = place
        residents[place.buffer].append(value)
    }

    /// Whether a buffer may be overwritten once `nodes` have run: nobody else reads what it holds.
    func isFree(_ place: Place, after nodes: [NodeView]) -> Bool {
        guard case .arena = buffers[place.buffer].storage else { return false }
        return residents[place.buffer].allSatisfy { value in
            !graph.values[value].isGraphOutput
                && graph.values[value].consumers.allSatisfy { consumer in
                    isLowered[consumer] || nodes.contains { $0.index == consumer }
                }
        }
    }

    /// The fastest of several ways to compute a convolution, by its name: the one known for the problem, or the one that
    /// measuring finds.
    /// - Parameters:
    ///   - problem: everything that the choice may depend on, beside the processor and the number of threads.
    ///   - ways: from the one that is taken unless another is clearly faster.
    func fastest(
        of ways: [(name: String, make: () throws -> PrimitiveDescriptor?)], for problem: String
    ) throws -> (name: String, kernel: PrimitiveDescriptor)? {
        let problem = "\(problem) threads \(target.threads)"
        if let known = AlgorithmChoices.shared[problem], let way = ways.first(where: { $0.name == known }),
            let kernel = try way.make()
        {
            return (known, kernel)
        }
        let candidates = try ways.compactMap { way in try way.make().map { (name: way.name, kernel: $0) } }
        guard candidates.count > 1 else { return candidates.first }
        let timer = try self.timer ?? KernelTimer(target)
        self.timer = timer
        let winner = candidates[try timer.fastest(of: candidates.map(\.kernel))]
        AlgorithmChoices.shared[problem] = winner.name
        return winner
    }

    // MARK: - Steps

    /// Says that `nodes` need no steps of their own: the current node's compute them, or their results are views.
    func absorb(_ nodes: [NodeView]) {
        for node in nodes { isLowered[node.index] = true }
        absorbed += nodes
    }

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
            buffers[home.buffer].storage = .output(index)
        } else {
            let plain = try MemoryDescriptor(rowMajor: home.descriptor.dimensions)
            let result = makePlace(plain, .output(index))
            let kernel = try PrimitiveDescriptor.reorder(from: home.descriptor, to: plain, on: engine)
            try emit(kernel, [(DNNL_ARG_FROM, home), (DNNL_ARG_TO, result)])
        }
        return port
    }

    private func port(_ value: Int) throws -> Plan.Port {
        let shape = Shape(try singlePrecisionDimensions(graph.values[value]))
        return Plan.Port(shape: shape, byteCount: shape.elementCount * MemoryLayout<Float>.stride)
    }

    private func placeInArena() -> Int {
        var lifetimes = [ClosedRange<Int>?](repeating: nil, count: buffers.count)
        for (index, step) in steps.enumerated() {
            var used = step.arguments.map { places[$0.place].buffer }
            if case .fill(let buffer, _) = step.work { used.append(buffer) }
            for buffer in used { lifetimes[buffer] = (lifetimes[buffer]?.lowerBound ?? index)...index }
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
