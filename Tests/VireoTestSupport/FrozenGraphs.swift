import Foundation
import Glibc
import Synchronization
import VireoTensor
import VireoTensorFlow

/// Frozen graphs of the models folder's classifiers, filled with reproducible weights.
///
/// A file is made once, in a cache under the temporary directory, and equals what the folder's tools/make_model.py
/// writes with `--forms frozen`.
public enum FrozenGraphs {
    /// What a model's `model.json` says about it.
    public struct Description: Decodable, Sendable {
        public let model: String
        public let input: String
        /// NHWC.
        public let inputShape: [Int]
        public let classes: Int
        /// `inception` or `vgg`.
        public let preprocessing: String
        public let outputs: [String]
        /// The model whose weights it has, where that is another one.
        public let weightsOf: String?
    }

    public static func description(of model: String) throws -> Description {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let file = try ModelsFolder.file("slim/\(model)/model.json")
        return try decoder.decode(Description.self, from: Data(contentsOf: URL(filePath: file)))
    }

    /// The path of the frozen form of `slim/<model>/<graph>.pb`, which is made when the cache lacks it.
    /// - Parameter prunes: leaves out what the model's outputs do not need.
    public static func file(
        _ model: String, graph: String = "inference_graph", prunes: Bool = true
    ) throws -> String {
        let source = try ModelsFolder.file("slim/\(model)/\(graph).pb")
        let folder = FileManager.default.temporaryDirectory.path + "/vireo-frozen-graphs-\(getuid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let size = try FileManager.default.attributesOfItem(atPath: source)[.size] ?? 0
        let path = "\(folder)/\(model).\(graph).\(prunes ? "" : "whole.")\(size).pb"
        return try making.withLock { _ in
            if !FileManager.default.fileExists(atPath: path) {
                let unfinished = "\(path).\(getpid())"
                defer { unlink(unfinished) }
                try freeze(source, description(of: model), prunes: prunes, to: unfinished)
                guard rename(unfinished, path) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
            }
            return path
        }
    }

    private static let making = Mutex(())

    private static func freeze(
        _ source: String, _ description: Description, prunes: Bool, to path: String
    ) throws {
        let recipe = WeightRecipe(model: description.weightsOf ?? description.model)
        let graph = try GraphDef(contentsOf: source)
        let fields = outermostFields(of: [UInt8](try Data(contentsOf: URL(filePath: source))))
        let encodedNodes = fields.filter { $0.number == nodeField }
        let file = try FileWriter(path)
        for node in try prunes ? graph.pruned(to: description.outputs).nodes : graph.nodes {
            if node.op == "VariableV2", let shape = try node.shape("shape").shape,
                let values = recipe.values(of: node.name, shape)
            {
                try values.withUnsafeBytes { bytes in
                    try file.write(constantHead(node.name, shape, byteCount: bytes.count))
                    try file.write(bytes)
                }
            } else if let index = graph.index(of: node.name) {
                try file.write(encodedNodes[index].bytes)
            }
        }
        for field in fields where field.number != nodeField { try file.write(field.bytes) }
        try file.close()
    }
}

// MARK: - Wire format

extension FrozenGraphs {
    private static let nodeField = 1

    /// A `Const` node of floats up to its tensor's content, which is to follow.
    static func constantHead(_ name: String, _ shape: Shape, byteCount: Int) -> [UInt8] {
        var node = ProtobufWriter()
        node.string(1, name)
        node.string(2, "Const")
        node.message(5) { entry in
            entry.string(1, "dtype")
            entry.message(2) { $0.varint(6, Int64(DataType.float.rawValue)) }
        }
        var entry = ProtobufWriter()
        entry.string(1, "value")
        var tensor = ProtobufWriter()
        tensor.varint(1, Int64(DataType.float.rawValue))
        tensor.message(2) { encoded in
            for extent in shape.dimensions { encoded.message(2) { $0.varint(1, Int64(extent)) } }
        }
        tensor.header(4, byteCount: byteCount)
        var head = tensor.bytes
        let enclosing: [(ProtobufWriter, field: Int)] = [
            (ProtobufWriter(), 8), (entry, 2), (node, 5), (ProtobufWriter(), nodeField),
        ]
        for (message, field) in enclosing {
            var message = message
            message.header(field, byteCount: head.count + byteCount)
            head = message.bytes + head
        }
        return head
    }

    /// The fields of a well-formed message whose fields all have a length, as a GraphDef's do.
    private static func outermostFields(of bytes: [UInt8]) -> [(number: Int, bytes: ArraySlice<UInt8>)] {
        var fields: [(Int, ArraySlice<UInt8>)] = []
        var position = 0
        func varint() -> Int {
            var value = 0
            for shift in stride(from: 0, to: 63, by: 7) {
                let byte = bytes[position]
                position += 1
                value |= Int(byte & 0x7F) << shift
                if byte < 0x80 { break }
            }
            return value
        }
        while position < bytes.count {
            let start = position
            let number = varint() >> 3
            let count = varint()
            position += count
            fields.append((number, bytes[start..<position]))
        }
        return fields
    }
}

/// A file that is written from start to end.
private struct FileWriter {
    private let file: UnsafeMutablePointer<FILE>

    init(_ path: String) throws {
        guard let file = fopen(path, "wb") else { throw FileWriter.failure }
        self.file = file
    }

    func write(_ bytes: some Collection<UInt8>) throws {
        let written = bytes.withContiguousStorageIfAvailable { fwrite($0.baseAddress, 1, $0.count, file) }
        guard written == bytes.count else { throw FileWriter.failure }
    }

    func close() throws {
        guard fclose(file) == 0 else { throw FileWriter.failure }
    }

    private static var failure: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}
