import CDNNL
import VireoPluginKit
import VireoTensor

/// A plan in the making: where each value of the graph is by now, and the steps so far.
final class PlanBuilder {
    let graph: GraphView
    let engine: Engine
    /// Whether convolutions may be computed with Winograd's transformations, whose rounding errors are larger.
    let allowsWinograd: Bool
    private let timer: KernelTimer
    private let constants: ConstantMemory
    private let stream: Stream
    private var buffers: [Buffer] = []
    private var steps: [Step] = []
    private var places: [Place] = []
    private var placesOfBuffer: [[Int]] = []
    /// Where each value was computed.
    private var homes: [Place?]
    /// Copies of a value in other layouts.
    private var copies: [[Place]]
    /// The values that each buffer holds, or held.
    private var residents: [[Int]] = []
    private var isLowered: [Bool]
    private var absorbed: [NodeView] = []
    private var scratchpad: Int?
    private var current: NodeView?

    /// Lowers every node of `graph`.
    static func plan(
        _ graph: GraphView, on engine: Engine, host: Host, allowsWinograd: Bool
    ) throws -> Plan {
        let builder = try PlanBuilder(graph, engine, host, allowsWinograd)
        for node in graph.nodes where !builder.isLowered[node.index] {
            builder.current = node
            builder.isLowered[node.index] = true
            try withContext("node \"\(node.name)\" (\(node.opType))") {
                try lowering(of: node, in: graph).lower(node, into: builder)
            }
        }
        return try builder.finish()
    }

    private init(_ graph: GraphView, _ engine: Engine, _ host: Host, _ allowsWinograd: Bool) throws {
        self.graph = graph
        self.engine = engine
        self.allowsWinograd = allowsWinograd
        constants = ConstantMemory(host: host)
        stream = try Stream(engine)
        timer = KernelTimer(engine, stream, host)
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

    /// The place of a value, in whatever layout it has.
    func place(of value: Int) throws -> Place {
        guard value >= 0 else { throw VireoError(.unsupported, "an input that is left out") }
        if let home = homes[value] { return home }
        guard let elements = graph.values[value].constant, let dimensions = graph.values[value].dimensions else {
            throw VireoError(.internalError, "value \(value) is used before it is computed")
        }
        let descriptor = try MemoryDescriptor(rowMajor: dimensions)
        let home: Place
        if graph.values[value].elementType == .f32, let base = elements.baseAddress {
            home = makePlace(descriptor, .constant(UnsafeMutableRawPointer(mutating: base)))
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
        copies[value].append(copy)
        residents[copy.buffer].append(value)
        return copy
    }

    func rowMajor(_ value: Int) throws -> Place {
        let home = try place(of: value)
        return try place(of: value, as: MemoryDescriptor(rowMajor: home.descriptor.dimensions))
    }

    /// The place of a value, with the kernel for its layout; row-major where that has a kernel and the layout has none.
    func placeWithKernel(
        of value: Int, _ make: (MemoryDescriptor) throws -> PrimitiveDescriptor
    ) throws -> (place: Place, kernel: PrimitiveDescriptor) {
        let home = try place(of: value)
        let direct = Result { try make(home.descriptor) }
        let isReference = (try? direct.get())?.isReference ?? true
        if isReference, !home.descriptor.isRowMajor {
            let plain = try MemoryDescriptor(rowMajor: home.descriptor.dimensions)
            if let kernel = try? make(plain), !kernel.isReference || (try? direct.get()) == nil {
                return (try place(of: value, as: plain), kernel)
            }
        }
        return (home, try direct.get())
    }

    /// A copy of a tensor in a buffer of its own. A constant is copied now, anything else when the plan runs.
    func copied(_ source: Place, to wanted: MemoryDescriptor) throws -> Place {
        let kernel = try PrimitiveDescriptor.reorder(from: source.descriptor, to: wanted, on: engine)
        guard case .constant(let memory) = buffers[source.buffer].storage else {
            let copy = makeBuffer(wanted)
            try emit(kernel, [(DNNL_ARG_FROM, source), (DNNL_ARG_TO, copy)], opType: "Reorder")
            return copy
        }
        let copy = try makeConstant(wanted)
        let from = try Memory(source.descriptor, memory, engine)
        let to = try Memory(wanted, copy.memory, engine)
        let scratch = try kernel.scratchpad.map { try Memory($0, constants.allocate(byteCount: $0.byteCount), engine) }
        var arguments = [
            dnnl_exec_arg_t(arg: DNNL_ARG_FROM, memory: from.handle),
            dnnl_exec_arg_t(arg: DNNL_ARG_TO, memory: to.handle),
        ]
        if let scratch { arguments.append(dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: scratch.handle)) }
        let primitive = try Primitive(kernel)
        try arguments.withUnsafeBufferPointer { try primitive.execute($0, on: stream) }
        try stream.wait()
        withExtendedLifetime((from, to, scratch)) {}
        return copy.place
    }

    /// A constant with these elements in row-major order.
    func constant(_ elements: [Float], _ descriptor: MemoryDescriptor) throws -> Place {
        precondition(descriptor.byteCount == elements.count * MemoryLayout<Float>.stride)
        let made = try makeConstant(descriptor)
        elements.withUnsafeBytes { source in
            if let base = source.baseAddress { made.memory.copyMemory(from: base, byteCount: source.count) }
        }
        return made.place
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
        let home = try place(of: residual)
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

    /// Whether a convolution is faster in one way than in another, by a margin that pays for changes of layout.
    func isFaster(_ candidate: PrimitiveDescriptor, than other: PrimitiveDescriptor) throws -> Bool {
        try timer.time(of: candidate) * 1.1 < timer.time(of: other)
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
            Step(
                nodeName: current?.name ?? "result", opType: opType ?? current?.opType ?? "Reorder",
                execType: kernel.implementation, work: .primitive(try Primitive(kernel)),
                arguments: arguments.map { (role: $0, place: intern($1)) }))
    }

    func emitFill(_ place: Place, with value: Float) {
        steps.append(
            Step(
                nodeName: current?.name ?? "", opType: current?.opType ?? "", execType: "fill",
                work: .fill(buffer: place.buffer, value: value), arguments: []))
    }

    // MARK: - The end

    private func finish() throws -> Plan {
        current = nil
        let outputs = try graph.outputs.enumerated().map { index, value in
            try withContext("graph output \(index)") { try finishOutput(index, value) }
        }
        let byteCount = placeInArena()
        return Plan(
            engine: engine, steps: steps, places: places, buffers: buffers, arenaByteCount: byteCount,
            inputs: try graph.inputs.map { try port($0) }, outputs: outputs, absorbed: absorbed, constants: constants)
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

    private func makePlace(_ descriptor: MemoryDescriptor, _ storage: Buffer.Storage) -> Place {
        buffers.append(Buffer(storage: storage, byteCount: descriptor.byteCount))
        residents.append([])
        placesOfBuffer.append([])
        return Place(buffer: buffers.count - 1, descriptor: descriptor)
    }

    private func makeConstant(
        _ descriptor: MemoryDescriptor
    ) throws -> (place: Place, memory: UnsafeMutableRawPointer) {
        let memory = try constants.allocate(byteCount: descriptor.byteCount)
        return (makePlace(descriptor, .constant(memory)), memory)
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
