import VireoTensor

/// A folder with a `saved_model.pb` (or `.pbtxt`): graphs for several purposes and, in `variables/`, a checkpoint.
struct SavedModel {
    private let folder: String
    private let metaGraphs: [MetaGraph]

    /// - Throws: `notFound` for a folder without a SavedModel, `malformedFile` for a damaged one.
    init(folder: String) throws(VireoError) {
        self.folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        let binary = self.folder + "/saved_model.pb"
        let text = self.folder + "/saved_model.pbtxt"
        let isText = !CheckpointPlace.isFile(binary) && CheckpointPlace.isFile(text)
        let path = isText ? text : binary
        guard isText || CheckpointPlace.isFile(binary) else {
            throw VireoError(
                .notFound, "there is no saved_model.pb in \(self.folder)", remedy: "give a SavedModel's folder")
        }
        do throws(VireoError) {
            let file = try FileBytes(path: path)
            guard file.bytes.count <= Int32.max else { throw GraphMessage.tooLarge }
            metaGraphs = try SavedModel.metaGraphs(
                FileSlice(isText ? TextForm.binary(.savedModel, from: file) : file))
        } catch {
            throw error.adding(context: path)
        }
    }

    private static func metaGraphs(_ message: FileSlice) throws(VireoError) -> [MetaGraph] {
        var metaGraphs: [MetaGraph] = []
        var reader = WireReader(message)
        while let (field, value) = try reader.next() {
            if field == 2 { metaGraphs.append(try MetaGraph(value.slice())) }
        }
        return metaGraphs
    }

    /// The graph that has exactly these tags.
    /// - Throws: `invalidArgument` with the tags that there are.
    func metaGraph(tags: Set<String>) throws(VireoError) -> MetaGraph {
        if let found = metaGraphs.first(where: { Set($0.tags) == tags }) { return found }
        let present = metaGraphs.map { $0.tags.joined(separator: ",") }.joined(separator: "; ")
        throw VireoError(
            .invalidArgument,
            "the SavedModel has no graph with the tags \(tags.sorted().joined(separator: ","))", in: [folder],
            remedy: metaGraphs.isEmpty ? nil : "use --saved_model_tags with one of: \(present)")
    }

    /// The values of its variables; nil when it has none.
    func checkpoint() throws(VireoError) -> Checkpoint? {
        let prefix = folder + "/variables/variables"
        guard CheckpointPlace.isFile(prefix + ".index") else { return nil }
        return try Checkpoint(path: prefix)
    }
}
