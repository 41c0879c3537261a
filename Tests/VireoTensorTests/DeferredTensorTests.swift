import Glibc
import Testing
import VireoTensor
import VireoTestSupport

@Suite("Tensors that are computed when they are read")
struct DeferredTensorTests {
    /// Large enough not to be computed at once: 0, 1, 2, …
    private func counting(_ shape: Shape) -> Tensor { Tensor((0..<shape.elementCount).map { Float($0) }, shape) }

    /// Element by element.
    private func transposed(_ tensor: Tensor, _ order: [Int]) throws -> [Float] {
        let strides = tensor.shape.strides
        let source = try tensor.array(of: Float.self)
        let extents = order.map { tensor.shape[$0] }
        return (0..<tensor.elementCount).map { number in
            var (rest, offset) = (number, 0)
            for axis in extents.indices.reversed() {
                offset += rest % extents[axis] * strides[order[axis]]
                rest /= extents[axis]
            }
            return source[offset]
        }
    }

    @Test(
        "a transposition moves every element to its place",
        arguments: [
            ([3, 3, 40, 70], [3, 2, 0, 1]), ([1, 1, 130, 150], [3, 2, 0, 1]), ([5, 70, 60], [2, 1, 0]),
            ([5, 70, 60], [1, 0, 2]), ([200, 100], [1, 0]), ([20_000], [0]), ([7, 1, 50, 1, 60], [4, 3, 2, 1, 0]),
            ([2, 3, 50, 60], [2, 3, 0, 1]),
        ])
    func transposes(_ extents: [Int], _ order: [Int]) throws {
        let tensor = counting(Shape(extents))
        let result = try tensor.transposed(order)
        #expect(result.shape.dimensions == order.map { extents[$0] })
        let expected = try transposed(tensor, order)
        for size in [1, 1000, 1 << 20] {
            let pieces = result.pieces(ofAtMost: size)
            #expect(pieces.map(\.count).reduce(0, +) == result.byteCount)
            let read = pieces.flatMap { piece in
                result.withUnsafeBytes(of: piece) { Array($0.bindMemory(to: Float.self)) }
            }
            #expect(read == expected)
        }
        #expect(try result.array(of: Float.self) == expected)
    }

    @Test("factors along axes follow the elements through later transpositions")
    func scales() throws {
        let tensor = counting([30, 20, 50])
        let factors = (0..<20).map { Float($0) - 7 }
        let more = (0..<30).map { 1 / Float($0 + 1) }
        let result = try tensor.scaled(by: factors, along: 1).transposed([2, 1, 0]).scaled(by: more, along: 2)
        let source = try tensor.array(of: Float.self)
        for piece in result.pieces(ofAtMost: 5000) {
            result.withUnsafeBytes(of: piece) { bytes in
                for (index, element) in bytes.bindMemory(to: Float.self).enumerated() {
                    let number = piece.lowerBound / 4 + index
                    let (i, j, k) = (number % 30, number / 30 % 20, number / 600)
                    #expect(element == source[(i * 20 + j) * 50 + k] * factors[j] * more[i])
                }
            }
        }
    }

    @Test("a shape that changes in between is respected")
    func reshapes() throws {
        let tensor = try counting([60, 400]).transposed([1, 0]).reshaped(to: [20, 20, 60]).transposed([2, 0, 1])
        #expect(tensor.shape == [60, 20, 20])
        #expect(try tensor.array(of: Float.self) == (0..<24_000).map { Float($0) })
    }

    @Test("elements that are not aligned in their memory are read as they are", arguments: [0, 1, 2, 3, 5])
    func unaligned(_ offset: Int) throws {
        let values = (0..<30_000).map { Float($0) * 0.5 }
        let storage = TensorStorage(byteCount: offset + values.count * 4)
        var bytes = try Tensor(.u8, [storage.byteCount], viewing: storage)
        bytes.withUnsafeMutableBytes { target in
            values.withUnsafeBytes { target[offset...].copyBytes(from: $0) }
        }
        let source = bytes
        let copy = TensorStorage(byteCount: storage.byteCount)
        var filled = try Tensor(.u8, [storage.byteCount], viewing: copy)
        source.withUnsafeBytes { from in filled.withUnsafeMutableBytes { $0.copyMemory(from: from) } }
        try filled.withUnsafeBytes { bytes in
            let view = TensorStorage(
                adopting: UnsafeMutableRawBufferPointer(mutating: bytes), isWritable: false, release: { _ in })
            let tensor = try Tensor(.f32, [100, 300], unaligned: view, byteOffset: offset)
            #expect(try tensor.array(of: Float.self) == values)
            #expect(try tensor.transposed([1, 0]).transposed([1, 0]) == tensor)
            tensor.withUnsafeBytes { #expect(UInt(bitPattern: $0.baseAddress) % 4 == 0) }
        }
    }

    @Test("a deferred tensor that is written becomes a tensor of its own")
    func written() throws {
        let original = try counting([200, 100]).transposed([1, 0])
        var copy = original
        copy.withUnsafeMutableElements(of: Float.self) { $0[1] = -1 }
        #expect(try copy.array(of: Float.self)[1] == -1)
        #expect(try original.array(of: Float.self)[1] == 100)
    }
}

@Suite("Files that are filled out of order")
struct ReservedFileTests {
    @Test("what was reserved is zeros until it is written, in any order")
    func reserves() throws {
        let folder = try TemporaryFolder()
        let file = try AtomicFile(path: folder.path("out"))
        try file.write("ab")
        let start = try file.reserve(6)
        #expect(start == 2 && file.offset == 8)
        try file.write("yz")
        try Array("!".utf8).withUnsafeBytes { try file.write($0, at: start + 4) }
        try Array("?".utf8).withUnsafeBytes { try file.write($0, at: start) }
        try file.commit()
        #expect(try folder.bytes(of: "out") == Array("ab?\0\0\0!\0yz".utf8))
    }
}
