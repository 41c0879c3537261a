import Testing
import VireoTensor
import VireoTestSupport

@Suite struct FingerprintTests {
    /// From the test program of the specification: the first bytes of a generator, with seeds 0 and 2654435761.
    private static let vectors: [(count: Int, seed: UInt64, hash: UInt64)] = [
        (0, 0, 0xEF46_DB37_51D8_E999), (0, 2_654_435_761, 0xAC75_FDA2_929B_17EF),
        (1, 0, 0xE934_A84A_DB05_2768), (1, 2_654_435_761, 0x5014_6076_43A9_B4C3),
        (14, 0, 0x8282_DCC4_994E_35C8), (14, 2_654_435_761, 0xC3BD_6BF6_3DEB_6DF0),
        (222, 0, 0xB641_AE8C_B691_C174), (222, 2_654_435_761, 0x20CB_8AB7_AE10_C14A),
    ]

    @Test(arguments: vectors) func `agrees with the specification's vectors`(
        _ vector: (count: Int, seed: UInt64, hash: UInt64)
    ) {
        var generator: UInt64 = 2_654_435_761
        let bytes = (0..<vector.count).map { _ -> UInt8 in
            defer { generator = generator &* 11_400_714_785_074_694_797 }
            return UInt8(generator >> 56)
        }
        #expect(bytes.withUnsafeBytes { XXH64.hash($0, seed: vector.seed) } == vector.hash)
    }

    @Test func `reads what it writes, and nothing else`() {
        let fingerprint = Fingerprint(of: "weights")
        #expect(Fingerprint(fingerprint.description) == fingerprint)
        #expect(Fingerprint(high: 1, low: 2).description == "00000000000000010000000000000002")
        for text in ["", "12", String(repeating: "g", count: 32), "+" + String(repeating: "0", count: 31)] {
            #expect(Fingerprint(text) == nil)
        }
    }

    @Test func `tensors in memory are known by their bytes`() {
        #expect(Tensor([1, 2, 3] as [Float]).fingerprint == Tensor([1, 2, 3] as [Float]).fingerprint)
        #expect(Tensor([1, 2, 3] as [Float]).fingerprint != Tensor([1, 2, 4] as [Float]).fingerprint)
    }

    @Test func `a file that has just changed has no fingerprint`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/weights.bin"
        let file = try AtomicFile(path: path)
        try file.write([UInt8](repeating: 7, count: 64))
        try file.commit()
        let tensor = try Tensor(.u8, [64], viewing: MappedFile(path: path).storage)
        #expect(tensor.fingerprint == nil)
    }

    @Test func `a file is known by its identity and the place in it`() throws {
        let storage = try MappedFile(path: "/proc/self/exe").storage
        let first = try Tensor(.u8, [64], viewing: storage)
        let again = try Tensor(.u8, [64], viewing: MappedFile(path: "/proc/self/exe").storage)
        let second = try Tensor(.u8, [64], viewing: storage, byteOffset: 64)
        #expect(first.fingerprint != nil)
        #expect(first.fingerprint == again.fingerprint)
        #expect(first.fingerprint != second.fingerprint)
    }

    @Test func `unloading leaves the elements as they are`() throws {
        let storage = try MappedFile(path: "/proc/self/exe").storage
        let tensor = try Tensor(.u8, [1 << 16], viewing: storage)
        let before = try tensor.array(of: UInt8.self)
        tensor.unload()
        #expect(try tensor.array(of: UInt8.self) == before)
    }
}
