import Foundation
import OpenCLBackend
import Testing
import VireoPluginKit
import VireoPluginTestSupport
import VireoTensor

@Suite(needsDevice, .serialized)
struct CacheTests {
    private static let problem = ConvolutionCase(
        inputs: 48, outputs: 48, extent: [24, 24], padsBegin: [1, 1], padsEnd: [1, 1])

    private let folder = CacheFolder(
        path: FileManager.default.temporaryDirectory.path + "/vireo-opencl-cache-\(UUID().uuidString)")

    @Test("compiled kernels and measured times are kept, and used by the next process")
    func filesAreKept() throws {
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        let first = try run()
        #expect(folder.entries.map(\.kind).sorted() == ["choices", "kernels"])
        #expect(folder.entries.allSatisfy { $0.device == "OPENCL" && $0.byteCount > 0 })

        // The next process does what the file says, whichever way was the faster.
        let name = try #require(folder.entries.first { $0.kind == "choices" }).name
        let file = try #require(try folder.file(name))
        let isWinograd = first.execType.contains("winograd")
        #expect(file[field: "choice"]?.contains(isWinograd ? " = winograd" : " = direct") == true)
        let turned = file.fields.map { field in
            let (from, to) = isWinograd ? (" = winograd", " = direct") : (" = direct", " = winograd")
            return (name: field.name, value: field.value.replacingOccurrences(of: from, with: to))
        }
        try folder.store(CacheContents(fields: turned), as: name, byteLimit: 1 << 30)
        let second = try run()
        #expect(second.execType.contains("winograd") != isWinograd)
        // Both ways round, each in its own order.
        #expect(zip(first.numbers, second.numbers).allSatisfy { ($0 - $1).magnitude < 1e-3 })
    }

    @Test("a file that the driver refuses is replaced")
    func refusedFile() throws {
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        let first = try run()
        let name = try #require(folder.entries.first { $0.kind == "kernels" }).name
        let file = try #require(try folder.file(name))
        let key = try #require(file.keys.first)
        let garbage = [UInt8](repeating: 7, count: 1000)
        try garbage.withUnsafeBytes { bytes in
            try folder.store(CacheContents(fields: file.fields, blocks: [(key, bytes)]), as: name, byteLimit: 1 << 30)
        }
        let second = try run()
        #expect(zip(first.numbers, second.numbers).allSatisfy { ($0 - $1).magnitude < 1e-3 })
        #expect(try #require(try folder.file(name)?.block(key)).count != garbage.count)
    }

    @Test("a folder that cannot be made costs nothing but the cache")
    func impossibleFolder() throws {
        #expect(try run(in: "/dev/null/cache").numbers.allSatisfy(\.isFinite))
    }

    /// Computes a convolution that is worth measuring, on a device that was just opened.
    private func run(in path: String? = nil) throws -> (execType: String, numbers: [Float]) {
        let problem = CacheTests.problem
        var numbers = Numbers(seed: 3)
        let graph = TestGraph()
        let filter = graph.constant(Array(problem.weightDims.dropFirst()), numbers.list(problem.weightDims))
        graph.output(
            graph.node("Convolution", [graph.input(problem.inputDims), filter], problem.outputDims, problem.attributes))
        let backend = try OpenCLBackend(device: 0, host: TestHost.host)
        let context = try backend.compile(
            graph.view, properties: ["CACHE_DIR": path ?? folder.path, "PERF_COUNT": "YES"]
        ).makeContext()
        let result = try context.run([numbers.list(problem.inputDims)], of: graph.view, on: backend)[0]
        return (context.profile[0].execType, result)
    }
}
