import VireoTensor

/// Where a TensorFlow model comes from: one of the forms in which TensorFlow saves them.
public enum ModelSource: Sendable, Equatable {
    /// A GraphDef: frozen, or with its variables in `checkpoint`, which is a file, a prefix or a folder.
    case graph(path: String, isText: Bool = false, checkpoint: String? = nil)
    /// A MetaGraphDef (`.meta`); its checkpoint is `checkpoint`, or else the one of the same name beside it.
    case metaGraph(path: String, checkpoint: String? = nil)
    /// A SavedModel's folder, and the tags of the graph in it.
    case savedModel(folder: String, tags: Set<String> = ["serve"])

    /// The source that a file or a folder is by its name: a SavedModel's folder or its `saved_model.pb`, a `.meta`
    /// file, a `.pb` or `.pbtxt` graph; nil for other names.
    public init?(path: String) {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        if name == "saved_model.pb" || name == "saved_model.pbtxt" {
            let folder = path.dropLast(name.count)
            self = .savedModel(folder: folder.isEmpty ? "." : String(folder))
        } else if CheckpointPlace.isFolder(path) {
            self = .savedModel(folder: path)
        } else if name.hasSuffix(".meta") {
            self = .metaGraph(path: path)
        } else {
            guard name.hasSuffix(".pb") || name.hasSuffix(".pbtxt") else { return nil }
            self = .graph(path: path, isText: name.hasSuffix(".pbtxt"))
        }
    }

    /// The file or folder that names the model.
    public var path: String {
        switch self {
        case .graph(let path, _, _): path
        case .metaGraph(let path, _): ModelSource.metaFile(path)
        case .savedModel(let folder, _): folder
        }
    }

    /// The name that a converted model gets: the file's without folder and extension, or `saved_model`.
    public var modelName: String {
        if case .savedModel = self { return "saved_model" }
        let file = path.split(separator: "/").last.map(String.init) ?? ""
        let base = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
        return base.isEmpty ? "model" : base
    }

    /// Reads the graph, with constants in place of its variables and calls of functions replaced by their nodes. The
    /// values of the variables stay in their files until they are asked for.
    /// - Throws: `notFound`, `inputOutput`, `malformedFile` and `unsupported`, each with the file as its place.
    public func load() throws(VireoError) -> LoadedGraph {
        switch self {
        case .graph(let path, let isText, let checkpoint):
            let graph = try GraphDef(contentsOf: path, isText: isText || path.hasSuffix(".pbtxt"))
            return try load(graph, checkpoint.map { path throws(VireoError) in try Checkpoint(path: path) }, nil)
        case .metaGraph(let path, let checkpoint):
            let file = ModelSource.metaFile(path)
            let metaGraph = try MetaGraph(contentsOf: file)
            let values = try Checkpoint(path: checkpoint ?? CheckpointPlace.prefix(of: file))
            return try load(graph(of: metaGraph), values, metaGraph.servingSignature)
        case .savedModel(let folder, let tags):
            let savedModel = try SavedModel(folder: folder)
            let metaGraph = try savedModel.metaGraph(tags: tags)
            return try load(graph(of: metaGraph), savedModel.checkpoint(), metaGraph.servingSignature)
        }
    }

    private func graph(of metaGraph: MetaGraph) throws(VireoError) -> GraphDef {
        do throws(VireoError) {
            return try metaGraph.graph()
        } catch {
            throw error.adding(context: path)
        }
    }

    private func load(
        _ graph: GraphDef, _ checkpoint: Checkpoint?, _ signature: Signature?
    ) throws(VireoError) -> LoadedGraph {
        do throws(VireoError) {
            let frozen = try graph.inliningFunctions().freezingVariables(from: checkpoint)
            return LoadedGraph(graph: frozen, signature: signature)
        } catch {
            throw error.adding(context: path)
        }
    }

    /// The files of a checkpoint stand for its `.meta` file.
    private static func metaFile(_ path: String) -> String {
        path.hasSuffix(".meta") ? path : CheckpointPlace.prefix(of: path) + ".meta"
    }
}
