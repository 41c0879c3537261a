import Testing
import VireoTensor
import VireoTensorFlow
import VireoTestSupport

@Suite("Decoding constant tensors")
struct GraphTensorTests {
    private func bytes<Value: BitwiseCopyable>(_ values: [Value]) -> [UInt8] {
        values.withUnsafeBytes { Array($0) }
    }

    private func content<Element: TensorElement>(_ type: DataType, _ values: [Element]) throws -> Tensor {
        try constant(type, [values.count]) { $0.data(Field.Tensor.content, bytes(values)) }.tensor()
    }

    @Test("contents as bytes are read for every element type")
    func contents() throws {
        #expect(try content(.float, [Float(1.5), -2]) == Tensor([Float(1.5), -2]))
        #expect(try content(.double, [1.5, -2.0]) == Tensor([1.5, -2.0]))
        #expect(try content(.half, [Float16(1.5), -2]) == Tensor([Float16(1.5), -2]))
        #expect(try content(.int64, [Int64.min, 7]) == Tensor([Int64.min, 7]))
        #expect(try content(.int32, [Int32.min, 7]) == Tensor([Int32.min, 7]))
        #expect(try content(.int16, [Int16.min, 7]) == Tensor([Int16.min, 7]))
        #expect(try content(.int8, [Int8.min, 7]) == Tensor([Int8.min, 7]))
        #expect(try content(.uint64, [UInt64.max, 7]) == Tensor([UInt64.max, 7]))
        #expect(try content(.uint32, [UInt32.max, 7]) == Tensor([UInt32.max, 7]))
        #expect(try content(.uint16, [UInt16.max, 7]) == Tensor([UInt16.max, 7]))
        #expect(try content(.uint8, [UInt8.max, 7]) == Tensor([UInt8.max, 7]))
        #expect(try content(.quint8, [UInt8.max, 7]) == Tensor([UInt8.max, 7]))
        #expect(try content(.qint8, [Int8.min, 7]) == Tensor([Int8.min, 7]))
        #expect(try content(.qint32, [Int32.min, 7]) == Tensor([Int32.min, 7]))
    }

