import Testing
import VireoIR
import VireoRuntime
import VireoTensor
import VireoTestSupport

/// Models whose shapes are known late: inputs with unknown dimensions, and values whose shape depends on the numbers.
@Suite struct DynamicShapeTests {
    let core: Core

    init() throws { core = try Core() }

    /// `data` [?,3] -> ReLU.
    private func model(_ shape: PartialShape) throws -> Model {
        var model = Model(name: "dynamic")
        let data = Output(try model.add(Parameter(.f32, shape), name: "data"))
        try model.add(Result(), [Output(try model.add(UnaryElementwise(.relu), [data], name: "relu"))], name: "result")
        return model
    }

    private func nonZero() throws -> any Operation {
        try OperationSet.make("NonZero", opset: 3, AttributeReader(["output_type": .elementType(.i64)]))
    }

    @Test func `a model with an unknown dimension runs on tensors of any extent`() throws {
        let core = try Core(searchPaths: [Fixture.example.path])
        let compiled = try core.compile(model(.ranked([.dynamic, 3])), device: "EXAMPLE")
        #expect(compiled.inputs[0].shape == .ranked([.dynamic, 3]) && compiled.placement.nodes.isEmpty)
        let request = try compiled.makeRequest()
        for rows in [1, 4, 2, 1] {
            let input = Tensor((0..<rows * 3).map { Float($0) - 2 }, [rows, 3])
            let expected = Tensor((0..<rows * 3).map { max(Float($0) - 2, 0) }, [rows, 3])
            #expect(try request.run([input]) == [expected])
        }
        #expect(compiled.placement.summary == "EXAMPLE 1 node; 1 subgraph")
    }

    @Test func `a value larger than the machine's memory is an error that names its node`() throws {
        let core = try Core(searchPaths: [Fixture.example.path])
        let error = #expect(throws: VireoError.self) {
            try core.compile(model(.ranked([Dimension(1 << 24), Dimension(1 << 24)])), device: "EXAMPLE")
        }
        #expect(error?.code == .outOfMemory && error?.description.contains("node \"data\"") == true)
    }

    @Test func `bounds of a dimension are kept`() throws {
        let core = try Core(searchPaths: [Fixture.example.path])
        let bounded = PartialShape.ranked([Dimension(lower: 1, upper: 2), 3])
        let request = try core.compile(model(bounded), device: "EXAMPLE").makeRequest()
        _ = try request.run([Tensor(zeros: .f32, [2, 3])])
        let error = #expect(throws: VireoError.self) { try request.run([Tensor(zeros: .f32, [3, 3])]) }
        #expect(error?.code == .invalidArgument && error?.message.contains("[1..2,3]") == true)
    }

    @Test func `an input of unknown rank takes every shape`() throws {
        let core = try Core(searchPaths: [Fixture.example.path])
        let request = try core.compile(model(.unranked), device: "EXAMPLE").makeRequest()
        for shape in [[2], [1, 2], []] as [Shape] {
            #expect(try request.run([Tensor(zeros: .f32, shape)]) == [Tensor(zeros: .f32, shape)])
        }
    }

    @Test func `a variant that is needed again is not compiled again, and no more are kept than asked for`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.copy(.example, as: "libvireo_example.so")
        let host = try PluginLoader.load(path).host
        let compiled = try Core(searchPaths: [path]).compile(
            model(.ranked([.dynamic])), device: "EXAMPLE", properties: ["DYNAMIC_SHAPE_CACHE_SIZE": "2"])
        let request = try compiled.makeRequest()
        func run(_ extent: Int) throws -> Int {
            host.setAllocationPolicy(.succeed)
            _ = try request.run([Tensor(zeros: .f32, [extent])])
            return host.attemptCount
        }
        _ = try run(1)
        let warm = try run(1)
        _ = try run(2)
        #expect(try run(1) == warm && run(2) == warm)
        _ = try run(3)
        let live = host.liveAllocationCount
        #expect(try run(1) > warm)
        for extent in 4..<20 { _ = try run(extent) }
        #expect(host.liveAllocationCount == live)
    }

    @Test func `a value whose shape depends on the numbers is computed where dynamic shapes are taken`() throws {
        var model = Model(name: "positive")
        let data = Output(try model.add(Parameter(.f32, PartialShape([6])), name: "data"))
        let relu = Output(try model.add(UnaryElementwise(.relu), [data], name: "relu"))
        let places = Output(try model.add(nonZero(), [relu], name: "places"))
        let axis = try model.addConstant(Tensor(scalar: Int64(0)), name: "axis")
        let values = Output(try model.add(Gather(), [relu, places, axis], name: "values"))
        let axes = try model.addConstant(Tensor([0, 1] as [Int64]), name: "axes")
        let sum = Output(try model.add(Reduction(.sum, keepDims: false), [values, axes], name: "sum"))
        let doubled = Output(try model.add(BinaryElementwise(.add), [sum, sum], name: "doubled"))
        try model.add(Result(), [places], name: "places out")
        try model.add(Result(), [doubled], name: "doubled out")
        for device in ["REFERENCE", "CPU"] {
            let compiled = try core.compile(model, device: device)
            #expect(compiled.outputs[0].shape.shape == nil && compiled.outputs[1].shape.shape == .scalar)
            let homes = Dictionary(uniqueKeysWithValues: compiled.placement.nodes.map { ($0.name, $0.device) })
            for name in ["places", "values", "sum"] { #expect(homes[name] == "REFERENCE") }
            let request = try compiled.makeRequest()
            for (input, places, doubled): ([Float], [Int64], Float) in [
                ([-1, 2, 0, 3, -4, 5], [1, 3, 5], 20), ([0, 0, 0, 0, 0, 0], [], 0),
                ([1, 1, 1, 1, 1, 1], [0, 1, 2, 3, 4, 5], 12),
            ] {
                let outputs = try request.run([Tensor(input)])
                #expect(outputs == [Tensor(places, [1, places.count]), Tensor(scalar: doubled)])
            }
        }
    }

    @Test func `a device without dynamic shapes refuses such a node with that reason`() throws {
        var model = Model(name: "positive")
        let data = Output(try model.add(Parameter(.f32, PartialShape([6])), name: "data"))
        let places = Output(try model.add(nonZero(), [data], name: "places"))
        try model.add(Result(), [places], name: "result")
        let core = try Core(searchPaths: [Fixture.example.path])
        let error = #expect(throws: VireoError.self) { try core.compile(model, device: "EXAMPLE") }
        #expect(error?.context.last?.contains("DYNAMIC_SHAPES") == true)
    }

    @Test func `tasks that need a new variant at the same time share it`() async throws {
        let core = try Core(searchPaths: [Fixture.example.path])
        let compiled = try core.compile(model(.ranked([.dynamic])), device: "EXAMPLE")
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for task in 0..<16 {
                group.addTask {
                    let input = Tensor([Float](repeating: Float(task), count: 1 + task % 3))
                    return try await compiled.run([input]) == [input]
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }
}
