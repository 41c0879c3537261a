import Glibc
import VireoTensor

/// What a CPU backend reports about the processor it runs on.
public enum HostProcessor {
    /// The processor's name, such as "AMD EPYC 9354 32-Core Processor".
    public static let name: String = field("model name") ?? "unknown processor"

    /// Instruction sets that kernels care about, widest first, such as "avx512f avx512_vnni avx2 fma".
    public static let architecture: String = {
        let flags = Set((field("flags") ?? field("Features") ?? "").split(separator: " ").map(String.init))
        let known = [
            "amx_tile", "avx512_bf16", "avx512_vnni", "avx512bw", "avx512f", "avx_vnni", "avx2", "fma", "avx", "sse4_2",
        ]
        return known.filter(flags.contains).joined(separator: " ")
    }()

    public static func has(_ feature: String) -> Bool { architecture.split(separator: " ").contains { $0 == feature } }

    /// Processors that this process may use: its affinity, lowered by a cgroup's CPU quota.
    public static let availableCount: Int = {
        let allowed = (field("Cpus_allowed_list", in: "/proc/self/status") ?? "").split(separator: ",")
        let affinity = allowed.reduce(0) { count, range in
            let bounds = range.split(separator: "-").compactMap { Int($0) }
            return count + (bounds.count == 2 && bounds[1] >= bounds[0] ? bounds[1] - bounds[0] + 1 : bounds.count)
        }
        let online = affinity > 0 ? affinity : max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1)
        return max(1, min(online, Int(quota(root: "/sys/fs/cgroup", group: ownGroup).rounded(.up))))
    }()

    /// The group of this process: what follows "0::" in /proc/self/cgroup.
    private static var ownGroup: String {
        String((field("0", in: "/proc/self/cgroup") ?? "").drop { $0 == ":" })
    }

    /// The processors that a control group may use at a time, the groups around it included; a million without a quota.
    /// - Parameters:
    ///   - root: where the groups' file system (version 2) is mounted.
    ///   - group: the group's path below it.
    package static func quota(root: String, group: String) -> Double {
        var folder = root
        return group.split(separator: "/").reduce(limit(in: root)) { lowest, part in
            folder += "/" + part
            return min(lowest, limit(in: folder))
        }
    }

    private static func limit(in folder: String) -> Double {
        let parts = (read(folder + "/cpu.max") ?? "").split(whereSeparator: \.isWhitespace)
        guard parts.count == 2, let micros = Double(parts[0]), let period = Double(parts[1]), period > 0 else {
            return 1e6
        }
        return micros / period
    }

    private static func field(_ key: String, in path: String = "/proc/cpuinfo") -> String? {
        for line in (read(path) ?? "").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2, trimmed(parts[0]) == key { return trimmed(parts[1]) }
        }
        return nil
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    private static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while bytes.count < 1 << 22 {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { break }
            bytes += chunk[0..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
