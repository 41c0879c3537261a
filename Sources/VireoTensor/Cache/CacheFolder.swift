import Glibc

/// A folder of cache files, which save work that an earlier process did. Any of them may be deleted at any time, and
/// several processes may use the folder at once.
public struct CacheFolder: Sendable {
    public let path: String

    /// What the names of cache files end in. Other files in the folder are left alone.
    public static let suffix = ".vireocache"

    public init(path: String) { self.path = path }

    /// `VIREO_CACHE_DIR`, or `vireo` in `XDG_CACHE_HOME`, or in `~/.cache`; nil when none of them is set, or
    /// `VIREO_CACHE_DIR` is empty.
    public static var ofUser: CacheFolder? {
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        if let named = variable("VIREO_CACHE_DIR") { return named.isEmpty ? nil : CacheFolder(path: named) }
        // The XDG specification ignores relative paths.
        if let cache = variable("XDG_CACHE_HOME"), cache.hasPrefix("/") { return CacheFolder(path: cache + "/vireo") }
        if let home = variable("HOME"), home.hasPrefix("/") { return CacheFolder(path: home + "/.cache/vireo") }
        return nil
    }

    // MARK: - Files

    /// The file stored as `name`, which counts as used now; nil when there is none.
    /// - Throws: `malformedFile` for a damaged one, `inputOutput` when it cannot be read.
    public func file(_ name: String) throws(VireoError) -> CacheFile? {
        let path = path(of: name)
        guard access(path, F_OK) == 0 else { return nil }
        let file: CacheFile
        do {
            file = try CacheFile(path: path)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
        utimensat(AT_FDCWD, path, nil, 0)
        return file
    }

    /// Writes a file, which appears under its name when it is whole, and then deletes the files that were not used for
    /// longest until all together have at most `byteLimit` bytes. The folder is made when it is missing.
    /// - Throws: `inputOutput` when the folder cannot be made or the file not be written.
    public func store(_ contents: CacheContents, as name: String, byteLimit: Int) throws(VireoError) {
        let size = contents.blocks.reduce(0) { $0 + $1.bytes.count }
        guard size <= byteLimit else { return }
        try makeFolder()
        removeAbandoned()
        let file = try AtomicFile(path: path(of: name))
        try CacheFile.write(contents, to: file)
        try file.commit()
        prune(to: byteLimit, keeping: name)
    }

    private func path(of name: String) -> String { path + "/" + name + CacheFolder.suffix }

    private func makeFolder() throws(VireoError) {
        var end = path.startIndex
        while end < path.endIndex {
            end = path[path.index(after: end)...].firstIndex(of: "/") ?? path.endIndex
            if mkdir(String(path[..<end]), 0o700) != 0, errno != EEXIST {
                throw VireoError(systemCall: "cannot make the folder \(path)", because: errno)
            }
        }
    }

    // MARK: - Keeping house

    /// A file of the folder.
    public struct Entry: Sendable, Hashable {
        public let name: String
        public let byteCount: Int
        /// Seconds since 1970.
        public let lastUse: Int
        /// What the file says of itself; empty for a damaged one.
        public let kind: String
        public let device: String
        public let label: String
    }

    /// Every cache file, the one used last first. Empty when there is no folder.
    public var entries: [Entry] { listing.map { entry(of: $0) } }

    /// Deletes the files that were not used for longest until the rest have at most `byteLimit` bytes.
    /// - Returns: how many files and bytes are gone.
    @discardableResult
    public func prune(to byteLimit: Int) -> (files: Int, bytes: Int) { prune(to: byteLimit, keeping: nil) }

    @discardableResult
    private func prune(to byteLimit: Int, keeping kept: String?) -> (files: Int, bytes: Int) {
        var left = byteLimit
        var gone = (files: 0, bytes: 0)
        let files = listing
        for file in files.filter({ $0.name == kept }) + files.filter({ $0.name != kept }) {
            if file.byteCount <= left {
                left -= file.byteCount
            } else if unlink(path(of: file.name)) == 0 {
                left = 0
                gone = (gone.files + 1, gone.bytes + file.byteCount)
            }
        }
        return gone
    }

    private struct Listed {
        let name: String
        let byteCount: Int
        let lastUse: Int
    }

    private var listing: [Listed] {
        names.compactMap { name in
            var status = stat()
            guard name.hasSuffix(CacheFolder.suffix), lstat(path + "/" + name, &status) == 0,
                status.st_mode & S_IFMT == S_IFREG
            else { return nil }
            return Listed(
                name: String(name.dropLast(CacheFolder.suffix.count)), byteCount: Int(status.st_size),
                lastUse: status.st_mtim.tv_sec)
        }.sorted { ($1.lastUse, $0.name) < ($0.lastUse, $1.name) }
    }

    private func entry(of file: Listed) -> Entry {
        let mapped = try? MappedFile(path: path(of: file.name))
        let lines = mapped?.withUnsafeBytes { CacheFile.lines($0)?.lines } ?? []
        let fields = lines.lazy.compactMap { CacheFile.field($0) }
        func field(_ name: String) -> String { fields.first { $0.name == name }?.value ?? "" }
        return Entry(
            name: file.name, byteCount: file.byteCount, lastUse: file.lastUse, kind: field("kind"),
            device: field("device"), label: field("label"))
    }

    private var names: [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                })
        }
        return names
    }

    /// Deletes what processes that ended while they wrote have left.
    private func removeAbandoned() {
        for name in names where name.hasPrefix(".vireo-") && name.hasSuffix(".tmp") {
            var status = stat()
            let path = path + "/" + name
            guard lstat(path, &status) == 0, status.st_mtim.tv_sec < time(nil) - 3600 else { continue }
            unlink(path)
        }
    }
}
