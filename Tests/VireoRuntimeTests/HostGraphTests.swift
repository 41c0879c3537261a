import CVireoPlugin
import Testing
import VireoIR
import VireoRuntime
import VireoTensor

/// The C view of a graph, read as a plugin reads it.
@Suite struct HostGraphTests {
    /// An operation with an attribute of each kind.
    struct Everything: Operation {
        var type: String { "Everything" }
        var version: Int { 8 }
        var attributes: [Attribute] {
            [
                Attribute("integer", .integer(-7)), Attribute("integers", .integers([1, 2])),
                Attribute("none", .integers([])), Attribute("number", .number(0.5)),
                Attribute("numbers", .numbers([1.5, -2])), Attribute("yes", .boolean(true)),
                Attribute("text", .string("größer")), Attribute("type", .elementType(.f16)),
                Attribute("shape", .shape(.ranked([3, .dynamic]))), Attribute("any shape", .shape(.unranked)),
            ]
        }
        func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
            [inputs[0], ValueType(.i64, Shape.scalar)]
        }
    }

    private let api = PluginHost().table.pointee

    /// data, weights -> Everything -> two outputs.
    private func makeGraph(weights: Tensor = Tensor([1, 2, 3] as [Float])) throws -> HostGraph {
        var model = Model(name: "graph")
        let data = Output(try model.add(Parameter(.f32, PartialShape([2, 3])), name: "data"))
        let constant = try model.addConstant(weights, name: "weights")
        let node = try model.add(Everything(), [data, constant, data], name: "node")
        return try HostGraph(
            model, nodes: [node], inputs: [data], outputs: [Output(node, 1), Output(node, 0)])
    }

    @Test func `nodes, values, inputs and outputs are found by index`() throws {
        let graph = try makeGraph()
        #expect(api.graph_node_count(graph.handle) == 1 && api.value_count(graph.handle) == 4)
        let node = try #require(api.graph_node(graph.handle, 0))
        #expect(String(cString: try #require(api.node_op_type(node))) == "Everything")
        #expect(String(cString: try #require(api.node_opset(node))) == "opset8")
        #expect(String(cString: try #require(api.node_name(node))) == "node")
        let inputs = (0..<api.node_input_count(node)).map { api.node_input(node, $0) }
        let outputs = (0..<api.node_output_count(node)).map { api.node_output(node, $0) }
        #expect(inputs == [0, 1, 0] && outputs == [2, 3])
        #expect(api.graph_input_count(graph.handle) == 1 && api.graph_input(graph.handle, 0) == 0)
        #expect(api.graph_output_count(graph.handle) == 2)
        #expect(api.graph_output(graph.handle, 0) == 3 && api.graph_output(graph.handle, 1) == 2)
        withExtendedLifetime(graph) {}
    }

    @Test func `what does not exist is NULL or -1`() throws {
        let graph = try makeGraph()
        let node = try #require(api.graph_node(graph.handle, 0))
        #expect(api.graph_node(graph.handle, 1) == nil)
        #expect(api.graph_input(graph.handle, 1) == -1 && api.graph_output(graph.handle, 2) == -1)
        #expect(api.node_input(node, 3) == -1 && api.node_output(node, 2) == -1)
        var byteCount = 0
        #expect(api.value_constant(graph.handle, 4, &byteCount) == nil)
        #expect(api.value_constant(graph.handle, -1, &byteCount) == nil)
        #expect(api.value_constant(graph.handle, 0, &byteCount) == nil)
        withExtendedLifetime(graph) {}
    }

    @Test func `values have types and shapes`() throws {
        let graph = try makeGraph()
        let described = (0..<4).map { value -> (Int32, [Int64]) in
            var info = vireo_tensor_info()
            info.struct_size = MemoryLayout<vireo_tensor_info>.size
            api.value_info(graph.handle, Int32(value), &info)
            return (info.element_type, Array(UnsafeBufferPointer(start: info.dims, count: Int(info.rank))))
        }
        #expect(described.map(\.0) == [VIREO_TYPE_F32, VIREO_TYPE_F32, VIREO_TYPE_F32, VIREO_TYPE_I64])
        #expect(described.map(\.1) == [[2, 3], [3], [2, 3], []])
        withExtendedLifetime(graph) {}
    }

    @Test func `a struct that is too short is left alone`() throws {
        let graph = try makeGraph()
        var info = vireo_tensor_info()
        info.struct_size = MemoryLayout<vireo_tensor_info>.size - 1
        info.rank = 42
        api.value_info(graph.handle, 0, &info)
        #expect(info.rank == 42)
        withExtendedLifetime(graph) {}
    }

    @Test func `attributes keep their order and become lists and text`() throws {
        let graph = try makeGraph()
        let node = api.graph_node(graph.handle, 0)
        let texts = (0..<api.node_attribute_count(node)).map { index -> String in
            var attribute = vireo_attribute()
            attribute.struct_size = MemoryLayout<vireo_attribute>.size
            api.node_attribute(node, index, &attribute)
            let key = String(cString: attribute.key)
            switch attribute.kind {
            case VIREO_ATTRIBUTE_I64_LIST:
                return "\(key) \(Array(UnsafeBufferPointer(start: attribute.i64, count: attribute.count)))"
            case VIREO_ATTRIBUTE_F64_LIST:
                return "\(key) \(Array(UnsafeBufferPointer(start: attribute.f64, count: attribute.count)))"
            default: return "\(key) \(String(cString: attribute.string))"
            }
        }
        #expect(
            texts == [
                "integer [-7]", "integers [1, 2]", "none []", "number [0.5]", "numbers [1.5, -2.0]", "yes [1]",
                "text größer", "type f16", "shape [3, -1]", "any shape ...",
            ])
        withExtendedLifetime(graph) {}
    }

    @Test func `constants are given in place, and copied only when they are not aligned`() throws {
        let storage = TensorStorage(byteCount: 64)
        for offset in [0, 4, 1] {
            let weights = try Tensor(.f32, [3], viewing: storage, byteOffset: offset)
            let graph = try makeGraph(weights: weights)
            var byteCount = 0
            let bytes = try #require(api.value_constant(graph.handle, 1, &byteCount))
            #expect(byteCount == 12 && UInt(bitPattern: bytes) % 4 == 0)
            let isInPlace = weights.withUnsafeBytes { $0.baseAddress == bytes }
            #expect(isInPlace == (offset % 4 == 0))
            withExtendedLifetime(graph) {}
        }
    }

    @Test func `a value from outside that is no input is an error`() throws {
        var model = Model(name: "graph")
        let data = Output(try model.add(Parameter(.f32, PartialShape([2])), name: "data"))
        let node = try model.add(UnaryElementwise(.relu), [data], name: "relu")
        #expect(throws: VireoError.self) {
            try HostGraph(model, nodes: [node], inputs: [], outputs: [Output(node)])
        }
    }
}
