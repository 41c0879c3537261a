import Testing
import VireoIR
import VireoTensor

/// Operations with graphs inside.
struct BodyTests {
    /// x + step, with the sum as both results.
    private func adding() throws -> Model {
        var model = Model(name: "adding")
        let part = try model.add(Parameter(.f32, extents(nil, 1, 3)), name: "part")
        let state = try model.add(Parameter(.f32, extents(nil, 1, 3)), name: "state")
        let sum = try model.add(BinaryElementwise(.add), [Output(part), Output(state)], name: "sum")
        try model.add(Result(), [Output(sum)], name: "last")
        try model.add(Result(), [Output(sum)], name: "each")
        return model
    }

    private func body() throws -> Body {
        Body(
            try adding(), inputs: [.init(0, to: 0, .init(axis: 1)), .init(1, to: 1)],
            outputs: [.init(0, to: 0), .init(1, to: 1, .init(axis: 1))], backEdges: [.init(from: 0, to: 1)])
    }

    private func outer(_ operation: any Operation, _ types: [(ElementType, PartialShape)]) throws -> (Model, NodeID) {
        var model = Model(name: "outer")
        let inputs = try types.enumerated().map { number, type in
            Output(try model.add(Parameter(type.0, type.1), name: "input \(number)"))
        }
        let id = try model.add(operation, inputs, name: "loop")
        for index in model[id].outputs.indices { try model.add(Result(), [Output(id, index)], name: "output \(index)") }
        return (model, id)
    }

    @Test("a TensorIterator joins as many parts as its input has")
    func iterator() throws {
        let (model, id) = try outer(TensorIterator(try body()), [(.f32, extents(2, 5, 3)), (.f32, extents(2, 1, 3))])
        #expect(model[id].outputs.map(\.type.shape) == [extents(2, 1, 3), extents(2, 5, 3)])
        #expect(model[id].bodies.count == 1)
        try model.verify()
    }

    @Test("a Loop of unknown length joins an unknown number of parts")
    func loop() throws {
        var inner = try body()
        inner.inputs = [.init(2, to: 0), .init(3, to: 1)]
        let (model, id) = try outer(
            Loop(inner), [(.i64, extents()), (.boolean, extents()), (.f32, extents(2, 1, 3)), (.f32, extents(2, 1, 3))])
        #expect(model[id].outputs.map(\.type.shape) == [extents(2, 1, 3), extents(2, nil, 3)])
    }

    @Test("what the branches of an If disagree on is unknown")
    func branches() throws {
        func branch(_ shape: PartialShape) throws -> Body {
            var model = Model(name: "branch")
            let parameter = try model.add(Parameter(.f32, shape), name: "value")
            try model.add(Result(), [Output(parameter)], name: "same")
            return Body(model, inputs: [.init(shape.rank == 1 ? 1 : 2, to: 0)], outputs: [.init(0, to: 0)])
        }
        let operation = try If(then: branch(extents(4)), else: branch(extents(4, 1)))
        let (model, id) = try outer(operation, [(.boolean, extents()), (.f32, extents(4)), (.f32, extents(4, 1))])
        #expect(model[id].outputs.map(\.type.shape) == [.unranked])
    }

    @Test("ties that name what does not exist are refused")
    func inconsistentTies() throws {
        var missing = try body()
        missing.inputs.removeLast()
        #expect(throws: VireoError.self) { try TensorIterator(missing) }
        var twice = try body()
        twice.inputs.append(.init(1, to: 0))
        #expect(throws: VireoError.self) { try TensorIterator(twice) }
        var beyond = try body()
        beyond.outputs[0].result = 7
        #expect(throws: VireoError.self) { try TensorIterator(beyond) }
        var still = try body()
        still.inputs[0].slicing?.stride = 0
        #expect(throws: VireoError.self) { try TensorIterator(still) }
    }

    @Test("parts run forwards and backwards, and never outside", arguments: [1, 2, 3])
    func parts(_ size: Int) throws {
        let forwards = Body.Slicing(axis: 0, stride: size, partSize: size)
        let backwards = Body.Slicing(axis: 0, start: -1, end: 0, stride: -size, partSize: size)
        #expect(try forwards.parts(of: 6) == Array(stride(from: 0, to: 6, by: size)))
        #expect(try backwards.parts(of: 6) == Array(stride(from: 0, to: 6, by: size)).reversed())
        #expect(throws: VireoError.self) { try Body.Slicing(axis: 0, start: 0, end: 9).parts(of: 6) }
        #expect(throws: VireoError.self) { try Body.Slicing(axis: 0, stride: 4, partSize: 4).parts(of: 6) }
    }

    @Test("ties survive the way through attributes")
    func attributes() throws {
        let body = try body()
        let again = try Body(body.model, 0, AttributeReader(body.attributes(0)))
        #expect(again.inputs == body.inputs)
        #expect(again.outputs == body.outputs)
        #expect(again.backEdges == body.backEdges)
        #expect(again.iterationParameter == nil)
    }
}

/// A shape of these extents; nil is unknown.
private func extents(_ extents: Int?...) -> PartialShape {
    .ranked(extents.map { extent in extent.map { Dimension($0) } ?? .dynamic })
}
