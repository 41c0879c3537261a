import Foundation
import Testing
import Vireo
import VireoTestSupport

/// Files that are cut or changed end in an error and exit status 1, or are still right; never in a trap (a signal).
@Suite("Damaged files")
struct DamagedFileTests {
    let folder: TemporaryFolder
    let xml: [UInt8]
    let bin: [UInt8]

    init() throws {
        folder = try TemporaryFolder()
        let network = try folder.file("small.pb", SmallNetwork.frozen)
        try #require(
            try CommandLineRun(["convert", "--input_model", network, "-b", "1", "-o", folder.path]).status == 0)
        xml = try folder.bytes(of: "small.xml")
        bin = try folder.bytes(of: "small.bin")
    }

    /// Cut at some lengths, and with a few bytes flipped.
    private func damaged(_ bytes: [UInt8]) -> [[UInt8]] {
        let cuts = [0, 1, bytes.count / 3, bytes.count / 2, bytes.count - 1].map { Array(bytes.prefix(max($0, 0))) }
        let flips = stride(from: 7, to: bytes.count, by: max(bytes.count / 6, 1)).map { position in
            var changed = bytes
            changed[position] ^= 0x55
            return changed
        }
        return cuts + flips
    }

    private func expectOrderlyEnd(_ run: CommandLineRun, _ what: String) {
        #expect(run.status == 0 || run.status == 1, "\(what) ended with \(run.status)")
        if run.status == 1 { #expect(run.errors.hasPrefix("[ ERROR ]"), "\(what): \(run.errors)") }
    }

    @Test("a frozen graph")
    func graph() throws {
        for (number, bytes) in damaged(SmallNetwork.frozen).enumerated() {
            let file = try folder.file("damaged.pb", bytes)
            expectOrderlyEnd(
                try CommandLineRun(["convert", "--input_model", file, "-b", "1", "-o", folder.path, "--silent"]),
                "graph \(number)")
        }
    }

    @Test("an IR and its weights")
    func intermediateRepresentation() throws {
        let input = folder.path("input.npy")
        try Tensor([Float](repeating: 1, count: 192), [1, 3, 8, 8]).write(numpyFile: input)
        func run() throws -> CommandLineRun {
            try CommandLineRun(["infer", "-m", folder.path("small.xml"), "-i", input, "-o", folder.path("out")])
        }
        for (number, bytes) in damaged(xml).enumerated() {
            _ = try folder.file("small.xml", bytes)
            expectOrderlyEnd(try run(), "xml \(number)")
        }
        _ = try folder.file("small.xml", xml)
        for (number, bytes) in damaged(bin).enumerated() {
            _ = try folder.file("small.bin", bytes)
            expectOrderlyEnd(try run(), "bin \(number)")
        }
        try FileManager.default.removeItem(atPath: folder.path("small.bin"))
        let missing = try run()
        #expect(missing.status == 1)
        #expect(missing.errors.contains("small.bin"))
    }

    @Test("a tensor and a photograph")
    func inputs() throws {
        let network = folder.path("small.pb")
        let input = folder.path("input.npy")
        try Tensor([Float](repeating: 1, count: 192), [1, 3, 8, 8]).write(numpyFile: input)
        for (number, bytes) in damaged(try folder.bytes(of: "input.npy")).enumerated() {
            let file = try folder.file("damaged.npy", bytes)
            expectOrderlyEnd(
                try CommandLineRun(["infer", "-m", network, "-i", file, "-o", folder.path("out")]), "npy \(number)")
        }
        for (number, bytes) in damaged(SmallNetwork.bitmap(red: 1, green: 2, blue: 3)).enumerated() {
            let file = try folder.file("damaged.bmp", bytes)
            expectOrderlyEnd(try CommandLineRun(["classify", "-m", network, "-i", file]), "bmp \(number)")
        }
    }
}
