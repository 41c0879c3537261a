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
