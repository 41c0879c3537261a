import CVireoPlugin
import Dispatch
import Foundation
import Synchronization
import Testing
import VireoIR
import VireoRuntime
import VireoTensor

@Suite struct ContractCancellationTests {
    /// Pools one after the other, which no backend joins into one kernel.
    private static func longGraph() throws -> HostGraph {
        var model = Model(name: "long")
        let data = Output(try model.add(Parameter(.f32, PartialShape([1, 8, 64, 64])), name: "data"))
        var (value, nodes): (Output, [NodeID]) = (data, [])
        for step in 0..<60 {
            let window = SlidingWindow(strides: [1, 1], padsBegin: [1, 1], padsEnd: [1, 1])
            nodes.append(try model.add(MaxPool(window, kernel: [3, 3]), [value], name: "pool\(step)"))
            value = Output(nodes[step])
        }
        return try HostGraph(model, nodes: nodes, inputs: [data], outputs: [value])
    }

    private static func isTaken(_ graph: HostGraph, by device: ContractDevice) throws -> Bool {
        var verdicts = [vireo_verdict](repeating: vireo_verdict(), count: graph.nodeCount)
        try device.check(device.api.query_support(device.backend, graph.handle, &verdicts, verdicts.count))
        return verdicts.allSatisfy { $0.support != VIREO_SUPPORT_NO }
    }

    /// What another thread does again and again.
    private final class Caller: Sendable {
        private let isOver = Atomic(false)
        private let ended = DispatchSemaphore(value: 0)

        init(_ body: @escaping @Sendable () -> Void) {
            Thread.detachNewThread { [self] in
                while !isOver.load(ordering: .acquiring) { body() }
                ended.signal()
            }
        }

        func stop() {
            isOver.store(true, ordering: .releasing)
            ended.wait()
        }
    }

    /// One thread calls the run off all the time while another starts run after run: sooner or later one is hit.
    @Test(arguments: ContractPlugin.all)
    func `a run that is called off under way ends early and harms no later one`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        let graph = try Self.longGraph()
        guard let cancel = device.api.context_cancel, try Self.isTaken(graph, by: device) else { return }
        let context = try device.compile(graph).makeContext()
        let count = 8 * 64 * 64
        let input = try device.importing((0..<count).map { Float($0 % 251) }, [1, 8, 64, 64])
        let expected = try context.run([input]).floats(count)

        nonisolated(unsafe) let handle = context.handle
        let caller = Caller { cancel(handle) }
        var cancelledCount = 0
        for _ in 0..<2000 where cancelledCount < 3 {
            do {
                #expect(try context.run([input]).floats(count) == expected)
            } catch let error as VireoError {
                #expect(error.code == .cancelled)
                cancelledCount += 1
            }
        }
        caller.stop()
        // The ABI lets a run go on to its end; the backends of this package do not.
        #expect(cancelledCount == 3 || !plugin.testDescription.hasPrefix("libvireo_"))
        #expect(try context.run([input]).floats(count) == expected)
    }

    /// Without the other thread and without chance: what comes before `execute` is meant for it once the context was prepared.
    @Test(arguments: ContractPlugin.all)
    func `a run that is called off before it begins is cancelled when the context was prepared for it`(
        plugin: ContractPlugin
    ) throws {
        let device = try plugin.device()
        let graph = try Self.longGraph()
        guard let cancel = device.api.context_cancel, let prepare = device.api.context_prepare,
            try Self.isTaken(graph, by: device)
        else { return }
        let context = try device.compile(graph).makeContext()
        let input = try device.importing([Float](repeating: 1, count: 8 * 64 * 64), [1, 8, 64, 64])

        for _ in 0..<2 {
            prepare(context.handle)
            cancel(context.handle)
            var output: OpaquePointer?
            let code = device.code(context.execute([input], &output, 1))
            // The ABI lets a run go on to its end; the backends of this package do not.
            #expect(code == .cancelled || !plugin.testDescription.hasPrefix("libvireo_"))
            // An execute without a preparation forgets, and so does a preparation.
            _ = try context.run([input])
            cancel(context.handle)
            _ = try context.run([input])
            cancel(context.handle)
            prepare(context.handle)
            _ = try context.run([input])
        }
    }
}
