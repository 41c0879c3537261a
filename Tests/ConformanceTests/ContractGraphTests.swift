import CVireoPlugin
import Synchronization
import Testing
import VireoIR
import VireoRuntime
import VireoTensor

@Suite struct ContractGraphTests {
    // MARK: query_support

    private func verdicts(_ device: ContractDevice, _ graph: HostGraph) throws -> [vireo_verdict] {
        var verdicts = [vireo_verdict](repeating: vireo_verdict(support: -1, reason: nil), count: graph.nodeCount)
        try device.check(device.api.query_support(device.backend, graph.handle, &verdicts, verdicts.count))
        return verdicts
    }

    @Test(arguments: ContractPlugin.all)
    func `ReLU on f32 is taken`(plugin: ContractPlugin) throws {
        let verdicts = try verdicts(plugin.device(), reluGraph())
        #expect([VIREO_SUPPORT_YES, VIREO_SUPPORT_PREFERRED].contains(verdicts[0].support))
    }

    @Test(arguments: ContractPlugin.all)
    func `an operation nobody knows is refused with a reason, beside one that is taken`(plugin: ContractPlugin) throws {
        var model = Model(name: "unheard of")
        let data = Output(try model.add(Parameter(.f32, PartialShape([4])), name: "data"))
        let unknown = try model.add(UnheardOf(), [data], name: "unknown")
        let relu = try model.add(UnaryElementwise(.relu), [Output(unknown)], name: "relu")
        let graph = try HostGraph(model, nodes: [unknown, relu], inputs: [data], outputs: [Output(relu)])
        let device = try plugin.device()
        let verdicts = try verdicts(device, graph)
        #expect(verdicts[0].support == VIREO_SUPPORT_NO)
        #expect(!String(cString: try #require(verdicts[0].reason)).isEmpty)
        #expect(verdicts[1].support != VIREO_SUPPORT_NO)
    }

