import COpenCL
import VireoPluginKit
import VireoTensor

/// One OpenCL device, with what the backend needs to know about it.
struct Device: @unchecked Sendable {
    let id: cl_device_id
    let name: String
    /// The platform and the driver: "Portable Computing Language, OpenCL 1.2 pocl 3.1, driver 3.1".
    let architecture: String
    let kind: DeviceDescription.Kind
    /// Elements of the vectors that suit the big kernels: 4, 8 or 16.
    let lanes: Int
    let memoryByteCount: Int
    let largestAllocation: Int
    /// Bytes that the work-items of a group can share.
    let localMemoryByteCount: Int
    let largestGroup: Int
    let computeUnitCount: Int
    /// Whether it computes in f16, not only stores it.
    let hasHalfArithmetic: Bool

    /// The devices of every platform that can run the kernels: GPUs first, then CPUs, then others.
    /// - Throws: `unavailable` with the reason when there is none.
    static func all() throws(VireoError) -> [Device] {
        let remedy = "install an OpenCL driver, such as pocl-opencl-icd or the graphics card's"
        var refusals: [String] = []
        var devices: [Device] = []
        for platform in try platforms() {
            let platformName = information {
                clGetPlatformInfo(platform, cl_platform_info(CL_PLATFORM_NAME), $0, $1, $2)
            }
            for id in try ids(of: platform) {
                let device = Device(id, platformName: platformName)
                if let refusal = device.refusal {
                    refusals.append("\(device.name) \(refusal)")
                } else {
                    devices.append(device)
                }
            }
        }
        guard !devices.isEmpty else {
            let reason = refusals.isEmpty ? "no OpenCL platform has a device" : refusals.joined(separator: "; ")
            throw VireoError(.unavailable, reason, remedy: remedy)
        }
        func rank(_ device: Device) -> Int { device.kind == .gpu ? 0 : device.kind == .cpu ? 1 : 2 }
        return devices.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
            .map(\.element)
    }

    private init(_ id: cl_device_id, platformName: String) {
        func text(_ key: Int32) -> String {
            information { clGetDeviceInfo(id, cl_device_info(key), $0, $1, $2) }
        }
        self.id = id
        name = text(CL_DEVICE_NAME)
        architecture = "\(platformName), \(text(CL_DEVICE_VERSION)), driver \(text(CL_DRIVER_VERSION))"
        let type = number(id, CL_DEVICE_TYPE, cl_device_type.self)
        kind =
            type & cl_device_type(CL_DEVICE_TYPE_GPU) != 0
            ? .gpu : type & cl_device_type(CL_DEVICE_TYPE_CPU) != 0 ? .cpu : .other
        let nativeWidth = number(id, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, cl_uint.self)
        lanes = kind != .cpu ? 4 : nativeWidth >= 16 ? 16 : 8
        memoryByteCount = Int(clamping: number(id, CL_DEVICE_GLOBAL_MEM_SIZE, cl_ulong.self))
        largestAllocation = Int(clamping: number(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, cl_ulong.self))
        localMemoryByteCount = Int(clamping: number(id, CL_DEVICE_LOCAL_MEM_SIZE, cl_ulong.self))
        largestGroup = number(id, CL_DEVICE_MAX_WORK_GROUP_SIZE, Int.self)
        computeUnitCount = Int(number(id, CL_DEVICE_MAX_COMPUTE_UNITS, cl_uint.self))
        hasHalfArithmetic = text(CL_DEVICE_EXTENSIONS).split(separator: " ").contains("cl_khr_fp16")
    }

    /// Why the kernels cannot run on the device.
    private var refusal: String? {
        guard number(id, CL_DEVICE_AVAILABLE, cl_bool.self) != 0 else { return "is not available" }
        guard number(id, CL_DEVICE_COMPILER_AVAILABLE, cl_bool.self) != 0 else { return "has no compiler" }
        guard number(id, CL_DEVICE_ENDIAN_LITTLE, cl_bool.self) != 0 else { return "is big-endian" }
        return largestGroup >= WorkSize.largestGroup ? nil : "has work-groups of \(largestGroup) items only"
    }

    private static func platforms() throws(VireoError) -> [cl_platform_id] {
        var count: cl_uint = 0
        try check(clGetPlatformIDs(0, nil, &count), "list OpenCL platforms")
        var platforms = [cl_platform_id?](repeating: nil, count: Int(count))
        try check(clGetPlatformIDs(count, &platforms, nil), "list OpenCL platforms")
        return platforms.compactMap { $0 }
    }

    private static func ids(of platform: cl_platform_id) throws(VireoError) -> [cl_device_id] {
        let all = cl_device_type(0xFFFF_FFFF)
        var count: cl_uint = 0
        let status = clGetDeviceIDs(platform, all, 0, nil, &count)
        if status == CL_DEVICE_NOT_FOUND { return [] }
        try check(status, "list the devices of a platform")
        var ids = [cl_device_id?](repeating: nil, count: Int(count))
        try check(clGetDeviceIDs(platform, all, count, &ids, nil), "list the devices of a platform")
        return ids.compactMap { $0 }
    }
}

/// A property of a device; zero when the driver does not know it.
private func number<Number: FixedWidthInteger>(_ id: cl_device_id, _ key: Int32, _ type: Number.Type) -> Number {
    var value: Number = 0
    let status = clGetDeviceInfo(id, cl_device_info(key), MemoryLayout<Number>.size, &value, nil)
    return status == CL_SUCCESS ? value : 0
}

/// A text that a query `(capacity, destination, needed)` gives.
func information(
    _ query: (Int, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>?) -> cl_int
) -> String {
    var count = 0
    guard query(0, nil, &count) == CL_SUCCESS, count > 0 else { return "" }
    var bytes = [UInt8](repeating: 0, count: count)
    guard query(count, &bytes, nil) == CL_SUCCESS else { return "" }
    let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
}
