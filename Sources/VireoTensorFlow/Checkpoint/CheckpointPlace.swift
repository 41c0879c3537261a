import Glibc
import VireoTensor

/// Which files a path to a checkpoint means.
enum CheckpointPlace {
    /// `prefix.index` and its data files.
    case bundle(prefix: String)
    /// A file of the first version.
    case table(file: String)

    /// - Throws: `notFound` when the path names no checkpoint.
    init(_ path: String) throws(VireoError) {
        if CheckpointPlace.isFolder(path) {
            self = try CheckpointPlace.latest(in: path)
            return
        }
        if path == "checkpoint" || path.hasSuffix("/checkpoint"), CheckpointPlace.isFile(path) {
            let folder = String(path.dropLast("checkpoint".count))
            self = try CheckpointPlace.latest(in: folder.isEmpty ? "." : folder)
            return
        }
        let prefix = CheckpointPlace.prefix(of: path)
        if let place = CheckpointPlace.named(prefix) ?? CheckpointPlace.named(path) {
            self = place
            return
        }
        throw VireoError(
            .notFound, "there is no checkpoint \(path): neither \(prefix).index nor a file of that name",
            remedy: "give the name without .index or .data-…, or the folder")
    }

    /// The file that opening it reads first.
    var file: String {
        switch self {
        case .bundle(let prefix): prefix + ".index"
        case .table(let file): file
        }
    }

    /// The name that the files of a V2 checkpoint share; `path` itself when it has none of their endings.
    static func prefix(of path: String) -> String {
        for ending in [".index", ".meta"] where path.hasSuffix(ending) { return String(path.dropLast(ending.count)) }
        let dataEnding = /\.data-[0-9]{5}-of-[0-9]{5}$/
        return path.firstMatch(of: dataEnding).map { String(path[..<$0.range.lowerBound]) } ?? path
    }

    private static func named(_ name: String) -> CheckpointPlace? {
        isFile(name + ".index") ? .bundle(prefix: name) : isFile(name) ? .table(file: name) : nil
    }

    /// The checkpoint that the folder's `checkpoint` file calls the latest.
    private static func latest(in folder: String) throws(VireoError) -> CheckpointPlace {
        let folder = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        let state = folder + "/checkpoint"
        guard isFile(state) else {
            throw VireoError(
                .notFound, "the folder \(folder) has no file named checkpoint, which would say which is the latest",
                remedy: "give the checkpoint's name, such as \(folder)/model.ckpt-1000")
        }
        do throws(VireoError) {
            var latest = ""
            var reader = WireReader(
                FileSlice(try TextForm.binary(.checkpointState, from: FileBytes(path: state))))
            while let (field, value) = try reader.next() {
                if field == 1 { latest = try value.text() }
            }
            // A folder that was moved still has its old absolute paths in it.
            let name = latest.split(separator: "/").last.map(String.init) ?? ""
            let candidates = latest.hasPrefix("/") ? [latest, "\(folder)/\(name)"] : ["\(folder)/\(latest)"]
            guard !name.isEmpty, let place = candidates.lazy.compactMap(named).first else {
                throw VireoError(.notFound, "the latest checkpoint, \"\(latest)\", is not there")
            }
            return place
        } catch {
            throw error.adding(context: state)
        }
    }

    static func isFolder(_ path: String) -> Bool { kind(path) == S_IFDIR }
    static func isFile(_ path: String) -> Bool { kind(path) == S_IFREG }

    private static func kind(_ path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }
}