    @Test(arguments: ContractPlugin.all)
    func `a wrong number of verdicts is an invalid argument`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        let graph = try reluGraph()
        var verdicts = [vireo_verdict](repeating: vireo_verdict(support: -1, reason: nil), count: 2)
        #expect(device.code(device.api.query_support(device.backend, graph.handle, &verdicts, 2)) == .invalidArgument)
    }

    // MARK: compile and execute

    @Test(arguments: ContractPlugin.all, [[4], [1, 3, 5, 7], [2, 3], [1], []] as [[Int]])
    func `a graph runs and makes its output`(plugin: ContractPlugin, dimensions: [Int]) throws {
        let device = try plugin.device()
        let shape = Shape(dimensions)
        let values = (0..<shape.elementCount).map { Float($0) - 3.5 }
        let context = try device.compile(reluGraph(shape)).makeContext()
        let output = try context.run([device.importing(values, dimensions.map { Int64($0) })])
        #expect(try output.floats(values.count) == values.map { max($0, 0) })

        var info = vireo_tensor_info()
        info.struct_size = MemoryLayout<vireo_tensor_info>.size
        try device.check(device.api.buffer_info(output.handle, &info))
        #expect(info.element_type == VIREO_TYPE_F32)
        #expect(UnsafeBufferPointer(start: info.dims, count: Int(info.rank)).map { Int($0) } == dimensions)
    }

    @Test(arguments: ContractPlugin.all)
    func `a graph writes into the output buffer it is given`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        let context = try device.compile(reluGraph()).makeContext()
        let mine = try device.importing([9, 9, 9, 9])
        var outputs: [OpaquePointer?] = [mine.handle]
        try device.check(context.execute([device.importing([-1, 0, 1, 2])], &outputs, 1))
        #expect(outputs == [mine.handle])
        #expect(try mine.floats(4) == [0, 0, 1, 2])
    }

    @Test(arguments: ContractPlugin.all)
    func `an input is not changed by a run`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        var values: [Float] = [-1, 0, 1, 2]
        try values.withUnsafeMutableBytes { bytes in
            let input = try device.importing(bytes, [4], VIREO_OWNERSHIP_BORROWED)
            _ = try device.compile(reluGraph()).makeContext().run([input])
            #expect(try input.floats(4) == [-1, 0, 1, 2])
        }
        #expect(values == [-1, 0, 1, 2])
    }

    @Test(arguments: ContractPlugin.all)
    func `the graph may go after compile, and the bytes of constants stay`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        let executable = try device.compile(additionGraph())
        let output = try executable.makeContext().run([device.importing([1, 2, 3, 4])])
        #expect(try output.floats(4) == [11, 22, 33, 44])
    }

    @Test(arguments: ContractPlugin.all)
    func `an output outlives the context, the executable and later runs`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        let outputs = try { () throws -> [ContractBuffer] in
            let context = try device.compile(reluGraph()).makeContext()
            return [
                try context.run([device.importing([1, 2, 3, 4])]), try context.run([device.importing([5, 6, 7, 8])]),
            ]
        }()
        #expect(try outputs[0].floats(4) == [1, 2, 3, 4])
        #expect(try outputs[1].floats(4) == [5, 6, 7, 8])
    }

    @Test(arguments: ContractPlugin.all)
    func `wrong counts of buffers are invalid arguments, and the context still works`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        let context = try device.compile(reluGraph()).makeContext()
        let input = try device.importing([1, 2, 3, 4])
        for (inputs, outputCount) in [([], 1), ([input, input], 1), ([input], 0), ([input], 2)] {
            var outputs: [OpaquePointer?] = [nil, nil]
            #expect(device.code(context.execute(inputs, &outputs, outputCount)) == .invalidArgument)
            #expect(outputs == [nil, nil])
        }
        #expect(try context.run([input]).floats(4) == [1, 2, 3, 4])
    }

    @Test(arguments: ContractPlugin.all)
    func `a buffer of another shape is an invalid argument`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        let context = try device.compile(reluGraph()).makeContext()
        let right = try device.importing([1, 2, 3, 4])
        let short = try device.importing([1, 2, 3])
        let square = try device.importing([1, 2, 3, 4], [2, 2])
        for wrong in [short, square] {
            var outputs: [OpaquePointer?] = [nil]
            #expect(device.code(context.execute([wrong], &outputs, 1)) == .invalidArgument)
            outputs = [wrong.handle]
            #expect(device.code(context.execute([right], &outputs, 1)) == .invalidArgument)
        }
    }

    // MARK: Contexts

    @Test(arguments: ContractPlugin.all)
    func `two contexts take turns without seeing each other`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        let executable = try device.compile(additionGraph())
        let (first, second) = (try executable.makeContext(), try executable.makeContext())
        var outputs: [ContractBuffer] = []
        for turn in 0..<6 {
            let context = turn % 2 == 0 ? first : second
            outputs.append(try context.run([device.importing([Float](repeating: Float(turn), count: 4))]))
        }
        for (turn, output) in outputs.enumerated() {
            #expect(try output.floats(4) == [10, 20, 30, 40].map { $0 + Float(turn) })
        }
    }

    private struct Shared<Object>: @unchecked Sendable { let object: Object }

    @Test(arguments: ContractPlugin.all)
    func `contexts of one executable run at the same time`(plugin: ContractPlugin) async throws {
        let executable = Shared(object: try plugin.device().compile(additionGraph()))
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for task in 0..<4 {
                group.addTask {
                    let context = try executable.object.makeContext()
                    let device = executable.object.device
                    return try (0..<50).allSatisfy { step in
                        let value = Float(task * 100 + step)
                        let output = try context.run([device.importing([value, value, value, value])])
                        return try output.floats(4) == [10, 20, 30, 40].map { $0 + value }
                    }
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }

    // MARK: Completions and profiles

    private final class Completion: Sendable {
        let codes = Mutex<[VireoError.Code?]>([])
        let host: PluginHost
        init(_ host: PluginHost) { self.host = host }

        var structure: vireo_completion {
            vireo_completion(
                struct_size: MemoryLayout<vireo_completion>.size, extensions: nil,
                done: { user, status in
                    let completion = Unmanaged<Completion>.fromOpaque(user!).takeUnretainedValue()
                    var code: VireoError.Code?
                    do throws(VireoError) { try completion.host.check(status) } catch { code = error.code }
                    completion.codes.withLock { $0.append(code) }
                },
                user: Unmanaged.passUnretained(self).toOpaque())
        }
    }

    @Test(arguments: ContractPlugin.all)
    func `a completion is called exactly once, after which the results are there`(plugin: ContractPlugin) async throws {
        let device = try plugin.device()
        let context = try device.compile(reluGraph()).makeContext()
        let completion = Completion(device.library.host)
        var structure = completion.structure
        var output: OpaquePointer?
        try device.check(context.execute([device.importing([-1, 0, 1, 2])], &output, 1, &structure))
        for _ in 0..<1000 where completion.codes.withLock({ $0.isEmpty }) {
            try await Task.sleep(nanoseconds: 10_000_000)
        }
        let buffer = ContractBuffer(try #require(output), on: device)
        #expect(try buffer.floats(4) == [0, 0, 1, 2])
        #expect(completion.codes.withLock { $0 } == [nil])
    }

    @Test(arguments: ContractPlugin.all)
    func `a completion is not called for a run that was refused`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        let context = try device.compile(reluGraph()).makeContext()
        let completion = Completion(device.library.host)
        var structure = completion.structure
        var output: OpaquePointer?
        #expect(device.code(context.execute([], &output, 1, &structure)) == .invalidArgument)
        #expect(completion.codes.withLock { $0.isEmpty })
    }

    @Test(arguments: ContractPlugin.all)
    func `a profile has rows when the device counts, and none otherwise`(plugin: ContractPlugin) throws {
        let device = try plugin.device()
        for (value, counts) in [("NO", false), ("YES", true)] {
            let context = try device.compile(reluGraph(), [("PERF_COUNT", value)]).makeContext()
            _ = try context.run([device.importing([1, 2, 3, 4])])
            var rows: UnsafePointer<vireo_profile_row>?
            var count = 0
            try device.check(device.api.profile(context.handle, &rows, &count))
            #expect((count > 0) == counts)
            for row in UnsafeBufferPointer(start: rows, count: count) {
                #expect(!String(cString: try #require(row.node_name)).isEmpty)
                #expect(!String(cString: try #require(row.op_type)).isEmpty)
                #expect(row.exec_type != nil)
                #expect((VIREO_PROFILE_NOT_RUN...VIREO_PROFILE_EXECUTED).contains(row.status))
                #expect(row.real_microseconds >= 0 && row.cpu_microseconds >= 0)
            }
        }
    }
}
