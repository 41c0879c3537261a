import Foundation
import VireoTestSupport

/// IR files to read: those committed beside the tests, which `Fixtures/make_fixtures.py` made with OpenVINO, and those
/// of the shared folder of models.
enum IRFixtures {
    static let names = [
        "constants", "convolution", "detection", "dynamic", "elementwise", "normalization", "pooling", "reduction",
        "shapes", "slicing", "states",
    ]

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").path

    static let shared = ["FP16", "FP16-INT8"].map {
        "trained/ir/person-vehicle-bike-detection-2001/\($0)/person-vehicle-bike-detection-2001"
    }

    /// The paths of the fixtures without their endings; the shared ones only where they are present.
    static var all: [String] {
        names.map { "\(folder)/\($0)" } + (ModelsFolder.path.map { models in shared.map { "\(models)/\($0)" } } ?? [])
    }

    static func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
}
