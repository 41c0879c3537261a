import Foundation
import Testing
import VireoImaging
import VireoTensor

/// The folder of models and photographs beside the repository, or the one that VIREO_MODELS names.
let modelsFolder =
    ProcessInfo.processInfo.environment["VIREO_MODELS"]
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../shared/models")
    .standardizedFileURL.path

@Suite(
    "Photographs",
    .enabled(if: FileManager.default.fileExists(atPath: modelsFolder), "no folder of photographs; set VIREO_MODELS"))
struct PhotographTests {
    static let names = [
        "cat_720p.jpg", "chelsea.png", "dragonfly.bmp", "grace_hopper.bmp", "hot_dog.jpg", "parrot.jpg",
    ]

    @Test(
        "resized as Pillow does are the ones the networks' goldens were computed from", arguments: names)
    func goldens(name: String) throws {
        let stem = name.prefix { $0 != "." }
        let golden = try Tensor(numpyFile: "\(modelsFolder)/trained/mobilenet_v1_1.0_224/golden/\(stem).u8.npy")
        let image = try Image(contentsOf: "\(modelsFolder)/images/\(name)")
        let resized = try image.resized(width: 224, height: 224, filter: .antialiasedBilinear)
        // The goldens were made with Pillow 13, which takes the columns of this tall picture first and so rounds the
        // step between at other places.
        let tolerance = name == "parrot.jpg" ? 1 : 0
        let difference = zip(resized.pixels, try golden.array(of: UInt8.self)).map { abs(Int($0) - Int($1)) }.max()
        #expect(golden.shape == [1, 224, 224, 3] && difference == tolerance)
    }

    @Test("are all found in their folder")
    func listing() throws {
        let files = try ImageFiles.list(paths: ["\(modelsFolder)/images"])
        for name in Self.names { #expect(files.contains("\(modelsFolder)/images/\(name)")) }
        for file in files { #expect(try Image(contentsOf: file).width > 0) }
    }

    @Test("cut at many lengths are refused", arguments: names)
    func truncated(name: String) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(modelsFolder)/images/\(name)")))
        for step in 0..<20 {
            let count = bytes.count * step / 20
            #expect(throws: VireoError.self, "cut after \(count) bytes") {
                _ = try Image(decoding: Array(bytes.prefix(count)))
            }
        }
    }
}
