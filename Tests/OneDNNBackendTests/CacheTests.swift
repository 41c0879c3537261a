import Glibc
import OneDNNBackend
import Testing
import VireoPluginKit
import VireoPluginTestSupport
import VireoTensor

@Suite("The cache folder")
struct CacheTests {
    private let path = "/tmp/vireo-cache-tests-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    private var folder: CacheFolder { CacheFolder(path: path) }

    /// A convolution without bias, so that twice the weights give twice the result.
    private func network() -> (GraphBuilder, Int, Naive.DoubleTensor) {
        let builder = GraphBuilder()
        let source = builder.input4([1, 24, 9, 9])
        let result = builder.convolution(source.0, source.1, outputs: 48, .init())
        return (builder, result.0, result.1)
    }

    private func compile(_ graph: GraphView) throws -> Run { try Run(graph, properties: ["CACHE_DIR": path]) }

    private func model() throws -> CacheFolder.Entry {
        try #require(folder.entries.first { $0.kind == "model" })
    }

    private func removeFolder() {
        folder.prune(to: 0)
        rmdir(path)
    }

    @Test("keeps packed weights, and the next compilation takes them from there")
    func keepsWeights() throws {
        defer { removeFolder() }
        let (builder, output, expected) = network()
        _ = try compile(builder.graph([output]))
        let entry = try model()
        #expect(entry.device == "ONEDNN")

        let file = try #require(try folder.file(entry.name))
        #expect(!file.keys.isEmpty)
        let doubled = file.keys.map { key in
            (key: key, elements: file.block(key)!.bindMemory(to: Float.self).map { $0 * 2 })
        }
        let copies = doubled.map { _, elements in
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: elements.count * 4, alignment: 16)
            elements.withUnsafeBytes { copy.copyMemory(from: $0) }
            return copy
        }
        defer { copies.forEach { $0.deallocate() } }
        let contents = CacheContents(
            fields: file.fields, blocks: zip(doubled, copies).map { (key: $0.key, bytes: UnsafeRawBufferPointer($1)) })
        try folder.store(contents, as: entry.name, byteLimit: 1 << 30)

        let run = try compile(builder.graph([output]))
        let twice = Naive.DoubleTensor(expected.shape, expected.elements.map { $0 * 2 })
        expectClose(try run(builder.feeds)[0], twice)
        withExtendedLifetime(builder) {}
    }

    @Test("keeps filters that Winograd's transformations made of them, bit for bit, whatever happens to the file")
    func keepsTransformedFilters() throws {
        defer { removeFolder() }
        let builder = GraphBuilder()
        let source = builder.input4([1, 48, 21, 20])
        let window = Naive.Geometry(kernel: [3, 3], begin: [1, 1], end: [1, 1])
        let parts = (0..<2).map { _ in builder.convolution(source.0, source.1, outputs: 64, window) }
        let output = builder.node("Concat", parts.map(\.0), to: [1, 128, 21, 20], ["axis": .integers([1])])
        let graph = builder.graph([output])
        let expected = try Run(graph)(builder.feeds)
        _ = try compile(graph)
        #expect(try compile(graph)(builder.feeds) == expected)
        let file = open(path + "/" + (try model()).name + CacheFolder.suffix, O_RDWR)
        defer { close(file) }
        // The first bytes of the data have a checksum.
        var byte: UInt8 = 0x55
        #expect(pwrite(file, &byte, 1, 4096 + 3) == 1)
        #expect(try compile(graph)(builder.feeds) == expected)
        withExtendedLifetime(builder) {}
    }

    @Test("gives other weights other files")
    func tellsWeightsApart() throws {
        defer { removeFolder() }
        for scale in [1, 2] as [Float] {
            let builder = GraphBuilder()
            let source = builder.input([1, 16, 4, 4])
            let weights = builder.constant([16, 16, 1, 1], [Float](repeating: scale, count: 256))
            let attributes: [String: NodeView.Attribute] = [
                "strides": .integers([1, 1]), "dilations": .integers([1, 1]), "pads_begin": .integers([0, 0]),
                "pads_end": .integers([0, 0]),
            ]
            let output = builder.node("Convolution", [source, weights], to: [1, 16, 4, 4], attributes)
            let result = try compile(builder.graph([output]))(builder.feeds)[0]
            let sum = (0..<16).reduce(Float(0)) { $0 + builder.feeds[0][$1 * 16] }
            #expect(abs(result[0] - sum * scale) < 1e-4)
            withExtendedLifetime(builder) {}
        }
    }

    @Test("computes the same from damaged files, and mends them")
    func survivesDamage() throws {
        defer { removeFolder() }
        let (builder, output, expected) = network()
        _ = try compile(builder.graph([output]))
        let entry = try model()
        #expect(truncate(path + "/" + entry.name + CacheFolder.suffix, 5000) == 0)
        #expect(throws: VireoError.self) { try folder.file(entry.name) }
        expectClose(try compile(builder.graph([output]))(builder.feeds)[0], expected)
        _ = try compile(builder.graph([output]))
        #expect(try folder.file(entry.name) != nil)
        withExtendedLifetime(builder) {}
    }

    @Test("is not needed: a folder that cannot be made costs nothing but the cache")
    func survivesNoFolder() throws {
        let (builder, output, expected) = network()
        let run = try Run(builder.graph([output]), properties: ["CACHE_DIR": "/dev/null/cache"])
        expectClose(try run(builder.feeds)[0], expected)
        withExtendedLifetime(builder) {}
    }

    @Test("stays empty unless it is asked for")
    func isOffByDefault() throws {
        let (builder, output, _) = network()
        _ = try Run(builder.graph([output]))
        #expect(folder.entries.isEmpty)
        withExtendedLifetime(builder) {}
    }
}
