import VireoPluginKit

extension Device {
    /// What describes the device; `number` is its place among the devices.
    func properties(number: Int) -> [Property] {
        [
            Property("FULL_DEVICE_NAME", name),
            Property("DEVICE_ARCHITECTURE", architecture),
            Property("DEVICE_TYPE", kind == .cpu ? "integrated" : "discrete"),
            Property("DEVICE_ID", String(number)),
            Property("OPTIMIZATION_CAPABILITIES", hasHalfArithmetic ? "FP32 FP16" : "FP32"),
            Property("EXECUTION_UNITS_COUNT", String(computeUnitCount)),
            Property("DEVICE_TOTAL_MEM_SIZE", String(memoryByteCount)),
            Property("DEVICE_LOCAL_MEM_SIZE", String(localMemoryByteCount)),
            Property("MAX_WORK_GROUP_SIZE", String(largestGroup)),
            Property("OPTIMAL_NUMBER_OF_INFER_REQUESTS", "1"),
            Property("RANGE_FOR_ASYNC_INFER_REQUESTS", "1 2 1"),
            Property("RANGE_FOR_STREAMS", "1 1"),
        ]
    }
}
