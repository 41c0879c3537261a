import Testing
import VireoIR
import VireoRuntime
import VireoTensor

@Suite struct InferenceTests {
    let core: Core

    init() throws { core = try Core(searchPaths: [Fixture.example.path]) }

    @Test func `a model runs on a plugin in plain C`() throws {
        let compiled = try core.compile(.sample(), device: "EXAMPLE")
        #expect(try compiled.makeRequest().run([sampleInput]) == [sampleOutput])
    }

    @Test func `inputs and outputs are known by node and tensor names`() throws {
        let compiled = try core.compile(.sample(), device: "EXAMPLE")
        #expect(compiled.inputs.map(\.name) == ["data"] && compiled.inputs[0].tensorNames == ["data:0"])
        #expect(compiled.outputs.map(\.name) == ["shrunk"] && compiled.outputs[0].shape.shape == [4])
        let request = try compiled.makeRequest()
        #expect(try request.run(["data": sampleInput]) == ["shrunk": sampleOutput])
        #expect(try request.run(["data:0": sampleInput]) == ["shrunk": sampleOutput])
    }

    @Test func `a request runs again and again with other numbers`() throws {
        let request = try core.compile(.sample(), device: "EXAMPLE").makeRequest()
        for step in 0..<5 {
            let input = Tensor([Float](repeating: Float(step), count: 4))
            let expected = Tensor((1...4).map { Float(step + $0) - 0.5 })
            #expect(try request.run([input]) == [expected])
        }
    }

    @Test func `an output stays as it is when the request runs again`() throws {
        let request = try core.compile(.sample(), device: "EXAMPLE").makeRequest()
        let first = try request.run([sampleInput])
        _ = try request.run([Tensor([9, 9, 9, 9] as [Float])])
        #expect(first == [sampleOutput])
    }

    @Test func `a wrong number of inputs is named with the inputs that there are`() throws {
        let request = try core.compile(.sample(), device: "EXAMPLE").makeRequest()
        let error = #expect(throws: VireoError.self) { try request.run([sampleInput, sampleInput]) }
        #expect(error?.code == .invalidArgument && error?.remedy?.contains("\"data\" f32[4]") == true)
    }

    @Test(arguments: [Tensor([1, 2, 3] as [Float]), Tensor([1, 2, 3, 4] as [Int32])])
    func `a tensor of another type or shape is refused`(tensor: Tensor) throws {
        let request = try core.compile(.sample(), device: "EXAMPLE").makeRequest()
        let error = #expect(throws: VireoError.self) { try request.run([tensor]) }
        #expect(error?.code == .invalidArgument && error?.message.contains("f32[4]") == true)
    }

    @Test func `an unknown, a missing and a doubled input name are each an error`() throws {
        let request = try core.compile(.sample(), device: "EXAMPLE").makeRequest()
        for (inputs, part) in [
            (["image": sampleInput], "\"image\""), ([:], "missing"),
            (["data": sampleInput, "data:0": sampleInput], "twice"),
        ] {
            let error = #expect(throws: VireoError.self) { try request.run(inputs) }
            #expect(error?.code == .invalidArgument && error?.message.contains(part) == true)
        }
    }

    @Test func `an output may be an input or a constant of the model`() throws {
        var model = try Model.sample()
        let data = Output(model.parameters[0])
        let offset = Output(try #require(model.node(named: "offset")).id)
        try model.add(Result(), [data], name: "same")
        try model.add(Result(), [offset], name: "fixed")
        let compiled = try core.compile(model, device: "EXAMPLE")
        let outputs = try compiled.makeRequest().run([sampleInput])
        #expect(outputs == [sampleOutput, sampleInput, Tensor([1, 2, 3, 4] as [Float])])
    }

    @Test func `one value may be several outputs, and one tensor several inputs`() throws {
        var model = Model(name: "twins")
        let left = Output(try model.add(Parameter(.f32, PartialShape([2])), name: "left"))
        let right = Output(try model.add(Parameter(.f32, PartialShape([2])), name: "right"))
        let sum = Output(try model.add(BinaryElementwise(.add), [left, right], name: "sum"))
        try model.add(Result(), [sum], name: "first")
        try model.add(Result(), [sum], name: "second")
        let tensor = Tensor([1, 2] as [Float])
        let outputs = try core.compile(model, device: "EXAMPLE").makeRequest().run([tensor, tensor])
        #expect(outputs == [Tensor([2, 4] as [Float]), Tensor([2, 4] as [Float])])
    }

    @Test func `a profile has a row for each node when the device counts`() throws {
        let silent = try core.compile(.sample(), device: "EXAMPLE").makeRequest()
        _ = try silent.run([sampleInput])
        #expect(try silent.profile.isEmpty)

        let counting = try core.compile(.sample(), device: "EXAMPLE", properties: ["PERF_COUNT": "YES"]).makeRequest()
        _ = try counting.run([sampleInput])
        let rows = try counting.profile
        #expect(rows.map(\.nodeName) == ["relu", "sum", "shrunk"])
        #expect(rows.map(\.opType) == ["ReLU", "Add", "SoftShrink"])
        #expect(rows.allSatisfy { $0.status == .executed && $0.execType == "c_loop_f32" })
    }

    @Test func `requests of one model run at the same time`() async throws {
        let compiled = try core.compile(.sample(), device: "EXAMPLE")
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for task in 0..<8 {
                group.addTask {
                    let request = try compiled.makeRequest()
                    let input = Tensor([Float](repeating: Float(task), count: 4))
                    let expected = [Tensor((1...4).map { Float(task + $0) - 0.5 })]
                    return try (0..<200).allSatisfy { _ in try request.run([input]) == expected }
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }

    @Test func `a request that tasks share either runs or says that it is busy`() async throws {
        let request = try core.compile(.sample(), device: "EXAMPLE").makeRequest()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var runs = 0
                    for _ in 0..<500 {
                        do {
                            let outputs = try await request.run([sampleInput])
                            #expect(outputs == [sampleOutput])
                            runs += 1
                        } catch let error as VireoError where error.code == .busy {
                            continue
                        }
                    }
                    return runs
                }
            }
            var total = 0
            for try await runs in group { total += runs }
            #expect(total > 0)
        }
    }
}
