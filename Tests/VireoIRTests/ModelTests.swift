import Testing
import VireoIR
import VireoTensor

@Suite("A model")
struct ModelTests {
    /// x → relu → add(relu, ones) → y
    private struct Fixture {
        var model = Model(name: "fixture")
        let x: Output
        let relu: Output
        let ones: Output
        let sum: Output
        let y: NodeID

        init() throws {
            x = Output(try model.add(Parameter(.f32, PartialShape([2, 3])), name: "x"))
            relu = Output(try model.add(UnaryElementwise(.relu), [x], name: "relu"))
            ones = try model.addConstant(Tensor([1, 1, 1] as [Float]), name: "ones")
            sum = Output(try model.add(BinaryElementwise(.add), [relu, ones], name: "sum"))
            y = try model.add(Result(), [sum], name: "y")
        }
    }

    @Test("knows its nodes, their types and who reads what")
    func reading() throws {
        let fixture = try Fixture()
        let model = fixture.model
        #expect(model.nodeCount == 5)
        #expect(model.type(of: fixture.sum).description == "f32[2,3]")
        #expect(model.uses(of: fixture.relu) == [Use(fixture.sum.node, 0)])
        #expect(model.soleUser(of: fixture.ones)?.name == "sum")
        #expect(model.producer(of: model[fixture.sum.node], 1).name == "ones")
        #expect(model.constant(fixture.ones) == Tensor([1, 1, 1] as [Float]))
        #expect(model.node(named: "relu")?.id == fixture.relu.node && model.node(named: "nothing") == nil)
        #expect(model.parameters == [fixture.x.node] && model.results == [fixture.y])
        try model.verify()
    }

