import Testing
import VireoRuntime
import VireoTensor
import VireoTestSupport

@Suite struct ConfigurationTests {
    @Test func `properties are typed and have texts`() throws {
        var configuration: Configuration = ["INFERENCE_NUM_THREADS": "3"]
        configuration[.performanceHint] = .throughput
        configuration[.numStreams] = .fixed(2)
        configuration[.perfCount] = true
        #expect(configuration["PERFORMANCE_HINT"] == "THROUGHPUT" && configuration["NUM_STREAMS"] == "2")
        #expect(configuration["PERF_COUNT"] == "YES" && configuration[.inferenceNumThreads] == 3)
        configuration[.numStreams] = .automatic
        #expect(configuration["NUM_STREAMS"] == "AUTO" && configuration[.executionModeHint] == nil)
        configuration["NUM_STREAMS"] = "many"
        let error = #expect(throws: VireoError.self) { try configuration.value(of: .numStreams) }
        #expect(error?.remedy == "give AUTO or a number from 1")
    }

    @Test func `a value that a property cannot have is an error with those it can`() throws {
        let core = try Core(searchPaths: [Fixture.example.path])
        for (name, value, part) in [
            ("NUM_STREAMS", "0", "AUTO or a number"), ("PERFORMANCE_HINT", "FAST", "LATENCY, THROUGHPUT"),
            ("DYNAMIC_SHAPE_CACHE_SIZE", "-1", "a number from 0"), ("ENABLE_FALLBACK", "MAYBE", "YES or NO"),
        ] {
            let error = #expect(throws: VireoError.self) {
                try core.compile(.sample(), device: "EXAMPLE", properties: [name: value])
            }
            #expect(error?.code == .invalidArgument && error?.remedy?.contains(part) == true)
        }
    }

    @Test func `the names of 2019 are understood`() throws {
        let core = try Core(searchPaths: [Fixture.example.path])
        let compiled = try core.compile(
            .sample(), device: "EXAMPLE", properties: ["CPU_THROUGHPUT_STREAMS": "2", "perf_count": "true"])
        #expect(compiled.configuration == ["NUM_STREAMS": "2", "PERF_COUNT": "YES"])
        #expect(compiled.optimalRequestCount == 2)
        let properties = Dictionary(uniqueKeysWithValues: compiled.properties.map { ($0.name, $0.value) })
        #expect(properties["NETWORK_NAME"] == "sample" && properties["EXECUTION_DEVICES"] == "EXAMPLE")
        #expect(properties["OPTIMAL_NUMBER_OF_INFER_REQUESTS"] == "2" && properties["NUM_STREAMS"] == "2")
        let automatic = try core.compile(
            .sample(), device: "EXAMPLE", properties: ["CPU_THROUGHPUT_STREAMS": "CPU_THROUGHPUT_AUTO"])
        #expect(automatic.configuration == ["NUM_STREAMS": "AUTO"])
        let error = #expect(throws: VireoError.self) {
            try core.compile(
                .sample(), device: "EXAMPLE", properties: ["CPU_THROUGHPUT_STREAMS": "2", "NUM_STREAMS": "3"])
        }
        #expect(error?.message.contains("given twice") == true)
    }

    @Test func `properties that choose devices complete the device's name`() throws {
        let folder = try TemporaryFolder()
        let two = try folder.copy(.faulty, as: "libtwo_devices.so")
        let core = try Core(searchPaths: [Fixture.example.path, try folder.copy(.flaky, as: "libOTHER.so"), two])
        let compiled = try core.compile(
            .sample(), device: "MULTI", properties: ["MULTI_DEVICE_PRIORITIES": "OTHER,EXAMPLE"])
        #expect(compiled.target == "MULTI:OTHER,EXAMPLE")
        let error = #expect(throws: VireoError.self) {
            try core.compile(.sample(), device: "FAULTY", properties: ["DEVICE_ID": "1"])
        }
        #expect(error?.context.contains { $0.contains("FAULTY.1") } == true)
        for properties in [["DEVICE_ID": "first"], ["MULTI_DEVICE_PRIORITIES": "OTHER"]] {
            #expect(throws: VireoError.self) {
                try core.compile(.sample(), device: "EXAMPLE", properties: Configuration(properties))
            }
        }
    }

    @Test func `a hint chooses the number of streams, and the number of requests limits it`() throws {
        let core = try Core()
        let largest = try core.property("RANGE_FOR_STREAMS", of: "REFERENCE").split(separator: " ").last
        let streams = try #require(largest.flatMap { Int($0) })
        func count(_ properties: Configuration) throws -> Int {
            try core.compile(.relu(), device: "REFERENCE", properties: properties).optimalRequestCount
        }
        #expect(try count([:]) == 1 && count(["PERFORMANCE_HINT": "LATENCY"]) == 1)
        #expect(try count(["PERFORMANCE_HINT": "THROUGHPUT"]) == streams)
        #expect(try count(["PERFORMANCE_HINT": "THROUGHPUT", "PERFORMANCE_HINT_NUM_REQUESTS": "1"]) == 1)
        #expect(try count(["PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": "7"]) == 7)
    }

    @Test func `what a device was told holds for compilations that say nothing else`() throws {
        let core = try Core()
        let largest = try core.property("RANGE_FOR_STREAMS", of: "REFERENCE").split(separator: " ").last
        let streams = try #require(largest.flatMap { Int($0) })
        func count(_ properties: Configuration) throws -> Int {
            try core.compile(.relu(), device: "REFERENCE", properties: properties).optimalRequestCount
        }
        try core.set(.performanceHint, to: .throughput, of: "REFERENCE")
        #expect(try count([:]) == streams && count(["PERFORMANCE_HINT": "LATENCY"]) == 1)
        #expect(try count(["NUM_STREAMS": "3"]) == 3)
        try core.set(.performanceHint, to: .latency, of: "REFERENCE")
        #expect(try count([:]) == 1)
    }

    @Test func `a file of properties is read, those of one device last`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file(
            "config.json", Array(#"{"NUM_STREAMS": 2, "PERF_COUNT": true, "X": "y", "CPU": {"NUM_STREAMS": "4"}}"#.utf8)
        )
        #expect(
            try Configuration(jsonFile: path).values == ["NUM_STREAMS": "2", "PERF_COUNT": "YES", "X": "y"])
        #expect(try Configuration(jsonFile: path, device: "CPU")["NUM_STREAMS"] == "4")
        for text in ["", "[]", "{", #"{"A": [1]}"#, #"{"A": null}"#] {
            let bad = try folder.file("bad.json", Array(text.utf8))
            let error = #expect(throws: VireoError.self) { try Configuration(jsonFile: bad) }
            #expect(error?.code == .malformedFile)
        }
        #expect(throws: VireoError.self) { try Configuration(jsonFile: folder.path("absent.json")) }
    }

    @Test func `properties of a device are read and set by name`() throws {
        let core = try Core(searchPaths: [Fixture.example.path])
        try core.set(.perfCount, to: true, of: "EXAMPLE")
        #expect(try core.property("PERF_COUNT", of: "EXAMPLE") == "YES")
        try core.setProperty("perf_count", to: "off", of: "EXAMPLE")
        #expect(try core.property("PERF_COUNT", of: "EXAMPLE") == "NO")
        let error = #expect(throws: VireoError.self) { try core.property("SPEED", of: "EXAMPLE") }
        #expect(error?.remedy == "the properties are FULL_DEVICE_NAME, PERF_COUNT, AVAILABLE_DEVICES, LOG_LEVEL")
        #expect(try core.settableProperties(for: "BATCH:EXAMPLE(2)").contains("AUTO_BATCH_TIMEOUT"))
    }
}
