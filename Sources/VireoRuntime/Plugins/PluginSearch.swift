import Glibc
import VireoTensor

/// Where plugins are looked for.
enum PluginSearch {
    /// A library file, or a place that is none.
    enum Finding {
        case library(path: String)
        case nothing(path: String, reason: String)
    }

    /// The places that are searched unless somebody names others: those of `VIREO_PLUGIN_PATH`, the executable's
    /// folder, and `lib/vireo` beside that folder.
    /// - Parameter only: names of devices; installed libraries with other file names are left out.
    static func defaultFindings(only names: [String]? = nil) throws(VireoError) -> [Finding] {
        let named = (environment("VIREO_PLUGIN_PATH") ?? "").split(separator: ":").map(String.init)
        let home = try executableFolder()
        let files = names.map { Set($0.map { "libvireo_\($0.lowercased()).so" }) }
        let installed = [home, home + "/../lib/vireo"].flatMap { libraries(in: $0) ?? [] }.filter { path in
            files?.contains { path.hasSuffix("/" + $0) } ?? true
        }
        return unique(named.flatMap(findings) + installed.map { .library(path: $0) })
    }

    /// The libraries of these folders, and these files whatever their names.
    static func findings(in paths: [String]) -> [Finding] { unique(paths.flatMap(findings)) }

    private static func findings(at path: String) -> [Finding] {
        if let libraries = libraries(in: path) { return libraries.map { .library(path: $0) } }
        guard let absolute = resolved(path) else {
            return [.nothing(path: path, reason: "there is no such file or folder")]
        }
        return [.library(path: absolute)]
    }

    /// Every `libvireo_*.so` of a folder in the order of their names; nil when it is no folder that can be read.
    private static func libraries(in folder: String) -> [String]? {
        guard let path = resolved(folder), let stream = opendir(path) else { return nil }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix("libvireo_"), name.hasSuffix(".so"), name != bindings { names.append(name) }
        }
        return names.sorted().map { "\(path)/\($0)" }
    }

    /// The library of the C API, which lies beside the plugins and is none.
    private static let bindings = "libvireo_c.so"

    /// Without the files that an earlier place gave already.
    private static func unique(_ findings: [Finding]) -> [Finding] {
        var seen: Set<String> = []
        return findings.filter { finding in
            guard case .library(let path) = finding else { return true }
            return seen.insert(resolved(path) ?? path).inserted
        }
    }

    private static func executableFolder() throws(VireoError) -> String {
        guard let executable = resolved("/proc/self/exe"), let slash = executable.lastIndex(of: "/") else {
            throw VireoError(
                .inputOutput, "the folder of this program cannot be found through /proc/self/exe",
                remedy: "mount /proc, or name the folders of the plugins")
        }
        return String(executable[..<slash])
    }

    /// The absolute path without symbolic links; nil when nothing is there.
    private static func resolved(_ path: String) -> String? {
        guard let found = realpath(path, nil) else { return nil }
        defer { free(found) }
        return String(cString: found)
    }

    private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
