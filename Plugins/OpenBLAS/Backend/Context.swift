import Glibc
import VireoPluginKit
import VireoTensor

/// The memory of one run at a time.
final class Context: PluginContext {
    private let executable: Executable
    private let arena: UnsafeMutableRawPointer
    private let addresses: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    /// The values that live in buffers, whose addresses differ from run to run.
    private let bound: [(value: Int, place: Placement.Place)]
    private let stepNanoseconds: UnsafeMutablePointer<Int>
    private var hasRun = false
    private let cancellation = CancellationFlag()

    init(_ executable: Executable) throws {
        self.executable = executable
        let places = executable.placement.places
        let arena = try executable.host.allocate(byteCount: max(executable.placement.arenaByteCount, 64))
        self.arena = arena
        addresses = .allocate(capacity: max(places.count, 1))
        stepNanoseconds = .allocate(capacity: max(executable.program.steps.count, 1))
        stepNanoseconds.initialize(repeating: 0, count: max(executable.program.steps.count, 1))
        var bound: [(value: Int, place: Placement.Place)] = []
        for (value, place) in places.enumerated() {
            var address = arena
            switch place {
            case .nowhere: break
            case .arena(let byteOffset): address = arena + byteOffset
            case .constant(let constant, let offset):
                // Kernels only read constants.
                if let base = executable.constants.numbers(constant) { address = .init(mutating: base + offset * 4) }
            case .input, .output: bound.append((value, place))
            }
            (addresses + value).initialize(to: address.assumingMemoryBound(to: Float.self))
        }
        self.bound = bound
    }

    deinit {
        executable.host.deallocate(arena)
        addresses.deallocate()
        stepNanoseconds.deallocate()
    }

    func execute(inputs: [DeviceBuffer], outputs: inout [DeviceBuffer?]) throws {
        try check(inputs: inputs, outputs: outputs)
        for index in outputs.indices where outputs[index] == nil {
            let signature = executable.outputs[index]
            outputs[index] = try HostBuffer(signature.elementType, signature.shape, host: executable.host)
        }
        for (value, place) in bound {
            switch place {
            case .input(let index, let offset): addresses[value] = address(inputs[index], offset)
            case .output(let index, let offset): addresses[value] = address(outputs[index]!, offset)
            case .nowhere, .arena, .constant: break
            }
        }
        try runSteps()
        for copy in executable.placement.copies {
            let buffer = outputs[copy.output]!
            memcpy(
                address(buffer, 0),
                executable.constants.elements(copy.value) ?? UnsafeRawPointer(addresses[copy.value]),
                buffer.byteCount)
        }
    }

    func prepare() { cancellation.lower() }

    func cancel() { cancellation.raise() }

    private func runSteps() throws {
        for (index, step) in executable.program.steps.enumerated() {
            try cancellation.check()
            let workspace = (arena + executable.placement.workspaces[index]).assumingMemoryBound(to: Float.self)
            let run = Run(
                addresses: addresses, workspace: workspace, threads: executable.threads, blas: executable.blas)
            if executable.isProfiled {
                let start = monotonicNanoseconds()
                step.kernel.run(run)
                stepNanoseconds[index] = monotonicNanoseconds() - start
            } else {
                step.kernel.run(run)
            }
        }
        hasRun = true
    }

    private func address(_ buffer: DeviceBuffer, _ offset: Int) -> UnsafeMutablePointer<Float> {
        unsafeDowncast(buffer, to: HostBuffer.self).memory.assumingMemoryBound(to: Float.self) + offset
    }

    private func check(inputs: [DeviceBuffer], outputs: [DeviceBuffer?]) throws(VireoError) {
        guard inputs.count == executable.inputs.count, outputs.count == executable.outputs.count else {
            throw VireoError(
                .invalidArgument,
                "\(inputs.count) inputs and \(outputs.count) outputs for a graph with \(executable.inputs.count) and "
                    + "\(executable.outputs.count)")
        }
        for (index, buffer) in inputs.enumerated() { try check(buffer, executable.inputs[index], "input \(index)") }
        for (index, buffer) in outputs.enumerated() {
            if let buffer { try check(buffer, executable.outputs[index], "output \(index)") }
        }
    }

    private func check(
        _ buffer: DeviceBuffer, _ expected: Executable.Signature, _ role: String
    ) throws(VireoError) {
        guard buffer is HostBuffer else {
            throw VireoError(.invalidArgument, "\(role) is a \(type(of: buffer)), not in the host's memory")
        }
        guard buffer.elementType == expected.elementType, buffer.shape == expected.shape else {
            throw VireoError(
                .invalidArgument,
                "\(role) is \(buffer.elementType)\(buffer.shape), and the graph has "
                    + "\(expected.elementType)\(expected.shape)")
        }
    }

    var profile: [ProfileRow] {
        guard executable.isProfiled, hasRun else { return [] }
        var rows: [ProfileRow] = []
        for (index, step) in executable.program.steps.enumerated() {
            rows.append(
                ProfileRow(
                    nodeName: step.node.name, opType: step.node.opType, execType: step.kernel.execType,
                    realMicroseconds: (stepNanoseconds[index] + 500) / 1000))
            for node in step.fused {
                rows.append(
                    ProfileRow(
                        nodeName: node.name, opType: node.opType, execType: "fused", status: .optimizedOut,
                        realMicroseconds: 0))
            }
        }
        return rows
    }
}

/// A clock for differences.
private func monotonicNanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}
