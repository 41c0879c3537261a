/// What a file that should hold a binary graph looks like from its first bytes.
enum FileForm {
    case graph
    case textGraph
    case other(String)

    static let remedy =
        "give a frozen graph (.pb); a text graph needs --input_model_is_text, a MetaGraph --input_meta_graph, "
        + "a SavedModel --saved_model_dir"

    /// First bytes that no GraphDef has, and whose they are.
    private static let signatures: [(bytes: [UInt8], offset: Int, form: String)] = [
        ([0x08, 0x01, 0x12], 0, "a SavedModel"),
        ([0x89, 0x48, 0x44, 0x46], 0, "an HDF5 file, such as Keras writes"),
        ([0x50, 0x4B, 0x03, 0x04], 0, "a zip archive"),
        ([0x1F, 0x8B], 0, "a gzip archive"),
        ([0x54, 0x46, 0x4C, 0x33], 4, "a TensorFlow Lite model"),
    ]

    /// Fields that stand at the outermost level of a graph in text form.
    private static let textFields = [
        "node", "library", "versions", "meta_info_def", "graph_def", "saved_model_schema_version",
    ]

    init(_ bytes: UnsafeRawBufferPointer) {
        for signature in FileForm.signatures where bytes.dropFirst(signature.offset).starts(with: signature.bytes) {
            self = .other(signature.form)
            return
        }
        let start = bytes.prefix(4096)
        guard start.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0D].contains($0) }) else {
            self = .graph
            return
        }
        let firstWords = String(decoding: start, as: UTF8.self).split(whereSeparator: \.isNewline).map { line in
            String(line.drop(while: \.isWhitespace).prefix { $0.isLetter || $0 == "_" })
        }
        self = firstWords.contains(where: FileForm.textFields.contains) ? .textGraph : .other("a text file")
    }
}
