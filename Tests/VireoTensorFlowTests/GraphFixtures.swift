import VireoTensor
import VireoTensorFlow
import VireoTestSupport

/// Field numbers of TensorFlow's messages, written out once more so that a slip in the package's own is noticed.
enum Field {
    enum Graph { static let node = 1, library = 2, versions = 4 }
    enum Node { static let name = 1, op = 2, input = 3, device = 4, attribute = 5 }
    enum Value {
        static let list = 1, string = 2, int = 3, float = 4, bool = 5, type = 6, shape = 7, tensor = 8, placeholder = 9
        static let function = 10
    }
    enum Tensor {
        static let type = 1, shape = 2, content = 4, floats = 5, doubles = 6, ints = 7, strings = 8, int64s = 10
        static let bools = 11, halves = 13, uint32s = 16, uint64s = 17
    }
}

/// A binary graph of the nodes that `body` writes.
func graphBytes(_ body: (inout ProtobufWriter) -> Void) -> [UInt8] {
    var graph = ProtobufWriter()
    body(&graph)
    return graph.bytes
}

extension ProtobufWriter {
    /// The fields of a TensorShapeProto.
    mutating func dimensions(_ extents: [Int]) {
        for extent in extents { message(2) { $0.varint(1, Int64(extent)) } }
    }
}

/// A graph of one Const, whose TensorProto has `type` and `shape` and what `body` writes.
func constant(_ type: DataType, _ shape: [Int], _ body: (inout ProtobufWriter) -> Void) throws -> TensorProto {
    let bytes = graphBytes { graph in
        graph.node("c", "Const") { node in
            node.attribute("value") { value in
                value.message(Field.Value.tensor) { tensor in
                    tensor.varint(Field.Tensor.type, Int64(type.rawValue))
                    tensor.message(Field.Tensor.shape) { $0.dimensions(shape) }
                    body(&tensor)
                }
            }
        }
    }
    return try GraphDef(bytes: bytes).nodes[0].tensor("value")
}

/// The error that `body` throws.
func failure(_ body: () throws -> Void) -> VireoError? {
    do {
        try body()
        return nil
    } catch {
        return error as? VireoError
    }
}
