import Foundation
import VireoIR
import VireoTensor

/// A folder of `.npy` files that hold what the values of a model should be.
///
/// A file is named after the node, its number of output when it has several ("split.1"), or the framework's name of the
/// tensor, with or without its ":0". Characters other than letters, digits, "-", "_" and "." are written "_".
public struct GoldenFolder: Sendable {
    public let path: String
    private let files: Set<String>

    /// - Throws: `notFound` when there is no such folder or no `.npy` file in it.
    public init(path: String) throws {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            throw VireoError(.notFound, "there is no folder \(path) that can be read", remedy: "check the path")
        }
        files = Set(names.filter { $0.hasSuffix(".npy") })
        self.path = path
        guard !files.isEmpty else {
            throw VireoError(
                .notFound, "the folder \(path) holds no .npy file",
                remedy: "write goldens with numpy.save or vireo compare --save-values")
        }
    }

    /// The file for a value; nil when there is none.
    func file(for value: Output, in model: Model) -> String? {
        let tensorNames = model[value.node].outputs[value.index].tensorNames
        let names = [model.name(of: value)] + tensorNames + tensorNames.map { $0.replacingSuffix(":0") }
        return names.map(GoldenFolder.fileName).first { files.contains($0) }.map { "\(path)/\($0)" }
    }

    /// The golden of a value, in the value's layout: one whose channels are last is brought to NCHW.
    /// - Throws: what reading throws; `invalidArgument` when the shape fits neither way.
    func tensor(_ file: String, as type: ValueType) throws -> Tensor {
        let golden = try Tensor(numpyFile: file)
        guard let shape = type.shape.shape else { return golden }
        if golden.shape == shape || golden.shape.withoutOnes == shape.withoutOnes { return golden }
        if golden.shape.rank == 4, shape.rank == 4,
            [0, 3, 1, 2].map({ golden.shape[$0] }) == shape.dimensions
        {
            return try golden.channelsFirst()
        }
        throw VireoError(
            .invalidArgument, "\(file) holds \(golden.elementType)\(golden.shape), and the model's value is \(type)",
            remedy: "write the golden from the same model with the same input shape")
    }

    /// The name of the file for a node or tensor.
    public static func fileName(_ name: String) -> String {
        String(name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "_" }) + ".npy"
    }
}

extension String {
    fileprivate func replacingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}

extension Shape {
    fileprivate var withoutOnes: [Int] { dimensions.filter { $0 != 1 } }
}

extension Tensor {
    /// A tensor [N,H,W,C] as [N,C,H,W], in f64.
    fileprivate func channelsFirst() throws -> Tensor {
        let (count, rows, columns, channels) = (shape[0], shape[1], shape[2], shape[3])
        let values = try doubles()
        var moved = [Double](repeating: 0, count: values.count)
        let area = rows * columns
        for image in 0..<count {
            let start = image * area * channels
            for place in 0..<area {
                for channel in 0..<channels {
                    moved[start + channel * area + place] = values[start + place * channels + channel]
                }
            }
        }
        return Tensor(moved, [count, channels, rows, columns])
    }
}
