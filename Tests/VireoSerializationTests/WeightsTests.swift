import Testing
import VireoIR
import VireoSerialization
import VireoTensor

@Suite("Constants of an IR")
struct WeightsTests {
    private func constant(_ type: String, _ shape: String, offset: Int = 0, size: Int, _ weights: [UInt8]) throws
        -> Tensor
    {
        let text = IRText.constant(type: type, shape: shape, offset: "\(offset)", size: "\(size)")
        let model = try text.model(weights: weights)
        let constant = try #require(model.nodes[0].operation as? Constant)
        return constant.tensor
    }

    @Test("view the weights without a copy where they are aligned")
    func views() throws {
        let storage = TensorStorage(byteCount: 64)
        let text = IRText.constant(type: "f32", shape: "2,2", offset: "16", size: "16").text
        let model = try Array(text.utf8).withUnsafeBytes { try Model(irDocument: $0, weights: { storage }) }
        let tensor = try #require(model.nodes[0].operation as? Constant).tensor
        let whole = try Tensor(.u8, [64], viewing: storage)
        let base = whole.withUnsafeBytes { $0.baseAddress }
        #expect(tensor.withUnsafeBytes { $0.baseAddress } == base.map { $0 + 16 })
    }

    @Test("are copied where they are not aligned", arguments: 1..<8)
    func unaligned(offset: Int) throws {
        let values = Tensor([Int64(-5), 7]).withUnsafeBytes { Array($0) }
        let bytes = Array(repeating: UInt8(9), count: offset) + values
        #expect(try constant("i64", "2", offset: offset, size: 16, bytes).array(of: Int64.self) == [-5, 7])
    }

    @Test("of booleans hold 0 and 1 only")
    func booleans() throws {
        let tensor = try constant("boolean", "5", size: 5, [0, 1, 2, 0x80, 0xFF])
        #expect(tensor.withUnsafeBytes { Array($0) } == [0, 1, 1, 1, 1])
    }

    @Test(
        "of packed types take their size in bits",
        arguments: [("u4", 3, 2), ("i4", 4, 2), ("u1", 9, 2), ("u1", 8, 1), ("nf4", 5, 3)])
    func packed(type: String, count: Int, size: Int) throws {
        let tensor = try constant(type, "\(count)", size: size, [0xA5, 0x5A, 0x77])
        #expect(tensor.byteCount == size)
        #expect(throws: VireoError.self) { try constant(type, "\(count)", size: size - 1, [0xA5, 0x5A, 0x77]) }
    }

    @Test("may be scalars, may be empty, and may be smaller than their blob")
    func sizes() throws {
        #expect(try constant("f32", "", size: 4, [0, 0, 0x80, 0x3F]) == Tensor(scalar: Float(1)))
        #expect(try constant("f32", "0,3", size: 0, []).elementCount == 0)
        #expect(try constant("u8", "2", size: 3, [1, 2, 3]) == Tensor([UInt8(1), 2]))
    }

    @Test("outside the weights, too small or of unknown types are refused")
    func refused() {
        let cases: [(String, String, String, String)] = [
            ("f32", "2", "0", "4"), ("f32", "2", "16", "8"), ("f32", "2", "12", "8"), ("f32", "2", "0", "17"),
            ("f32", "2", "9223372036854775800", "8"), ("f32", "2", "8", "9223372036854775807"),
            ("f32", "?,2", "0", "8"), ("f32", "...", "0", "8"), ("f32", "4611686018427387904,4", "0", "8"),
            ("string", "1", "0", "8"), ("dynamic", "1", "0", "8"), ("f33", "1", "0", "8"),
        ]
        for (type, shape, offset, size) in cases {
            let text = IRText.constant(type: type, shape: shape, offset: offset, size: size)
            let error = failure { _ = try text.model(weights: Array(repeating: 0, count: 16)) }
            #expect(
                error != nil && error?.context.first?.contains("constant0") == true,
                "\(type) \(shape) \(offset) \(size)")
        }
    }
}
