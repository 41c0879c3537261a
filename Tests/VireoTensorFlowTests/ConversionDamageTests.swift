import Foundation
import Testing
import VireoIR
import VireoSerialization
import VireoTensor
import VireoTensorFlow
import VireoTestSupport

/// Mutations of valid graphs are converted and written: the result is an error or a model that verifies.
@Suite("Conversion of damaged graphs")
struct ConversionDamageTests {
    private func convert(
        _ graph: @autoclosure () throws -> GraphDef, to folder: TemporaryFolder,
        _ options: ConversionOptions = ConversionOptions()
    ) {
        do {
            let model = try Converter(options).convert(graph(), name: "damaged").model
            try model.verify()
            // Damaged extents can stand for terabytes of zeros.
            let size = model.nodes.reduce(0) { $0 + min((($1.operation as? Constant)?.tensor.byteCount ?? 0), 1 << 40) }
            if size < 1 << 24 { try model.writeIR(directory: folder.path, name: "damaged") }
        } catch {
            #expect(error is VireoError, "\(error)")
        }
    }

    @Test("of single operations")
    func operations() throws {
        let folder = try TemporaryFolder()
        var random = SeededGenerator(state: 31)
        let graphs = OperationCase.all.map { [UInt8]($0.graph) }
        for round in 0..<mutationCount(2_000) {
            var bytes = graphs[round % graphs.count]
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            var options = ConversionOptions()
            options.batch = 1
            convert(try GraphDef(bytes: bytes), to: folder, options)
        }
    }

    @Test("with absurd numbers in attributes and constants", arguments: OperationCase.all)
    func absurdNumbers(_ sample: OperationCase) throws {
        let folder = try TemporaryFolder()
        let graph = try GraphDef(bytes: [UInt8](sample.graph))
        for (index, node) in graph.nodes.enumerated() {
            for damaged in try node.withAbsurdNumbers() {
                var nodes = graph.nodes
                nodes[index] = damaged
                convert(try GraphDef(nodes: nodes, functions: graph.functions), to: folder)
            }
        }
    }

    @Test("with inputs of other shapes", arguments: OperationCase.all)
    func otherShapes(_ sample: OperationCase) throws {
        let folder = try TemporaryFolder()
        let graph = try GraphDef(bytes: [UInt8](sample.graph))
        let shapes: [PartialShape] = [
            .unranked, .ranked([]), .ranked([1]), .ranked([3, 4]), .ranked([2, 3, 4]), .ranked([1, 5, 6, 3]),
            .ranked([1, 2, 3, 4, 5]), .ranked([0, 0, 0, 0]), .ranked([.dynamic, .dynamic, .dynamic, .dynamic]),
            .ranked([Dimension(1 << 40), 1, 1, 1]), .ranked([1, Dimension(1 << 31), Dimension(1 << 31), 3]),
        ]
        for place in sample.inputs.indices {
            for shape in shapes {
                var options = ConversionOptions()
                options.inputs = sample.inputs.indices.map { InputSpecification(PortSpecification("in\($0)")) }
                options.inputs[place].shape = shape
                convert(graph, to: folder, options)
            }
        }
    }

    @Test("a transposed convolution of an input of another rank, or longer than any image, is refused")
    func transposedConvolutions() throws {
        let given = try #require(OperationCase.all.first { $0.name.hasPrefix("Conv2DBackpropInput VALID") })
        for shape in [[1], [1, 5, 6], [1, 5, 6, 3, 1], [1, 1 << 40, 6, 3]] {
            var options = ConversionOptions()
            options.inputShapes = [.ranked(shape.map { Dimension($0) })]
            let error = #expect(throws: VireoError.self) {
                try Converter(options).convert(GraphDef(bytes: [UInt8](given.graph)), name: "damaged")
            }
            #expect(error?.description.contains("Conv2DBackpropInput") == true, "\(error as Any)")
        }
    }
}

extension NodeDef {
    /// The node with each whole number of its attributes, and of its constant, replaced by numbers that make no sense.
    fileprivate func withAbsurdNumbers() throws -> [NodeDef] {
        let absurd = [Int.min, 0, 1 << 40]
        var values: [(String, AttrValue)] = []
        for (key, attribute) in attributes.sorted(by: { $0.key < $1.key }) {
            switch attribute {
            case .int: values += absurd.map { (key, .int($0)) }
            case .list(let items):
                for place in items.indices {
                    guard case .int = items[place] else { continue }
                    values += absurd.map { number in
                        var changed = items
                        changed[place] = .int(number)
                        return (key, .list(changed))
                    }
                }
            case .tensor(let proto):
                guard let tensor = try? proto.tensor(), [.i32, .i64].contains(tensor.elementType) else { continue }
                let numbers = try tensor.doubles()
                for place in numbers.indices.prefix(3) {
                    values += try absurd.map { number in
                        var changed = numbers
                        // Both ends of the type's range, and what Double holds of them.
                        let limit = tensor.elementType == .i32 ? Double(Int32.max) : 0x1p62
                        changed[place] = max(-limit, min(limit, Double(number)))
                        return (
                            key, .tensor(try TensorProto(Tensor(tensor.elementType, tensor.shape, values: changed)))
                        )
                    }
                }
            default: continue
            }
        }
        return values.map { key, value in
            var changed = attributes
            changed[key] = value
            return NodeDef(
                name, op: op, inputs: inputs, controlInputs: controlInputs, device: device, attributes: changed)
        }
    }
}
