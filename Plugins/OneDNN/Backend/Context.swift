import CDNNL
import Glibc
import VireoPluginKit
import VireoTensor

/// The memory of one run at a time: an arena for intermediate tensors, scratch memory, and every kernel call's
/// arguments, all made once.
final class OneDNNContext: PluginContext {
    private let executable: OneDNNExecutable
    private let stream: Stream
    private let affinity: Affinity?
    private let arena: UnsafeMutableRawPointer
    private let scratchpad: UnsafeMutableRawPointer
    /// What the plan's places are.
    private let memories: [Memory]
    private let arguments: UnsafeMutableBufferPointer<dnnl_exec_arg_t>
    /// Where each step's arguments begin; one more than there are steps.
    private let starts: [Int]
    private var inputs: [Bound]
    private var outputs: [Bound]
    private var microseconds: [Int]
    private let cancellation = CancellationFlag()

    /// Memory given to `execute`, and the places in it.
    private struct Bound {
        var address: UnsafeMutableRawPointer?
        var places: [(index: Int, byteOffset: Int)] = []
    }

    init(_ executable: OneDNNExecutable) throws {
        let plan = executable.plan
        let host = executable.host
        self.executable = executable
        stream = try Stream(plan.engine)
        affinity = executable.bindsThreads ? Affinity(threads: executable.threads) : nil
        let scratchByteCount = plan.buffers.reduce(1) {
            if case .scratchpad = $1.storage { max($0, $1.byteCount) } else { $0 }
        }
        arena = try allocateTensors(plan.arenaByteCount, host)
        do {
            scratchpad = try allocateTensors(scratchByteCount, host)
        } catch {
            host.deallocate(arena)
            throw error
        }
        var inputs = plan.inputs.map { _ in Bound() }
        var outputs = plan.outputs.map { _ in Bound() }
        var made: [Memory] = []
        do {
            for (index, place) in plan.places.enumerated() {
                let address: UnsafeMutableRawPointer?
                switch plan.buffers[place.buffer].storage {
                case .arena(let offset): address = arena + offset
                case .scratchpad: address = scratchpad
                case .constant(let memory): address = memory
                case .packed(let offset): address = plan.packed + offset
                case .input(let port):
                    address = nil
                    inputs[port].places.append((index, 0))
                case .output(let port, let byteOffset):
                    address = nil
                    outputs[port].places.append((index, byteOffset))
                case .part: throw VireoError(.internalError, "a part of a buffer that has no place")
                }
                made.append(try Memory(place.descriptor, address, plan.engine))
            }
        } catch {
            host.deallocate(arena)
            host.deallocate(scratchpad)
            throw error
        }
        memories = made
        self.inputs = inputs
        self.outputs = outputs
        microseconds = [Int](repeating: 0, count: plan.steps.count)
        starts = plan.steps.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.arguments.count) }
        arguments = .allocate(capacity: starts[starts.count - 1])
        for (index, argument) in plan.steps.flatMap(\.arguments).enumerated() {
            arguments[index] = dnnl_exec_arg_t(arg: argument.role, memory: made[argument.place].handle)
        }
    }

    deinit {
        arguments.deallocate()
        executable.host.deallocate(arena)
        executable.host.deallocate(scratchpad)
    }

    func execute(inputs given: [DeviceBuffer], outputs results: inout [DeviceBuffer?]) throws {
        let plan = executable.plan
        guard given.count == plan.inputs.count, results.count == plan.outputs.count else {
            throw VireoError(
                .invalidArgument,
                "\(given.count) inputs and \(results.count) outputs for a graph that has "
                    + "\(plan.inputs.count) and \(plan.outputs.count)")
        }
        for (index, port) in plan.inputs.enumerated() {
            let memory = try memory(of: given[index], port, "input \(index)")
            try bind(&inputs[index], to: memory)
        }
        for (index, port) in plan.outputs.enumerated() {
            let buffer = try results[index] ?? HostBuffer(port.elementType, port.shape, host: executable.host)
            let memory = try memory(of: buffer, port, "output \(index)")
            try bind(&outputs[index], to: memory)
            results[index] = buffer
        }
        try withThreads(executable.threads, affinity) {
            for index in plan.steps.indices {
                try cancellation.check()
                let start = executable.measuresTime ? ContinuousClock.now : nil
                try run(index)
                if let start { microseconds[index] = (ContinuousClock.now - start).microseconds }
            }
            try stream.wait()
        }
        executable.wasExecuted()
    }

    func prepare() { cancellation.lower() }

    func cancel() { cancellation.raise() }

    private func run(_ index: Int) throws {
        let step = executable.plan.steps[index]
        switch step.work {
        case .primitive(let primitive):
            let own = UnsafeMutableBufferPointer(rebasing: arguments[starts[index]..<starts[index + 1]])
            do {
                try primitive.execute(UnsafeBufferPointer(own), on: stream)
            } catch {
                throw error.adding(context: "node \"\(step.nodeName)\" (\(step.opType), \(step.execType))")
            }
        case .native(let kernel):
            kernel.run { operand in
                let place = executable.plan.places[step.arguments[operand].place]
                return address(of: place.buffer)!.assumingMemoryBound(to: Float.self) + place.descriptor.offset
            }
        case .fill(let buffer, let value):
            address(of: buffer)?.initializeMemory(
                as: Float.self, repeating: value,
                count: executable.plan.buffers[buffer].byteCount / MemoryLayout<Float>.stride)
        }
    }

    private func address(of buffer: Int) -> UnsafeMutableRawPointer? {
        switch executable.plan.buffers[buffer].storage {
        case .arena(let offset): arena + offset
        case .scratchpad: scratchpad
        case .constant(let memory): memory
        case .packed(let offset): executable.plan.packed + offset
        case .input(let port): inputs[port].address
        case .output(let port, let byteOffset): outputs[port].address.map { $0 + byteOffset }
        case .part: nil
        }
    }

    private func memory(
        of buffer: DeviceBuffer, _ port: Plan.Port, _ name: String
    ) throws -> UnsafeMutableRawPointer {
        guard buffer.elementType == port.elementType, buffer.byteCount == port.byteCount, buffer.shape == port.shape
        else {
            throw VireoError(
                .invalidArgument,
                "\(name) is \(buffer.elementType)\(buffer.shape), and the graph has \(port.elementType)\(port.shape)")
        }
        guard let buffer = buffer as? HostBuffer else {
            throw VireoError(.invalidArgument, "\(name) is not in the host's memory")
        }
        return buffer.memory
    }

    private func bind(_ bound: inout Bound, to address: UnsafeMutableRawPointer) throws {
        if bound.address == address { return }
        for place in bound.places { try memories[place.index].bind(to: address + place.byteOffset) }
        bound.address = address
    }

    var profile: [ProfileRow] {
        guard executable.measuresTime else { return [] }
        let steps = executable.plan.steps
        // What is computed in parts is one row.
        var parts: [(step: Int, microseconds: Int)] = []
        var rowsOfNode: [String: Int] = [:]
        for (index, step) in steps.enumerated() {
            if index == 0 || steps[index - 1].nodeName != step.nodeName { rowsOfNode = [:] }
            if let row = rowsOfNode[step.execType] {
                parts[row].microseconds += microseconds[index]
            } else {
                rowsOfNode[step.execType] = parts.count
                parts.append((index, microseconds[index]))
            }
        }
        let executed = parts.map { part in
            let step = steps[part.step]
            return ProfileRow(
                nodeName: step.nodeName, opType: step.opType, execType: step.execType,
                realMicroseconds: part.microseconds)
        }
        let absorbed = executable.plan.absorbed.map {
            ProfileRow(
                nodeName: $0.name, opType: $0.opType, execType: "fused", status: .optimizedOut, realMicroseconds: 0)
        }
        return executed + absorbed
    }
}

/// Memory for tensors that every run writes anew, in large pages where it spans any: kernels that stride through it miss
/// less. Weights, which are written once, are not worth what the first touch of a large page costs on virtual machines.
private func allocateTensors(_ byteCount: Int, _ host: Host) throws(VireoError) -> UnsafeMutableRawPointer {
    let largePage = 1 << 21
    guard byteCount >= largePage else { return try host.allocate(byteCount: max(byteCount, 1)) }
    let memory = try host.allocate(byteCount: byteCount, alignment: 4096)
    madvise(memory, byteCount / 4096 * 4096, MADV_HUGEPAGE)
    return memory
}

extension Duration {
    fileprivate var microseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000)
    }
}
