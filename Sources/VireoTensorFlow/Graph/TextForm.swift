import CTensorFlowProto
import VireoTensor

/// Protobuf's text form, which TensorFlow writes as `.pbtxt`.
enum TextForm {
    /// The messages that are read as text.
    enum Message {
        case graph, metaGraph, savedModel, checkpointState

        fileprivate var code: vireo_tf_message {
            switch self {
            case .graph: VIREO_TF_GRAPH
            case .metaGraph: VIREO_TF_META_GRAPH
            case .savedModel: VIREO_TF_SAVED_MODEL
            case .checkpointState: VIREO_TF_CHECKPOINT_STATE
            }
        }

        fileprivate var name: String {
            switch self {
            case .graph: "a graph"
            case .metaGraph: "a MetaGraph"
            case .savedModel: "a SavedModel"
            case .checkpointState: "a checkpoint's state"
            }
        }
    }

    /// The binary form of a message; fields that are not known are left out.
    /// - Throws: `malformedFile` (FAQ 43) with the line for what is no such text, `unsupported` for more than 2 GiB.
    static func binary(_ message: Message, from text: FileBytes) throws(VireoError) -> FileBytes {
        var binary: UnsafeMutablePointer<UInt8>?
        var count = 0
        var problem = [CChar](repeating: 0, count: 1024)
        let status = vireo_tf_text_to_binary(
            message.code, text.bytes.baseAddress, text.bytes.count, &binary, &count, &problem, problem.count)
        defer { vireo_tf_binary_free(binary) }
        switch status {
        case VIREO_TF_OK: return FileBytes(copying: UnsafeRawBufferPointer(start: binary, count: count))
        case VIREO_TF_TOO_LARGE: throw GraphMessage.tooLarge
        case VIREO_TF_OUT_OF_MEMORY:
            throw VireoError(.outOfMemory, "there is not enough memory to read the text")
        default:
            let sentence = problem.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw VireoError(
                .malformedFile,
                "this is not \(message.name) in text form: \(String(decoding: sentence, as: UTF8.self))",
                remedy: "a binary file is read without --input_model_is_text", faq: 43)
        }
    }
}
