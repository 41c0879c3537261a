import Glibc
import Testing
import VireoIR
import VireoRuntime
import VireoTensor
import VireoTestSupport

/// Models over two devices: EXAMPLE, and a copy of it that refuses ReLU.
@Suite struct PlacementTests {
    let folder: TemporaryFolder
    let core: Core

    init() throws {
        folder = try TemporaryFolder()
        let partial = try folder.variant(of: .example, named: "PARTIAL", without: ["ReLU"], as: "libpartial.so")
        let other = try folder.variant(of: .example, named: "SPARSE\0", without: ["SoftShrink"], as: "libsparse.so")
        core = try Core(searchPaths: [Fixture.example.path, partial, other])
    }

    @Test func `nodes that the first device refuses run on the second`() throws {
        let compiled = try core.compile(.sample(), device: "HETERO:PARTIAL,EXAMPLE")
        #expect(compiled.placement.nodes.map(\.device) == ["EXAMPLE", "PARTIAL", "PARTIAL"])
        #expect(compiled.devices.map(\.name) == ["EXAMPLE", "PARTIAL"])
        #expect(try compiled.makeRequest().run([sampleInput]) == [sampleOutput])
    }

    @Test func `the placement says in one line and in full where nodes went and why`() throws {
        let placement = try core.compile(.sample(), device: "HETERO:PARTIAL,EXAMPLE").placement
        #expect(placement.summary == "EXAMPLE 1 node, PARTIAL 2 nodes; 2 subgraphs")
        #expect(
            placement.description == """
                subgraph0 on EXAMPLE: 1 node
                  ReLU "relu"
                    PARTIAL refused: EXAMPLE knows ReLU, Add and SoftShrink only
                subgraph1 on PARTIAL: 2 nodes
                  Add "sum"
                  SoftShrink "shrunk"
                """)
    }

    @Test func `a chain that goes back and forth gives the same numbers as one device`() throws {
        var model = Model(name: "zigzag")
        var value = Output(try model.add(Parameter(.f32, PartialShape([2, 3])), name: "data"))
        let data = value
        var results: [Output] = []
        for step in 0..<6 {
            let shrunk = Output(try model.add(SoftShrink(lambda: 0.25), [value], name: "shrink\(step)"))
            let relu = Output(try model.add(UnaryElementwise(.relu), [shrunk], name: "relu\(step)"))
            value = Output(try model.add(BinaryElementwise(.add), [relu, data], name: "sum\(step)"))
            results.append(step % 2 == 0 ? relu : value)
        }
        for (index, result) in results.enumerated() { try model.add(Result(), [result], name: "result\(index)") }
        let input = Tensor([-2, -1, -0.1, 0.1, 1, 2] as [Float], [2, 3])
        let expected = try core.compile(model, device: "EXAMPLE").makeRequest().run([input])
        for device in ["HETERO:PARTIAL,SPARSE", "HETERO:SPARSE,PARTIAL", "HETERO:PARTIAL,SPARSE,EXAMPLE"] {
            let compiled = try core.compile(model, device: device)
            #expect(compiled.devices.count == 2 && compiled.placement.subgraphs.count > 6)
            let request = try compiled.makeRequest()
            for _ in 0..<3 { #expect(try request.run([input]) == expected) }
        }
    }

    @Test func `profile rows of several subgraphs say which`() throws {
        let compiled = try core.compile(
            .sample(), device: "HETERO:PARTIAL,EXAMPLE", properties: ["PERF_COUNT": "YES"])
        let request = try compiled.makeRequest()
        _ = try request.run([sampleInput])
        #expect(try request.profile.map(\.nodeName) == ["subgraph0: relu", "subgraph1: sum", "subgraph1: shrunk"])
    }

    @Test func `nodes that nobody takes are all named with every device's reason`() throws {
        var model = try Model.sample()
        let data = Output(model.parameters[0])
        let sine = Output(try model.add(UnaryElementwise(.sin), [data], name: "wave"))
        let cosine = Output(try model.add(UnaryElementwise(.cos), [sine], name: "other wave"))
        try model.add(Result(), [cosine], name: "extra")
        let error = #expect(throws: VireoError.self) { try core.compile(model, device: "HETERO:EXAMPLE,PARTIAL") }
        #expect(error?.code == .unsupported && error?.message == "2 nodes are taken by no device")
        let reason = "EXAMPLE knows ReLU, Add and SoftShrink only"
        #expect(
            error?.context.suffix(2) == [
                "node \"wave\" (Sin): EXAMPLE: \(reason); PARTIAL: \(reason)",
                "node \"other wave\" (Cos): EXAMPLE: \(reason); PARTIAL: \(reason)",
            ])
    }

    @Test func `a device that takes a node and cannot compile it is an error with its name`() throws {
        let core = try Core(searchPaths: [try folder.copy(.faulty, as: "libtakes_all.so")])
        let error = #expect(throws: VireoError.self) { try core.compile(.sample(), device: "FAULTY") }
        #expect(error?.message == "FAULTY does nothing" && error?.context.contains("device FAULTY") == true)
    }

    @Test func `a refusal without a reason is still a refusal`() throws {
        let core = try Core(searchPaths: [try folder.copy(.faulty, as: "libreasonless.so")])
        let error = #expect(throws: VireoError.self) { try core.compile(.sample(), device: "FAULTY") }
        #expect(error?.context.last?.contains("no reason given") == true)
    }

    @Test func `HETERO puts nodes where the model's file wants them, and a single device does not mind`() throws {
        var model = try Model.sample()
        let sum = try #require(model.node(named: "sum")).id
        model.setRuntimeInfo([RuntimeInfo("affinity", value: "EXAMPLE")], of: sum)
        let compiled = try core.compile(model, device: "HETERO:PARTIAL,EXAMPLE")
        #expect(compiled.placement.nodes.map(\.device) == ["EXAMPLE", "EXAMPLE", "PARTIAL"])
        #expect(try compiled.makeRequest().run([sampleInput]) == [sampleOutput])
        #expect(try core.compile(model, device: "EXAMPLE").placement.subgraphs.count == 1)

        let attribute = RuntimeInfo("attribute", attributes: [.init("name", "affinity"), .init("value", "nowhere")])
        model.setRuntimeInfo([attribute], of: sum)
        let unknown = #expect(throws: VireoError.self) { try core.compile(model, device: "HETERO:PARTIAL,EXAMPLE") }
        #expect(unknown?.code == .notFound && unknown?.message.contains("NOWHERE") == true)

        let relu = try #require(model.node(named: "relu")).id
        model.setRuntimeInfo([], of: sum)
        model.setRuntimeInfo([RuntimeInfo("affinity", value: "PARTIAL")], of: relu)
        let refused = #expect(throws: VireoError.self) { try core.compile(model, device: "HETERO:PARTIAL,EXAMPLE") }
        #expect(refused?.context.last?.contains("PARTIAL: EXAMPLE knows") == true)
    }

    @Test func `without fallback the first device must take everything`() throws {
        let error = #expect(throws: VireoError.self) {
            try core.compile(.sample(), device: "HETERO:PARTIAL,EXAMPLE", properties: ["ENABLE_FALLBACK": "NO"])
        }
        #expect(error?.context.last?.contains("\"relu\"") == true && error?.remedy?.contains("ENABLE_FALLBACK") == true)
    }

    @Test func `any placement of nodes gives the numbers of a single device`() throws {
        var random = PartitionerTests.SplitMix(state: 11)
        let input = Tensor([-2, -1, -0.1, 0.1, 1, 2] as [Float], [2, 3])
        for number in 0..<150 {
            var model = Model(name: "random \(number)")
            var values = [Output(try model.add(Parameter(.f32, PartialShape([2, 3])), name: "data"))]
            for step in 0..<Int.random(in: 1...14, using: &random) {
                let first = values.randomElement(using: &random)!
                let name = "node\(step)"
                let id =
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: try model.add(UnaryElementwise(.relu), [first], name: name)
                    case 1: try model.add(SoftShrink(lambda: 0.25), [first], name: name)
                    default:
                        try model.add(
                            BinaryElementwise(.add), [first, values.randomElement(using: &random)!], name: name)
                    }
                values.append(Output(id))
            }
            for (index, value) in values.enumerated() where index == values.count - 1 || index % 4 == 1 {
                try model.add(Result(), [value], name: "result\(index)")
            }
            let expected = try core.compile(model, device: "EXAMPLE").makeRequest().run([input])
            for value in values.dropFirst() {
                let type = model[value.node].type
                let homes = ["EXAMPLE"] + (type == "ReLU" ? [] : ["PARTIAL"]) + (type == "SoftShrink" ? [] : ["SPARSE"])
                let home = homes.randomElement(using: &random)!
                model.setRuntimeInfo([RuntimeInfo("affinity", value: home)], of: value.node)
            }
            let compiled = try core.compile(model, device: "HETERO:EXAMPLE,PARTIAL,SPARSE")
            #expect(try compiled.makeRequest().run([input]) == expected, "\(compiled.placement)")
        }
    }

    @Test func `HETERO draws where nodes run when it is asked to`() throws {
        // The drawings go to the working folder, under the model's name.
        var model = try Model.sample()
        model.name = "drawn \(UInt64.random(in: 0...UInt64.max))"
        let name = model.name.replacing(" ", with: "_")
        let files = ["hetero_affinity_\(name).dot", "hetero_subgraphs_\(name).dot"]
        defer { for file in files { unlink(file) } }
        _ = try core.compile(
            model, device: "HETERO:PARTIAL,EXAMPLE", properties: ["HETERO_DUMP_GRAPH_DOT": "YES"])
        let texts = try files.map { file in
            let opened = try RegularFile(path: file)
            return String(decoding: try opened.bytes(at: 0, count: opened.size), as: UTF8.self)
        }
        #expect(texts[0].contains("n0 [label=\"relu\\nReLU\\nEXAMPLE\"") && texts[0].contains("n0 -> n1;"))
        #expect(texts[1].contains("s1 [label=\"subgraph1\\nPARTIAL\\nnodes: 2\"") && texts[1].contains("s0 -> s1"))
    }
}
