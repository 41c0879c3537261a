import Glibc
import VireoTensor

/// Finds image files.
public enum ImageFiles {
    /// The files that `paths` name, in their order: a file stands for itself, a folder for the JPEG, PNG and BMP files
    /// directly in it (by content, without hidden ones), sorted by name.
    /// - Throws: `notFound` for a path that does not exist and for a folder without images, `inputOutput` for what
    ///   cannot be read.
    public static func list(paths: [String]) throws(VireoError) -> [String] {
        var files: [String] = []
        for path in paths {
            var status = stat()
            guard stat(path, &status) == 0 else { throw VireoError(opening: path, because: errno) }
            if status.st_mode & S_IFMT == S_IFDIR {
                let images = try images(inFolder: path)
                guard !images.isEmpty else {
                    throw VireoError(
                        .notFound, "the folder \(path) holds no JPEG, PNG or BMP file", remedy: "check the path")
                }
                files += images
            } else {
                files.append(path)
            }
        }
        return files
    }

    private static func images(inFolder folder: String) throws(VireoError) -> [String] {
        guard let stream = opendir(folder) else { throw VireoError(opening: folder, because: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        var images: [String] = []
        for name in names.sorted() {
            let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            let file = try RegularFile(path: path)
            let start = try file.bytes(at: 0, count: min(file.size, ImageFormat.signatureSize))
            if ImageFormat(startOfFile: start) != nil { images.append(path) }
        }
        return images
    }
}
