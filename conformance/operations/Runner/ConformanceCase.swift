import Foundation
import VireoIR
import VireoSerialization
import VireoTensor
import VireoTestSupport

/// One case of a folder that the scripts wrote: a model, what it is given, and what must come out.
struct ConformanceCase: Decodable {
    /// The path within the folder, without an ending: "Convolution-1/0001".
    let path: String
    let family: String
    let inputCount: Int
    let outputCount: Int
    /// What is special about the expected values.
    let note: String?

    private enum CodingKeys: String, CodingKey {
        case path = "case"
        case family
        case inputCount = "inputs"
        case outputCount = "outputs"
        case note
    }

    /// The operation with its version, which is the folder's name.
    var operation: String { String(path.prefix { $0 != "/" }) }

    /// Every case of a folder, in the order in which it was made.
    static func all(in folder: String) throws -> [ConformanceCase] {
        struct Index: Decodable { let cases: [ConformanceCase] }
        let file = try Data(contentsOf: URL(filePath: folder).appending(path: "index.json"))
        return try JSONDecoder().decode(Index.self, from: file).cases
    }

    func model(in folder: String) throws -> Model { try Model(irFile: "\(folder)/\(path).xml") }

    func inputs(in folder: String) throws -> [Tensor] { try tensors("in", inputCount, in: folder) }

    func outputs(in folder: String) throws -> [Tensor] { try tensors("out", outputCount, in: folder) }

    private func tensors(_ kind: String, _ count: Int, in folder: String) throws -> [Tensor] {
        try (0..<count).map { try Tensor(numpyFile: "\(folder)/\(path).\(kind)\($0).npy") }
    }
}

/// What became of a case on a device.
struct CaseResult: Codable {
    enum Outcome: String, Codable, CaseIterable {
        /// The outputs are the expected ones.
        case passed
        /// The device, or the reader before it, says that it does not take the model, and why.
        case refused
        /// The outputs are others, or the run ended with an error.
        case failed
        /// The outputs are others for a reason that is known.
        case differs
        /// The process ended.
        case crashed
    }

    let path: String
    let device: String
    let outcome: Outcome
    /// The reason of a refusal, or the first difference.
    let detail: String
}
