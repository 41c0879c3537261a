import Foundation
import Testing
import VireoIR
import VireoRuntime
import VireoSerialization
import VireoTensor
import VireoTestSupport

/// The properties that the runtime itself has, one after the other.
@Suite struct PropertyTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `every property has a type and the texts that people know`() throws {
        var configuration = Configuration()
        configuration[.modelPriority] = .high
        configuration[.logLevel] = .warning
        configuration[.enableMmap] = false
        configuration[.enableCPUPinning] = true
        configuration[.compilationNumThreads] = 2
        configuration[.cacheDir] = "folder"
        configuration[.cacheSizeMiB] = 7
        #expect(
            configuration.values == [
                "MODEL_PRIORITY": "HIGH", "LOG_LEVEL": "LOG_WARNING", "ENABLE_MMAP": "NO", "ENABLE_CPU_PINNING": "YES",
                "COMPILATION_NUM_THREADS": "2", "CACHE_DIR": "folder", "CACHE_SIZE_MIB": "7",
            ])
        #expect(Configuration(configuration.values)[.modelPriority] == .high)
        #expect(Configuration(["LOADED_FROM_CACHE": "NO"])[.loadedFromCache] == false)
        #expect(ModelPriority.low < .medium && ModelPriority.medium < .high)
    }

    @Test func `a value that a property cannot have is an error with those it can`() throws {
        let core = try Core(searchPaths: [Fixture.example.path])
        for (name, value, part) in [
            ("ENABLE_MMAP", "PERHAPS", "YES or NO"), ("LOG_LEVEL", "LOUD", "LOG_NONE, LOG_ERROR"),
            ("COMPILATION_NUM_THREADS", "-1", "a number from 0"), ("MODEL_PRIORITY", "URGENT", "LOW, MEDIUM, HIGH"),
        ] {
            let error = #expect(throws: VireoError.self, "\(name)") {
                try core.compile(.sample(), device: "AUTO:EXAMPLE", properties: [name: value])
            }
            #expect(error?.description.contains(part) == true)
        }
    }

    @Test func `a property that is not there is an error with the reason`() throws {
        let core = try Core(searchPaths: [Fixture.example.path])
        for (name, part) in [
            ("MODEL_PRIORITY", "AUTO has it"), ("ENABLE_CPU_PINNING", "keep their threads"),
            ("CPU_BIND_THREAD", "keep their threads"), ("CACHE_DIR", "keep files"),
            ("AUTO_BATCH_TIMEOUT", "BATCH:device(n) has it"), ("OPTIMAL_BATCH_SIZE", "no device gathers batches"),
            ("LOADED_FROM_CACHE", "compiled models have it"),
        ] {
            let error = #expect(throws: VireoError.self) {
                try core.compile(.sample(), device: "EXAMPLE", properties: [name: "YES"])
            }
            #expect(error?.code == .invalidArgument && error?.message.contains(part) == true, "\(name)")
            #expect(error?.remedy?.contains("PERF_COUNT") == true)
        }
        for (name, part) in [
            ("DEVICE_UUID", "told apart by their names"), ("DEVICE_GOPS", "vireo bench"),
            ("MAX_BATCH_SIZE", "memory"), ("NETWORK_NAME", "compiled models"), ("ENABLE_MMAP", "is compiled"),
        ] {
            let error = #expect(throws: VireoError.self) { try core.property(name, of: "EXAMPLE") }
            #expect(error?.message.contains(part) == true, "\(name)")
            let refusal = #expect(throws: VireoError.self) { try core.setProperty(name, to: "1", of: "EXAMPLE") }
            #expect(refusal?.message.contains(part) == true, "\(name)")
        }
        #expect(throws: VireoError.self) { try core.setProperty("AVAILABLE_DEVICES", to: "0", of: "EXAMPLE") }
    }

    @Test func `a device names the devices of its kind`() throws {
        let two = try folder.copy(.faulty, as: "libtwo_devices.so")
        let core = try Core(searchPaths: [Fixture.example.path, two])
        #expect(try core.property("AVAILABLE_DEVICES", of: "EXAMPLE") == "0")
        #expect(try core.property("AVAILABLE_DEVICES", of: "FAULTY.1") == "0 1")
        let names = try Core().property("SUPPORTED_PROPERTIES", of: "REFERENCE").split(separator: " ").map(String.init)
        #expect(try names == Core().properties(of: "REFERENCE").map(\.name))
    }

    // MARK: LOG_LEVEL

    @Test(arguments: [(nil, 1), (LogThreshold.none, 0), (.error, 0), (.warning, 1), (.debug, 1)])
    func `messages below the level that was set do not arrive`(level: LogThreshold?, count: Int) throws {
        let messages = Messages()
        let path = try folder.copy(.faulty, as: "libleaks_later.so")
        do {
            let core = try Core(searchPaths: [path]) { level, _, message in messages.add("\(level) \(message)") }
            if let level {
                try core.set(.logLevel, to: level, of: "FAULTY")
                #expect(try core.property("LOG_LEVEL", of: "FAULTY") == level.propertyText)
            }
            // The fault is told when the backend, which this makes, is gone.
            _ = try core.properties(of: "FAULTY")
        }
        #expect(messages.all.count == count, "\(messages.all)")
    }

    @Test func `a compilation can set the level, also by its longer names`() throws {
        let core = try Core(searchPaths: [Fixture.example.path])
        #expect(try core.property("LOG_LEVEL", of: "EXAMPLE") == "LOG_ERROR")
        _ = try core.compile(.sample(), device: "EXAMPLE", properties: ["LOG_LEVEL": "LOG_TRACE"])
        #expect(try core.property("LOG_LEVEL", of: "EXAMPLE") == "LOG_DEBUG")
    }

    // MARK: ENABLE_MMAP

    /// `data` [4] -> plus constants, in a file.
    private func written() throws -> (xml: String, weights: String) {
        var model = Model(name: "sum")
        let data = Output(try model.add(Parameter(.f32, .ranked([.dynamic])), name: "data"))
        let offset = try model.addConstant(Tensor([1, 2, 3, 4] as [Float]), name: "offset")
        let sum = Output(try model.add(BinaryElementwise(.add), [data, offset], name: "sum"))
        try model.add(Result(), [sum], name: "result")
        try model.writeIR(directory: folder.path(""), name: "sum")
        return (folder.path("sum.xml"), folder.path("sum.bin"))
    }

    @Test(arguments: [false, true])
    func `weights that are not mapped stay what they were when their file is overwritten`(isDynamic: Bool) throws {
        let (xml, weights) = try written()
        var model = try Model(irFile: xml)
        if !isDynamic { try model.reshape(["data": PartialShape([4])]) }
        let compiled = try Core().compile(model, device: "REFERENCE", properties: ["ENABLE_MMAP": "NO"])
        let file = try #require(FileHandle(forWritingAtPath: weights))
        try file.write(contentsOf: Data(repeating: 0, count: 16))
        try file.close()
        #expect(
            try compiled.makeRequest().run([Tensor([1, 1, 1, 1] as [Float])]) == [Tensor([2, 3, 4, 5] as [Float])])
    }

    // MARK: COMPILATION_NUM_THREADS

    @Test(arguments: ["0", "1", "2", "5"])
    func `however many are compiled at a time, the model is the same`(threads: String) throws {
        let other = try folder.copy(.flaky, as: "libOTHER-c20.so")
        let partial = try folder.variant(of: .example, named: "PARTIAL", without: ["ReLU"], as: "libpartial.so")
        let core = try Core(searchPaths: [Fixture.example.path, other, partial])
        for device in ["HETERO:PARTIAL,EXAMPLE", "MULTI:OTHER,EXAMPLE,PARTIAL", "AUTO:OTHER,EXAMPLE"] {
            // PARTIAL alone cannot run the model, and says so.
            guard device.hasPrefix("MULTI") else {
                let compiled = try core.compile(
                    .sample(), device: device, properties: ["COMPILATION_NUM_THREADS": threads])
                #expect(try compiled.makeRequest().run([sampleInput]) == [sampleOutput])
                continue
            }
            let error = #expect(throws: VireoError.self) {
                try core.compile(.sample(), device: device, properties: ["COMPILATION_NUM_THREADS": threads])
            }
            #expect(error?.context.contains("compiling for PARTIAL") == true)
        }
    }

    // MARK: MODEL_PRIORITY

    @Test func `under AUTO a device belongs to the most important model as long as that lives`() throws {
        let core = try Core(searchPaths: [
            try folder.copy(.flaky, as: "libBEST.so"), try folder.copy(.flaky, as: "libNEXT.so"),
        ])
        func compile(_ priority: ModelPriority?) throws -> CompiledModel {
            var properties = Configuration()
            properties[.modelPriority] = priority
            let compiled = try core.compile(.sample(), device: "AUTO:BEST,NEXT", properties: properties)
            let request = try compiled.makeRequest()
            // Both devices have compiled once the one that the model prefers is in use, or has had a hundred chances.
            for _ in 0..<100 {
                #expect(try request.run([sampleInput]) == [sampleOutput])
                Thread.sleep(forTimeInterval: 0.001)
            }
            return compiled
        }
        do {
            let important = try compile(.high)
            #expect(important.devices.map(\.name) == ["BEST"])
            #expect(try compile(nil).devices.map(\.name) == ["NEXT"])
            #expect(try compile(.low).devices.map(\.name) == ["NEXT"])
            #expect(try compile(.high).devices.map(\.name) == ["BEST"])
            withExtendedLifetime(important) {}
        }
        let usual = try compile(nil)
        #expect(usual.devices.map(\.name) == ["BEST"])
        #expect(try compile(.low).devices.map(\.name) == ["NEXT"])
        #expect(try compile(nil).devices.map(\.name) == ["BEST"])
        withExtendedLifetime(usual) {}
    }

    // MARK: LOADED_FROM_CACHE

    /// A 3x3 convolution whose weights are packed.
    private func convolution() throws -> Model {
        var model = Model(name: "convolution")
        let data = Output(try model.add(Parameter(.f32, PartialShape([1, 16, 12, 12])), name: "data"))
        let weights = try model.addConstant(
            Tensor((0..<32 * 16 * 9).map { Float($0 % 13) }, [32, 16, 3, 3]), name: "weights")
        let window = SlidingWindow(strides: [1, 1], padsBegin: [1, 1], padsEnd: [1, 1])
        let product = Output(try model.add(Convolution(window), [data, weights], name: "product"))
        try model.add(Result(), [product], name: "result")
        return model
    }

    @Test(.enabled(if: (try? Core().resolve("ONEDNN")) != nil, "ONEDNN is not built"))
    func `a compiled model says whether its device found everything in the cache`() throws {
        let core = try Core()
        let cache = folder.path("cache")
        func compile(_ properties: Configuration) throws -> CompiledModel {
            try core.compile(convolution(), device: "ONEDNN", properties: properties)
        }
        do {
            let first = try compile(["CACHE_DIR": cache])
            #expect(!first.isLoadedFromCache)
            #expect(first.properties.first { $0.name == "LOADED_FROM_CACHE" }?.value == "NO")
        }
        // The cache is written when the model is gone.
        let second = try compile(["CACHE_DIR": cache])
        #expect(second.isLoadedFromCache)
        #expect(second.properties.first { $0.name == "LOADED_FROM_CACHE" }?.value == "YES")
        #expect(try !compile([:]).isLoadedFromCache)
        #expect(
            try core.compile(convolution(), device: "HETERO:ONEDNN,REFERENCE", properties: ["CACHE_DIR": cache])
                .isLoadedFromCache)
        #expect(try !core.compile(convolution(), device: "REFERENCE").isLoadedFromCache)
    }
}
