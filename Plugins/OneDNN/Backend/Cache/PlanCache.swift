import VireoPluginKit
import VireoTensor

/// The packed constants of one graph: those that an earlier process left in the cache folder, and those that this one
/// will leave there. docs/cache.md is the folder's description.
final class PlanCache: @unchecked Sendable {
    /// The folder, and for which library and processor its files are made.
    struct Location: Sendable {
        let folder: CacheFolder
        let byteLimit: Int
        let library: String
        let processor = "\(HostProcessor.name), \(HostProcessor.architecture)"

        /// Nil when there is to be no cache.
        init?(_ settings: SettingValues, library: String) {
            guard let path = settings["CACHE_DIR"], !path.isEmpty else { return nil }
            folder = CacheFolder(path: path)
            byteLimit = (settings["CACHE_SIZE_MIB"].flatMap { Int($0) } ?? 0) << 20
            self.library = library
        }

        func fields(kind: String, label: String) -> [(name: String, value: String)] {
            [
                ("kind", kind), ("device", OneDNNBackend.name), ("label", label), ("library", library),
                ("processor", processor),
            ]
        }
    }

    /// Raised whenever what `ConstantPacking` makes of the same layouts changes.
    private static let revision = 3

    let file: CacheFile?
    private let location: Location
    private let host: Host
    private let name: String
    private let label: String
    private var blocks: [(key: Fingerprint, bytes: UnsafeRawBufferPointer)] = []
    private var fingerprints: [Int: Fingerprint?]
    /// Whether the file holds every block that can be stored.
    private(set) var isComplete = true

    init?(of graph: GraphView, _ settings: SettingValues, in location: Location, threads: Int, _ host: Host) {
        self.location = location
        self.host = host
        label = graph.nodes.last?.name ?? ""
        let facts = [
            "\(PlanCache.revision)", location.library, location.processor, "\(threads) threads",
            settings.description(without: ["CACHE_DIR", "CACHE_SIZE_MIB", "PERF_COUNT", "ENABLE_CPU_PINNING"]),
        ]
        // The weights of convolutions stand for all: they are the ones that are packed.
        let weights = graph.values.indices.filter {
            graph.values[$0].constant != nil && (graph.values[$0].dimensions?.count ?? 0) > 2
        }
        var fingerprints: [Int: Fingerprint?] = [:]
        for value in weights { fingerprints[value] = graph.fingerprint(ofConstant: value) }
        let known = weights.compactMap { fingerprints[$0] ?? nil }
        guard known.count == weights.count else { return nil }
        self.fingerprints = fingerprints
        name =
            "onednn-model-\(Fingerprint(of: facts.map { Fingerprint(of: $0) } + [PlanCache.fingerprint(of: graph)] + known))"
        do {
            file = try location.folder.file(name)
        } catch {
            file = nil
            host.log(.warning, "the cache is not used: \(error)")
        }
    }

    /// Everything that tells graphs apart but the elements of their constants.
    private static func fingerprint(of graph: GraphView) -> Fingerprint {
        var bytes: [UInt8] = []
        func add(_ numbers: [Int]) {
            withUnsafeBytes(of: numbers.count) { bytes += $0 }
            numbers.withUnsafeBytes { bytes += $0 }
        }
        func add(_ text: String) {
            add([text.utf8.count])
            bytes += text.utf8
        }
        for node in graph.nodes {
            add(node.opType)
            add(node.opset)
            add(node.inputs)
            add(node.outputs)
            for (key, value) in node.attributes.sorted(by: { $0.key < $1.key }) {
                add(key)
                switch value {
                case .integers(let values): add(values)
                case .numbers(let values): add(values.map { Int(bitPattern: UInt($0.bitPattern)) })
                case .string(let text): add(text)
                }
            }
        }
        for value in graph.values {
            add([Int(value.elementType.rawValue)])
            add(value.dimensions ?? [-1])
        }
        add(graph.inputs)
        add(graph.outputs)
        return Fingerprint(of: bytes)
    }

    /// What a constant in another layout is called; nil for one that cannot be told from others.
    func key(
        ofConstant value: Int, in graph: GraphView, _ from: MemoryDescriptor, _ to: MemoryDescriptor
    ) -> Fingerprint? {
        let fingerprint = fingerprints[value] ?? graph.fingerprint(ofConstant: value)
        fingerprints[value] = .some(fingerprint)
        return fingerprint.map { ConstantPacking.key($0, from, to) }
    }

    /// What an earlier process packed. It lives as long as `file`.
    func block(_ key: Fingerprint, of byteCount: Int) -> UnsafeRawPointer? {
        guard let block = file?.block(key), block.count == byteCount else { return nil }
        blocks.append((key, block))
        return block.baseAddress
    }

    /// Notes what this process packed, to be stored.
    func remember(_ packed: [ConstantPacking.Block], in memory: UnsafeMutableRawPointer) {
        for block in packed {
            guard let key = block.key else { continue }
            blocks.append((key, UnsafeRawBufferPointer(start: memory + block.offset, count: block.to.byteCount)))
            isComplete = false
        }
    }

    /// Stores every block of the graph.
    func save() {
        let contents = CacheContents(fields: location.fields(kind: "model", label: label), blocks: blocks)
        do {
            try location.folder.store(contents, as: name, byteLimit: location.byteLimit)
        } catch {
            host.log(.warning, "nothing was stored in the cache: \(error)")
        }
    }
}
