import VireoIR
import VireoTensor

/// Devices in order of preference, each of which completes what those before it refuse: a single device, `CPU`, and
/// `HETERO:A,B`.
struct PartitionedTarget: CompilationTarget {
    let name: String
    let candidates: [Device]
    /// Whether nodes go where the model's file wants them.
    let obeysAffinities: Bool

    /// Variants of a model with unknown dimensions: some sizes of images, some lengths of text.
    private static let usualCapacity = 16

    func settableProperties() throws -> Set<String> {
        var names: Set<String> = [
            "NUM_STREAMS", "PERFORMANCE_HINT", "PERFORMANCE_HINT_NUM_REQUESTS", "DYNAMIC_SHAPE_CACHE_SIZE",
            "ENABLE_FALLBACK", "HETERO_DUMP_GRAPH_DOT", "LOG_LEVEL", "ENABLE_MMAP", "COMPILATION_NUM_THREADS",
        ]
        for device in candidates { names.formUnion(try device.settableProperties()) }
        return names
    }

    /// The model as the devices get it. Where one of them computes in integers, weights keep their ranges.
    func prepared(_ model: Model) throws -> Model {
        try model.preparedForBackends(quantized: candidates.contains { try $0.backend().computesInIntegers })
    }

    func compile(_ model: Model, _ configuration: Configuration) throws -> any Program {
        if let level = try configuration.value(of: .logLevel) {
            for device in candidates { device.log.threshold = level }
        }
        var model = model
        if try configuration.value(of: .enableMmap) == false { try model.readWeights() }
        let capacity = try configuration.value(of: .dynamicShapeCacheSize) ?? PartitionedTarget.usualCapacity
        let isStatic = model.parameters.allSatisfy { model.type(of: Output($0)).shape.isStatic }
        guard !isStatic else { return try PartitionedProgram(model, self, configuration) }
        let streams = try Streams(configuration, for: candidates)
        return SpecializingProgram(model, capacity: capacity, requestCount: streams.count) {
            try PartitionedProgram($0, self, configuration)
        }
    }
}

extension Core {
    /// The model as the devices that `name` stands for get it, those of a virtual device together.
    /// - Throws: `notFound` for an unknown device; `unsupported` naming values whose element type is not known.
    package func prepared(_ model: Model, for name: String) throws -> Model {
        try PartitionedTarget(name: name, candidates: candidates(for: name), obeysAffinities: false).prepared(model)
    }
}

extension Device {
    func settableProperties() throws -> Set<String> {
        Set(try backend().properties().filter(\.isMutable).map(\.name))
    }
}
