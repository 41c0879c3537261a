import VireoTensor

/// Properties that people know from elsewhere, or from other places, and why they are not where they were asked for.
enum UnavailableProperties {
    private static let reasons = [
        "AUTO_BATCH_TIMEOUT": "BATCH:device(n) has it",
        "AVAILABLE_DEVICES": "devices have it",
        "CACHE_DIR": "devices that keep files for later starts have it",
        "CACHE_SIZE_MIB": "devices that keep files for later starts have it",
        "COMPILATION_NUM_THREADS": "it is given when a model is compiled",
        "DEVICE_GOPS": "no rate is told that was not measured: vireo bench measures",
        "DEVICE_ID": "it completes the name of a device when a model is compiled",
        "DEVICE_UUID": "devices are told apart by their names",
        "DYNAMIC_SHAPE_CACHE_SIZE": "it is given when a model is compiled",
        "ENABLE_CPU_PINNING": "only devices that can keep their threads on processors have it",
        "ENABLE_FALLBACK": "it is given when a model is compiled",
        "ENABLE_MMAP": "it is given when a model is compiled",
        "EXECUTION_DEVICES": "compiled models have it",
        "HETERO_DUMP_GRAPH_DOT": "it is given when a model is compiled",
        "LOADED_FROM_CACHE": "compiled models have it",
        "MAX_BATCH_SIZE": "only memory limits a batch",
        "MODEL_PRIORITY": "AUTO has it: it decides which model gets the best device",
        "MULTI_DEVICE_PRIORITIES": "it completes the names HETERO, MULTI and AUTO when a model is compiled",
        "NETWORK_NAME": "compiled models have it",
        "OPTIMAL_BATCH_SIZE": "no device gathers batches by itself; BATCH:device(n) does, with the n that it is told",
        "PERFORMANCE_HINT_NUM_REQUESTS": "it is given when a model is compiled",
        "SUPPORTED_METRICS": "SUPPORTED_PROPERTIES lists everything",
        "SUPPORTED_CONFIG_KEYS": "SUPPORTED_PROPERTIES lists everything",
    ]

    /// "(MODEL_PRIORITY: AUTO has it …)" for the names that are explained; empty when none is.
    static func explanation(of names: [String]) -> String {
        let known = names.compactMap { name in reasons[name].map { "\(name): \($0)" } }
        return known.isEmpty ? "" : " (\(known.joined(separator: "; ")))"
    }
}
