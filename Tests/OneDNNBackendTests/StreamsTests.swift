import Foundation
import Glibc
import OneDNNBackend
import Testing
import VireoPluginKit
import VireoPluginTestSupport
import VireoTensor

@Suite("Streams and threads")
struct StreamsTests {
    @Test(
        "share out the threads",
        arguments: [
            (["INFERENCE_NUM_THREADS": "4"], 4), (["INFERENCE_NUM_THREADS": "4", "NUM_STREAMS": "2"], 2),
            (["INFERENCE_NUM_THREADS": "4", "NUM_STREAMS": "8"], 1),
            (["INFERENCE_NUM_THREADS": "4", "PERFORMANCE_HINT": "THROUGHPUT"], 1),
            (["INFERENCE_NUM_THREADS": "4", "PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": "1"], 4),
            (["INFERENCE_NUM_THREADS": "4", "NUM_STREAMS": "AUTO"], 4),
        ])
    func share(_ properties: [String: String], _ threads: Int) throws {
        let device = DeviceProperties(readOnly: [], settings: Setting.processor + Setting.streams)
        #expect(try device.settings(overriddenBy: properties).threadsOfStream == threads)
    }

    @Test("are refused with what is valid", arguments: ["-1", "two", "1025"])
    func refusals(_ count: String) throws {
        let backend = try OneDNNBackend(device: 0, host: TestHost.host)
        #expect(throws: VireoError.self) { try backend.setProperty("NUM_STREAMS", to: count) }
    }

    @Test("stay on processors of their own where that is asked for, and callers are not bound")
    func pinning() throws {
        func allowed(_ task: String) -> String {
            let lines = (try? String(contentsOfFile: task + "/status", encoding: .utf8)) ?? ""
            return lines.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list") }.map(String.init) ?? ""
        }
        let builder = GraphBuilder()
        let (source, data) = builder.input4([1, 64, 28, 28])
        let result = builder.convolution(
            source, data, outputs: 64, .init(kernel: [3, 3], begin: [1, 1], end: [1, 1]))
        let before = allowed("/proc/thread-self")
        for pins in ["YES", "NO"] {
            let run = try Run(
                builder.graph([result.0]), properties: ["INFERENCE_NUM_THREADS": "2", "ENABLE_CPU_PINNING": pins])
            for _ in 0..<2 { expectClose(try run(builder.feeds)[0], result.1, tolerance: 5e-5) }
            #expect(allowed("/proc/thread-self") == before)
        }
        withExtendedLifetime(builder) {}
    }

    @Test("honour the quotas of a control group and of those around it")
    func quotas() throws {
        let root = "/tmp/vireo-quota-tests-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        func write(_ text: String, _ path: String) throws {
            let file = try AtomicFile(path: path)
            try file.write(text)
            try file.commit()
        }
        for folder in [root, root + "/outer", root + "/outer/inner"] { mkdir(folder, 0o700) }
        defer {
            for file in ["/outer/inner/cpu.max", "/outer/cpu.max"] { unlink(root + file) }
            for folder in [root + "/outer/inner", root + "/outer", root] { rmdir(folder) }
        }
        try write("150000 100000\n", root + "/outer/cpu.max")
        try write("max 100000\n", root + "/outer/inner/cpu.max")
        #expect(HostProcessor.quota(root: root, group: "/outer/inner") == 1.5)
        #expect(HostProcessor.quota(root: root, group: "/") > 1000)
        #expect(HostProcessor.quota(root: root, group: "/outer/none") == 1.5)
    }
}
