import Glibc
import VireoTensor

/// Which files a path to a checkpoint means.
enum CheckpointPlace {
    /// `prefix.index` and its data files.
    case bundle(prefix: String)
    /// The file of the first version, or the files of one that was saved in shards.
    case tables(files: [String])

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
        case .tables(let files): files[0]
        }
    }

    /// The name that the files of a V2 checkpoint share; `path` itself when it has none of their endings.
    static func prefix(of path: String) -> String {
        for ending in [".index", ".meta"] where path.hasSuffix(ending) { return String(path.dropLast(ending.count)) }
        let dataEnding = /\.data-[0-9]{5}-of-[0-9]{5}$/
        return path.firstMatch(of: dataEnding).map { String(path[..<$0.range.lowerBound]) } ?? path
    }

    private static func named(_ name: String) -> CheckpointPlace? {
        if isFile(name + ".index") { return .bundle(prefix: name) }
        if let shards = shards(of: name) { return .tables(files: shards) }
        return isFile(name) ? .tables(files: [name]) : nil
    }

    /// The files `prefix-NNNNN-of-MMMMM` of a checkpoint of the first version that was saved in shards: `name` is the
    /// prefix, one of the files, or the pattern `prefix-?????-of-MMMMM` that TensorFlow wrote down. Nil when some are
    /// missing.
    private static func shards(of name: String) -> [String]? {
        let ending = /-(\?{5}|[0-9]{5})-of-([0-9]{5})$/
        let named = name.firstMatch(of: ending)
        let prefix = named.map { String(name[..<$0.range.lowerBound]) } ?? name
        guard let count = named.flatMap({ Int($0.2) }) ?? shardCount(of: prefix), (1...99_999).contains(count) else {
            return nil
        }
        let files = (0..<count).map { "\(prefix)-\(digits($0))-of-\(digits(count))" }
        return files.allSatisfy(isFile) ? files : nil
    }

    /// How many shards the first shard beside others says that there are.
    private static func shardCount(of prefix: String) -> Int? {
        let slash = prefix.lastIndex(of: "/")
        let folder = slash.map { String(prefix[...$0]) } ?? "."
        let beginning = (slash.map { String(prefix[prefix.index(after: $0)...]) } ?? prefix) + "-00000-of-"
        guard let stream = opendir(folder) else { return nil }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasPrefix(beginning), name.utf8.count == beginning.utf8.count + 5 else { continue }
            if let count = Int(name.dropFirst(beginning.count)) { return count }
        }
        return nil
    }

    /// Five digits, as TensorFlow numbers shards.
    static func digits(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(5 - text.count, 0)) + text
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