    @Test("booleans in bytes are true for every value but zero")
    func booleanContent() throws {
        #expect(
            try constant(.bool, [3]) { $0.data(Field.Tensor.content, [0, 1, 255]) }.tensor()
                == Tensor([false, true, true]))
    }

    @Test("a bfloat16 keeps its bits")
    func bfloat16() throws {
        let content = try constant(.bfloat16, [2]) { $0.data(Field.Tensor.content, [0x80, 0x3F, 0x00, 0xC0]) }
        #expect(try content.tensor().elementType == .bf16)
        #expect(try content.tensor().doubles() == [1, -2])
        let listed = try constant(.bfloat16, [1]) { $0.varint(Field.Tensor.halves, 0x3F80) }
        #expect(try listed.tensor().doubles() == [1])
    }

    @Test("lists are read for every element type, packed or not")
    func lists() throws {
        let floats = bytes([Float(1.5), -2])
        #expect(
            try constant(.float, [2]) { $0.data(Field.Tensor.floats, floats) }.tensor() == Tensor([Float(1.5), -2]))
        let loose = try constant(.float, [2]) { tensor in
            tensor.fixed32(Field.Tensor.floats, Float(1.5).bitPattern)
            tensor.fixed32(Field.Tensor.floats, Float(-2).bitPattern)
        }
        #expect(try loose.tensor() == Tensor([Float(1.5), -2]))
        let doubles = bytes([1.5, -2.0])
        #expect(try constant(.double, [2]) { $0.data(Field.Tensor.doubles, doubles) }.tensor() == Tensor([1.5, -2.0]))
        let halves = try constant(.half, [2]) { tensor in
            tensor.varint(Field.Tensor.halves, Int64(Float16(1.5).bitPattern))
            tensor.varint(Field.Tensor.halves, Int64(Float16(-2).bitPattern))
        }
        #expect(try halves.tensor() == Tensor([Float16(1.5), -2]))
        #expect(try listed(.int32, Field.Tensor.ints, [-1, 2]) == Tensor([Int32(-1), 2]))
        #expect(try listed(.int16, Field.Tensor.ints, [-1, 2]) == Tensor([Int16(-1), 2]))
        #expect(try listed(.int8, Field.Tensor.ints, [-1, 2]) == Tensor([Int8(-1), 2]))
        #expect(try listed(.uint8, Field.Tensor.ints, [255, 2]) == Tensor([UInt8(255), 2]))
        #expect(try listed(.uint16, Field.Tensor.ints, [65535, 2]) == Tensor([UInt16(65535), 2]))
        #expect(try listed(.qint8, Field.Tensor.ints, [-1, 2]) == Tensor([Int8(-1), 2]))
        #expect(try listed(.int64, Field.Tensor.int64s, [.min, 2]) == Tensor([Int64.min, 2]))
        #expect(try listed(.uint32, Field.Tensor.uint32s, [4_294_967_295, 2]) == Tensor([UInt32.max, 2]))
        #expect(try listed(.uint64, Field.Tensor.uint64s, [-1, 2]) == Tensor([UInt64.max, 2]))
        #expect(try listed(.bool, Field.Tensor.bools, [1, 0]) == Tensor([true, false]))
    }

    private func listed(_ type: DataType, _ field: Int, _ values: [Int64]) throws -> Tensor {
        try constant(type, [values.count]) { tensor in
            for value in values { tensor.varint(field, value) }
        }.tensor()
    }

    @Test("the last value of a short list repeats, and an empty list is zeros")
    func splats() throws {
        let one = try constant(.float, [2, 2]) { $0.fixed32(Field.Tensor.floats, Float(3).bitPattern) }
        #expect(try one.tensor() == Tensor([Float(3), 3, 3, 3], [2, 2]))
        let two = try constant(.int32, [5]) { $0.data(Field.Tensor.ints, [1, 2]) }
        #expect(try two.tensor() == Tensor([Int32(1), 2, 2, 2, 2]))
        #expect(try constant(.int64, [3]) { _ in }.tensor() == Tensor([Int64(0), 0, 0]))
        #expect(try constant(.bool, []) { $0.varint(Field.Tensor.bools, 1) }.tensor() == Tensor(scalar: true))
    }

    @Test("a tensor without elements has none, however it is written")
    func noElements() throws {
        #expect(try constant(.float, [0, 3]) { _ in }.tensor().shape == [0, 3])
        #expect(try constant(.string, [0]) { _ in }.strings() == [])
    }

    @Test("strings are bytes")
    func strings() throws {
        let two = try constant(.string, [3]) { tensor in
            tensor.data(Field.Tensor.strings, [0xFF, 0x00])
            tensor.string(Field.Tensor.strings, "b")
        }
        #expect(try two.strings() == [[0xFF, 0x00], [0x62], [0x62]])
        #expect(failure { _ = try two.tensor() }?.code == .unsupported)
        let number = try constant(.float, []) { _ in }
        #expect(failure { _ = try number.strings() }?.code == .invalidArgument)
    }

    @Test("contents and lists that do not fit the shape are errors")
    func misfits() throws {
        let short = try constant(.float, [2]) { $0.data(Field.Tensor.content, [0, 0, 0, 0, 0, 0, 0]) }
        #expect(
            failure { _ = try short.tensor() }?.message
                == "a tensor float32[2] has 7 bytes, which is not its size")
        let long = try constant(.int32, [2]) { $0.data(Field.Tensor.ints, [1, 2, 3]) }
        #expect(failure { _ = try long.tensor() }?.code == .malformedFile)
        let unknown = try constant(.float, [-1]) { _ in }
        #expect(failure { _ = try unknown.tensor() }?.code == .malformedFile)
    }

    @Test("sizes that overflow or that memory cannot hold are errors")
    func absurdSizes() throws {
        let most = Int(Int64.max)
        for shape in [[most, most], [1 << 40, 1 << 40], [1 << 47], [1 << 31, 2]] {
            let tensor = try constant(.float, shape) { $0.fixed32(Field.Tensor.floats, 0) }
            #expect(failure { _ = try tensor.tensor() }?.code == .malformedFile, "\(shape)")
            let text = try constant(.string, shape) { $0.string(Field.Tensor.strings, "") }
            #expect(failure { _ = try text.strings() }?.code == .malformedFile, "\(shape)")
        }
        let empty = try constant(.float, [0, most, most]) { _ in }
        #expect(failure { _ = try empty.tensor() }?.code == .malformedFile)
    }

    @Test(
        "types that no tensor can hold are unsupported", arguments: [DataType.complex64, .resource, .variant, .invalid])
    func unsupportedTypes(_ type: DataType) throws {
        let tensor = try constant(type, []) { _ in }
        #expect(failure { _ = try tensor.tensor() }?.code == .unsupported)
    }

    @Test("aligned contents are viewed in place, others are copied, and both outlive the graph")
    func views() throws {
        let values = (0..<64).map { Float($0) }
        var addresses: Set<Int> = []
        for padding in 0..<4 {
            var graph: GraphDef? = try GraphDef(
                bytes: graphBytes { graph in
                    graph.node("c" + String(repeating: "-", count: padding), "Const") { node in
                        node.attribute("value") { value in
                            value.message(Field.Value.tensor) { tensor in
                                tensor.varint(Field.Tensor.type, 1)
                                tensor.message(Field.Tensor.shape) { $0.dimensions([64]) }
                                tensor.data(Field.Tensor.content, bytes(values))
                            }
                        }
                    }
                })
            let proto = try #require(try graph?.nodes[0].tensor("value"))
            let first = try proto.tensor()
            let second = try proto.tensor()
            graph = nil
            #expect(first == Tensor(values))
            let isShared = first.withUnsafeBytes { one in
                second.withUnsafeBytes { other in one.baseAddress == other.baseAddress }
            }
            addresses.insert(isShared ? 1 : 0)
            var changed = first
            changed.withUnsafeMutableElements(of: Float.self) { $0[0] = 9 }
            #expect(second == Tensor(values))
        }
        #expect(addresses == [0, 1])
    }

    @Test("a tensor made here is given back")
    func ownTensor() throws {
        let tensor = Tensor([Int32(1), 2], [2, 1])
        let proto = try TensorProto(tensor)
        #expect(proto.dataType == .int32)
        #expect(proto.shape == PartialShape([2, 1]))
        #expect(try proto.tensor() == tensor)
    }
}
