import Testing
import VireoTensor
import VireoTestSupport

@Suite("A .npy file")
struct NumpyFileTests {
    static let types: [ElementType] = [
        .boolean, .i8, .u8, .i16, .u16, .i32, .u32, .i64, .u64, .f16, .f32, .f64,
    ]

    @Test(
        "gives back what was written", arguments: types,
        [[], [0], [1], [7], [2, 3], [3, 0, 2], [2, 1, 3, 2]] as [Shape])
    func roundTrip(type: ElementType, shape: Shape) throws {
        let folder = try TemporaryFolder()
        let tensor = try Tensor(type, shape, values: (0..<shape.elementCount).map { Double($0 * 5 % 9) })
        try tensor.write(numpyFile: folder.path("a.npy"))
        #expect(try Tensor(numpyFile: folder.path("a.npy")) == tensor)
        #expect(try folder.names() == ["a.npy"])
    }

    /// What `numpy.save` of numpy 1.26 writes for `numpy.arange(6, dtype='<f4').reshape(2, 3)`.
    static let savedByNumpy: [UInt8] =
        [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, 0x76, 0]
        + Array("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".utf8)
        + [UInt8](repeating: 0x20, count: 58) + [0x0A]
        + [0, 0, 0, 0, 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40, 0, 0, 0xA0, 0x40]

    @Test("is byte for byte the one that numpy.save writes")
    func sameBytesAsNumpy() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("a.npy", Self.savedByNumpy)
        let tensor = try Tensor(numpyFile: path)
        #expect(tensor == Tensor([Float](arrayLiteral: 0, 1, 2, 3, 4, 5), [2, 3]))
        try tensor.write(numpyFile: folder.path("b.npy"))
        #expect(try folder.bytes(of: "b.npy") == Self.savedByNumpy)
    }

    static func file(version: UInt8 = 1, _ header: String, _ data: [UInt8]) -> [UInt8] {
        let text = Array(header.utf8)
        let size = (0..<(version == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
        return [0x93] + Array("NUMPY".utf8) + [version, 0] + size + text + data
    }

    static func read(_ bytes: [UInt8]) throws -> Tensor {
        let folder = try TemporaryFolder()
        return try Tensor(numpyFile: folder.file("a.npy", bytes))
    }

    @Test(
        "is read whatever the version, the order of its keys, its quotes and its spacing",
        arguments: [
            (1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }\n"),
            (2, "{'shape':(2,2),'fortran_order':False,'descr':'|u1'}"),
            (3, "  { \"fortran_order\" : False ,\n\"shape\" : ( 2 , 2 , ) , \"descr\" : \"|u1\" }  "),
            (1, "{'descr': '<u1', 'fortran_order': False, 'shape': (2L, 2L)}"),
        ] as [(UInt8, String)])
    func tolerance(version: UInt8, header: String) throws {
        #expect(
            try Self.read(Self.file(version: version, header, [1, 2, 3, 4]))
                == Tensor([1, 2, 3, 4] as [UInt8], [2, 2]))
    }

    @Test("in Fortran order is put into row-major order")
    func fortranOrder() throws {
        let header = "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3, 2)}"
        // Element (i, j, k) is 100 i + 10 j + k, and i varies fastest.
        let values: [UInt8] = [0, 100, 10, 110, 20, 120, 1, 101, 11, 111, 21, 121]
        let tensor = try Self.read(Self.file(header, values.flatMap { [$0, 0] }))
        #expect(tensor == Tensor([0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121] as [Int16], [2, 3, 2]))
    }

    @Test("turns any byte but zero into true")
    func booleans() throws {
        let tensor = try Self.read(Self.file("{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}", [0, 1, 255]))
        #expect(try tensor.array(of: Bool.self) == [false, true, true])
    }

    @Test(
        "is refused by name when its elements are of no type we have",
        arguments: [
            (">f4", "big-endian"), ("|O", "Python objects"), ("<U3", "strings"), ("|S3", "strings"),
            ("<c8", "complex numbers"), ("|V2", "raw structures"), ("<M8", "dates"), ("<f16", "type <f16"),
            ("", "type "),
            ("|f4", "type |f4"),
        ])
    func refusedTypes(code: String, reason: String) throws {
        let file = Self.file("{'descr': '\(code)', 'fortran_order': False, 'shape': (1,)}", [0, 0, 0, 0])
        let error = try #require(throws: VireoError.self) { _ = try Self.read(file) }
        #expect(error.code == .unsupported && error.message.contains(reason) && error.remedy != nil)
        #expect(error.context.first?.hasSuffix("a.npy") == true)
    }

    @Test(
        "is refused when its header is not the dictionary it should be",
        arguments: [
            "", "{", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
            "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'extra': 1}",
            "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': ()",
            "{'descr': '<f4, 'fortran_order': False, 'shape': (1,)}",
            "{'descr' '<f4', 'fortran_order': False, 'shape': (1,)}",
        ])
    func malformedHeaders(header: String) throws {
        let error = try #require(throws: VireoError.self) { _ = try Self.read(Self.file(header, [0, 0, 0, 0])) }
        #expect(error.code == .malformedFile)
    }

    @Test("is refused when it claims a header of 4 GiB or a version of the future")
    func hostilePrefix() throws {
        let magic = Array(Self.savedByNumpy.prefix(6))
        let large = try #require(throws: VireoError.self) { _ = try Self.read(magic + [2, 0, 255, 255, 255, 255, 0]) }
        #expect(large.code == .malformedFile)
        let future = try #require(throws: VireoError.self) { _ = try Self.read(magic + [4, 0, 1, 0, 0, 0, 0]) }
        #expect(future.code == .unsupported)
    }

    @Test("cut at any length is refused, and so is one with a byte too many")
    func truncated() throws {
        for count in 0..<Self.savedByNumpy.count {
            let error = try #require(throws: VireoError.self) {
                _ = try Self.read(Array(Self.savedByNumpy.prefix(count)))
            }
            #expect(error.code == .malformedFile, "cut after \(count) bytes")
        }
        #expect(throws: VireoError.self) { _ = try Self.read(Self.savedByNumpy + [0]) }
    }

    @Test("with any bit flipped is an array or an error")
    func flippedBits() throws {
        for bit in 0..<(Self.savedByNumpy.count * 8) {
            var bytes = Self.savedByNumpy
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            do {
                let tensor = try Self.read(bytes)
                #expect(tensor.byteCount == 24, "bit \(bit)")
            } catch let error as VireoError {
                #expect([.malformedFile, .unsupported].contains(error.code), "bit \(bit)")
            }
        }
    }

    @Test("cannot hold bf16, and nothing is written")
    func unwritableType() throws {
        let folder = try TemporaryFolder()
        let error = try #require(throws: VireoError.self) {
            try Tensor(zeros: .bf16, [1]).write(numpyFile: folder.path("a.npy"))
        }
        #expect(error.code == .unsupported && error.remedy != nil)
        #expect(try folder.names().isEmpty)
    }
}
