import CTensorFlowProto
import VireoTensor

/// A GraphDef as libprotobuf read it, with the bytes that its tensors point into. Nothing in it changes after `init`.
final class GraphMessage: @unchecked Sendable {
    let graph: UnsafePointer<vireo_tf_graph>
    let source: FileSlice

    /// - Throws: `malformedFile` (FAQ 43) for what is no binary GraphDef, `unsupported` for more than 2 GiB.
    convenience init(_ file: FileBytes) throws(VireoError) {
        try GraphMessage.checkForm(of: file.bytes)
        try self.init(FileSlice(file))
    }

    /// A graph inside another message.
    init(_ source: FileSlice) throws(VireoError) {
        self.source = source
        let bytes = source.bytes
        var graph: UnsafePointer<vireo_tf_graph>?
        var problem = [CChar](repeating: 0, count: 1024)
        let status = vireo_tf_graph_read(bytes.baseAddress, bytes.count, &graph, &problem, problem.count)
        guard status == VIREO_TF_OK, let graph else {
            let text = problem.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw GraphMessage.failure(status, String(decoding: text, as: UTF8.self))
        }
        self.graph = graph
    }

    deinit { vireo_tf_graph_free(graph) }

    private static func checkForm(of bytes: UnsafeRawBufferPointer) throws(VireoError) {
        guard !bytes.isEmpty else {
            throw VireoError(.malformedFile, "the file is empty", remedy: FileForm.remedy, faq: 43)
        }
        switch FileForm(bytes) {
        case .graph: return
        case .textGraph:
            throw VireoError(
                .malformedFile, "this is a graph in text form (.pbtxt), and a binary one is expected",
                remedy: "add --input_model_is_text", faq: 43)
        case .other(let form):
            throw VireoError(
                .malformedFile, "this is \(form) and not a TensorFlow graph", remedy: FileForm.remedy, faq: 43)
        }
    }

    static let tooLarge = VireoError(
        .unsupported, "the file is larger than 2 GiB, which is more than a protobuf message can be",
        remedy: "keep the weights outside of the graph: give a SavedModel or a checkpoint instead")

    private static func failure(_ status: vireo_tf_status, _ problem: String) -> VireoError {
        switch status {
        case VIREO_TF_TOO_LARGE: tooLarge
        case VIREO_TF_OUT_OF_MEMORY:
            VireoError(.outOfMemory, "there is not enough memory to read the graph")
        default:
            VireoError(
                .malformedFile, "the file is not a TensorFlow graph, or it is damaged: \(problem)",
                remedy: FileForm.remedy, faq: 43)
        }
    }
}
