import Foundation
import Testing
import Vireo
import VireoTestSupport

@Suite("Classifying many photographs")
struct BulkClassifyTests {
    let folder: TemporaryFolder
    let network: String

    init() throws {
        folder = try TemporaryFolder()
        network = try folder.file("small.pb", SmallNetwork.frozen)
        try folder.folder("photographs")
        for number in 0..<30 {
            let strength: (Int) -> UInt8 = { number % 3 == $0 ? 9 : 1 }
            _ = try folder.file(
                String(format: "photographs/%02d.bmp", number),
                SmallNetwork.bitmap(red: strength(0), green: strength(1), blue: strength(2)))
        }
    }

    private func classify(_ flags: String...) throws -> CommandLineRun {
        try CommandLineRun(["classify", "-m", network, "-i", folder.path("photographs"), "-nt", "1"] + flags)
    }

    @Test("gives one worker's answers in the order of the files, however many there are")
    func keepsOrder() throws {
        let one = try classify("--csv", "--jobs", "1")
        #expect(one.status == 0, "\(one.errors)")
        let lines = one.output.split(separator: "\n")
        #expect(lines.first == "path,rank,classid,probability,label")
        #expect(lines.dropFirst().map { $0.split(separator: ",")[2] } == (0..<30).map { "\($0 % 3)" })
        for jobs in ["2", "7", "64"] { #expect(try classify("--csv", "--jobs", jobs).output == one.output) }
    }

    @Test("a damaged file stops nothing, is named, and makes the command end with 1")
    func survivesDamage() throws {
        _ = try folder.file("photographs/05.bmp", SmallNetwork.bitmap(red: 1, green: 1, blue: 1).prefix(100))
        let run = try classify("--json")
        #expect(run.status == 1)
        #expect(run.errors.contains("05.bmp"))
        struct Report: Decodable {
            struct Image: Decodable { let path: String }
            struct Failure: Decodable { let path: String }
            let images: [Image]
            let failures: [Failure]
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(run.output.utf8))
        #expect(report.images.count == 29)
        #expect(report.failures.map { $0.path.suffix(6) } == ["05.bmp"])
    }

    @Test("says how much of the time was decoding, and draws no bar where nobody sees it")
    func tellsTime() throws {
        let run = try classify("--jobs", "3")
        #expect(run.status == 0)
        #expect(run.output.contains("30 images in ") && run.output.contains(" by 3 workers, "))
        #expect(run.errors.isEmpty)
    }
}