    @Test("refuses inputs that do not fit, and names the node and its inputs")
    func refusedNode() throws {
        var fixture = try Fixture()
        let wrong = try fixture.model.addConstant(Tensor([1, 2] as [Float]), name: "wrong")
        let before = fixture.model.description
        do {
            try fixture.model.add(BinaryElementwise(.add), [fixture.x, wrong], name: "bad")
            Issue.record("shapes [2,3] and [2] were added")
        } catch {
            #expect(error.code == .invalidArgument)
            #expect(error.context == ["node \"bad\" (Add) with inputs f32[2,3], f32[2]"])
        }
        #expect(fixture.model.description == before)
        #expect(throws: VireoError.self) { try fixture.model.add(Result(), [Output(fixture.y)], name: "of a result") }
        #expect(throws: VireoError.self) {
            try fixture.model.add(Result(), [Output(fixture.x.node, 1)], name: "second")
        }
    }

    @Test("gives every node its own name")
    func names() throws {
        var fixture = try Fixture()
        let names = try (0..<3).map { _ in
            let id = try fixture.model.add(UnaryElementwise(.relu), [fixture.x], name: "relu")
            return fixture.model[id].name
        }
        #expect(names == ["relu_1", "relu_2", "relu_3"])
        #expect(fixture.model.uniqueName("relu") == "relu_4" && fixture.model.uniqueName("free") == "free")
        fixture.model.rename(fixture.relu.node, to: "sum")
        #expect(fixture.model[fixture.relu.node].name == "sum_1" && fixture.model.uniqueName("relu") == "relu")
        try fixture.model.verify()
    }

    @Test("moves readers and tensor names from one value to another")
    func replaceUses() throws {
        var fixture = try Fixture()
        fixture.model.setTensorNames(["relu:0"], of: fixture.relu)
        let sigmoid = Output(try fixture.model.add(UnaryElementwise(.sigmoid), [fixture.relu], name: "sigmoid"))
        fixture.model.replaceUses(of: fixture.relu, with: sigmoid)
        #expect(fixture.model.uses(of: sigmoid) == [Use(fixture.sum.node, 0)])
        #expect(fixture.model.uses(of: fixture.relu) == [Use(sigmoid.node, 0)])
        #expect(fixture.model[sigmoid.node].outputs[0].tensorNames == ["relu:0"])
        #expect(fixture.model[fixture.relu.node].outputs[0].tensorNames == [])
        let order = try fixture.model.topologicalOrder().map { fixture.model[$0].name }
        #expect(order == ["x", "relu", "ones", "sigmoid", "sum", "y"])
        try fixture.model.verify()
    }

    @Test("replaces an operation and keeps the names and annotations of its values")
    func replaceOperation() throws {
        var fixture = try Fixture()
        let info = [RuntimeInfo("attribute", value: "kept")]
        fixture.model.setTensorNames(["sum:0"], of: fixture.sum)
        fixture.model.setRuntimeInfo(info, of: fixture.sum)
        try fixture.model.replace(fixture.sum.node, with: BinaryElementwise(.less), inputs: [fixture.x, fixture.ones])
        let node = fixture.model[fixture.sum.node]
        #expect(node.outputs[0].type.elementType == .boolean)
        #expect(node.outputs[0].tensorNames == ["sum:0"] && node.outputs[0].runtimeInfo == info)
        #expect(fixture.model.uses(of: fixture.relu).isEmpty)
        fixture.model.removeDeadNodes()
        #expect(fixture.model.nodes.map(\.name) == ["x", "ones", "sum", "y"])
        try fixture.model.verify()
    }

    @Test("removes what nobody reads, but no parameter and no result")
    func deadNodes() throws {
        var fixture = try Fixture()
        let unused = try fixture.model.add(Parameter(.f32, .unranked), name: "unused")
        var value = fixture.x
        for index in 0..<4 {
            value = Output(try fixture.model.add(UnaryElementwise(.exp), [value], name: "dead\(index)"))
        }
        fixture.model.removeDeadNodes()
        #expect(fixture.model.nodes.map(\.name) == ["x", "relu", "ones", "sum", "y", "unused"])
        fixture.model.remove(unused)
        #expect(fixture.model.parameters == [fixture.x.node] && !fixture.model.contains(unused))
        try fixture.model.verify()
    }

    @Test("is a value: a copy changes alone")
    func copies() throws {
        let fixture = try Fixture()
        var copy = fixture.model
        copy.rename(fixture.y, to: "other")
        #expect(fixture.model[fixture.y].name == "y" && copy[fixture.y].name == "other")
    }

    @Test("names the nodes of a cycle")
    func cycles() throws {
        var fixture = try Fixture()
        fixture.model.setInput(Use(fixture.relu.node, 0), to: fixture.sum)
        do {
            _ = try fixture.model.topologicalOrder()
            Issue.record("a cycle has an order")
        } catch {
            #expect(error.message == "the graph has a cycle through \"relu\", \"sum\", \"y\"")
        }
        #expect(throws: VireoError.self) { try fixture.model.verify() }
        #expect(fixture.model.description.contains("\"sum\""))
    }

    @Test("infers everything again after a parameter changes")
    func inferAgain() throws {
        var fixture = try Fixture()
        try fixture.model.replace(fixture.x.node, with: Parameter(.f32, PartialShape([5, 2, 3])))
        do {
            try fixture.model.verify()
            Issue.record("stale types passed the verifier")
        } catch {
            #expect(error.code == .internalError && error.message.contains("\"relu\" (ReLU) is recorded as"))
        }
        try fixture.model.inferTypes()
        #expect(fixture.model.type(of: fixture.sum).description == "f32[5,2,3]")
        try fixture.model.verify()
    }

    @Test("without a result does not pass the verifier")
    func withoutResult() throws {
        var fixture = try Fixture()
        fixture.model.remove(fixture.y)
        #expect(throws: VireoError.self) { try fixture.model.verify() }
    }

    @Test("refuses extents beyond any memory, which inference could not add up")
    func hugeExtents() throws {
        var model = Model(name: "huge")
        let huge = PartialShape.ranked([Dimension(1 << 62)])
        #expect(throws: VireoError.self) { try model.add(Parameter(.f32, huge), name: "x") }
        let reversed = PartialShape.ranked([Dimension(lower: 9, upper: 3)])
        #expect(throws: VireoError.self) { try model.add(Parameter(.f32, reversed), name: "x") }
    }

    @Test("prints one line a node in topological order")
    func printing() throws {
        let lines = """
            model "fixture"
            %0 = Parameter "x" () shape=2,3 element_type=f32 -> f32[2,3]
            %1 = ReLU "relu" (%0) -> f32[2,3]
            %2 = Constant "ones" () element_type=f32 shape=3 -> f32[3]
            %3 = Add "sum" (%1, %2) auto_broadcast=numpy -> f32[2,3]
            %4 = Result "y" (%3)
            """
        #expect(try Fixture().model.description == lines)
    }
}
