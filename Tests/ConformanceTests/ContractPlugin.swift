import CVireoPlugin
import Glibc
import Synchronization
import Testing
import VireoIR
import VireoRuntime
import VireoTensor

/// A plugin that the contract is tested on: every backend beside the test binary, the example, and the one that the
/// environment variable `VIREO_CONFORMANCE_PLUGIN` names.
struct ContractPlugin: Sendable, CustomTestStringConvertible {
    let path: String

    var testDescription: String { String(path[path.index(after: path.lastIndex(of: "/") ?? path.startIndex)...]) }

    static let all: [ContractPlugin] = {
        let executable = realpath("/proc/self/exe", nil)!
        defer { free(executable) }
        let program = String(cString: executable)
        let folder = String(program[..<program.lastIndex(of: "/")!])
        let named = getenv("VIREO_CONFORMANCE_PLUGIN").map { [String(cString: $0)] } ?? []
        let built = files(in: folder).filter {
            // The library of the C API lies beside the plugins and is none.
            $0.hasSuffix(".so") && ($0.hasPrefix("libvireo_") || $0 == "libfixture_example.so") && $0 != "libvireo_c.so"
        }
        return (built.sorted().map { "\(folder)/\($0)" } + named).map(ContractPlugin.init)
    }()

    private static func files(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names
    }

    // MARK: Loading

    private static let shared = Mutex<[String: PluginLibrary]>([:])

    /// The plugin, from a copy of its file: a library of the contract's own, with a host of its own.
    func load() throws -> PluginLibrary {
        try ContractPlugin.shared.withLock { shared in
            if let library = shared[path] { return library }
            let library = try loadAlone()
            shared[path] = library
            return library
        }
    }

    /// The plugin, from another copy for the caller alone.
    func loadAlone() throws -> PluginLibrary {
        var template = Array("/tmp/vireo-contract-XXXXXX".utf8CString)
        let folder = String(cString: try #require(mkdtemp(&template)))
        let copy = "\(folder)/\(testDescription)"
        defer {
            unlink(copy)
            rmdir(folder)
        }
        try (try bytes()).withUnsafeBytes { bytes in
            let file = try #require(fopen(copy, "w"))
            defer { fclose(file) }
            try #require(fwrite(bytes.baseAddress, 1, bytes.count, file) == bytes.count)
        }
        let library = try PluginLoader.load(copy)
        // The first time, as the runtime does it: one library after the other. Whether there is a device, tests ask
        // later.
        _ = try? library.probe()
        return library
    }

    func bytes() throws -> [UInt8] {
        let file = try #require(fopen(path, "r"), "\(path) cannot be read")
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        var bytes = [UInt8](repeating: 0, count: ftell(file))
        rewind(file)
        try #require(fread(&bytes, 1, bytes.count, file) == bytes.count)
        return bytes
    }

    /// A backend for the plugin's first device. A plugin that finds no device on this machine cancels the test.
    func device() throws -> ContractDevice { try ContractDevice(load()) }
}

/// A backend that is driven through the C ABI alone.
final class ContractDevice {
    let library: PluginLibrary
    let backend: OpaquePointer

    var api: vireo_plugin_api { library.slots }

    init(_ library: PluginLibrary) throws {
        self.library = library
        if let reason = try ContractDevice.absence(of: library) {
            try cancel(because: "\(library.name) finds no device here: \(reason)")
        }
        var backend: OpaquePointer?
        try library.host.check(library.api.pointee.backend_create(0, &backend))
        self.backend = try #require(backend)
    }

    deinit { api.backend_destroy(backend) }

    /// Why the plugin has no device on this machine; nil when it has one.
    private static func absence(of library: PluginLibrary) throws -> String? {
        var count = 0
        do throws(VireoError) {
            try library.host.check(library.api.pointee.probe(&count))
        } catch {
            if error.code == .unavailable { return error.message }
            throw error
        }
        return count > 0 ? nil : "there are none"
    }

    func check(_ status: OpaquePointer?) throws { try library.host.check(status) }

    /// What a status says; nil for success.
    func code(_ status: OpaquePointer?) -> VireoError.Code? {
        do throws(VireoError) {
            try library.host.check(status)
            return nil
        } catch {
            return error.code
        }
    }

    // MARK: Graphs

    func compile(_ graph: HostGraph, _ properties: [(String, String)] = []) throws -> ContractExecutable {
        var executable: OpaquePointer?
        let names = properties.map { strdup($0.0) }
        let values = properties.map { strdup($0.1) }
        defer { for text in names + values { free(text) } }
        let status = names.map { UnsafePointer($0) }.withUnsafeBufferPointer { names in
            values.map { UnsafePointer($0) }.withUnsafeBufferPointer { values in
                var options = vireo_compile_options(
                    struct_size: MemoryLayout<vireo_compile_options>.size, extensions: nil,
                    property_count: properties.count, names: names.baseAddress, values: values.baseAddress)
                return api.compile(backend, graph.handle, &options, &executable)
            }
        }
        try check(status)
        return ContractExecutable(try #require(executable), on: self, constants: graph.constants)
    }

    // MARK: Buffers

    func importing(
        _ values: [Float], _ dimensions: [Int64]? = nil, _ ownership: Int32 = VIREO_OWNERSHIP_COPIED
    ) throws -> ContractBuffer {
        var values = values
        return try values.withUnsafeMutableBytes {
            try importing($0, dimensions ?? [Int64($0.count / 4)], ownership)
        }
    }

    func importing(
        _ bytes: UnsafeMutableRawBufferPointer, _ dimensions: [Int64], _ ownership: Int32,
        release: (@convention(c) (UnsafeMutableRawPointer?) -> Void)? = nil, user: UnsafeMutableRawPointer? = nil
    ) throws -> ContractBuffer {
        var buffer: OpaquePointer?
        let status = withInfo(VIREO_TYPE_F32, dimensions) {
            api.buffer_import(backend, $0, bytes.baseAddress, bytes.count, ownership, release, user, &buffer)
        }
        try check(status)
        return ContractBuffer(try #require(buffer), on: self)
    }

    func withInfo<Outcome>(
        _ elementType: Int32, _ dimensions: [Int64], _ body: (UnsafePointer<vireo_tensor_info>) -> Outcome
    ) -> Outcome {
        dimensions.withUnsafeBufferPointer { dimensions in
            var info = vireo_tensor_info(
                struct_size: MemoryLayout<vireo_tensor_info>.size, extensions: nil, element_type: elementType,
                rank: Int32(dimensions.count), dims: dimensions.baseAddress)
            return body(&info)
        }
    }
}

private func cancel(because reason: String) throws { try Test.cancel(Comment(rawValue: reason)) }

final class ContractExecutable {
    let device: ContractDevice
    let handle: OpaquePointer
    private let constants: [Tensor]

    init(_ handle: OpaquePointer, on device: ContractDevice, constants: [Tensor]) {
        self.handle = handle
        self.device = device
        self.constants = constants
    }

    deinit { device.api.executable_destroy(handle) }

    func makeContext() throws -> ContractContext {
        var context: OpaquePointer?
        try device.check(device.api.context_create(handle, &context))
        return ContractContext(try #require(context), of: self)
    }
}

final class ContractContext {
    let executable: ContractExecutable
    let handle: OpaquePointer
    private var device: ContractDevice { executable.device }

    init(_ handle: OpaquePointer, of executable: ContractExecutable) {
        self.handle = handle
        self.executable = executable
    }

    deinit { device.api.context_destroy(handle) }

    /// Runs with one output, which the plugin makes.
    func run(_ inputs: [ContractBuffer]) throws -> ContractBuffer {
        var output: OpaquePointer?
        try device.check(execute(inputs, &output, 1))
        return ContractBuffer(try #require(output), on: device)
    }

    func execute(
        _ inputs: [ContractBuffer], _ outputs: UnsafeMutablePointer<OpaquePointer?>, _ outputCount: Int,
        _ completion: UnsafePointer<vireo_completion>? = nil
    ) -> OpaquePointer? {
        let handles = inputs.map { Optional($0.handle) }
        return device.api.execute(handle, handles, handles.count, outputs, outputCount, completion)
    }
}

final class ContractBuffer {
    let device: ContractDevice
    let handle: OpaquePointer

    init(_ handle: OpaquePointer, on device: ContractDevice) {
        self.handle = handle
        self.device = device
    }

    deinit { device.api.buffer_destroy(handle) }

    func floats(_ count: Int) throws -> [Float] {
        var values = [Float](repeating: -1, count: count)
        try values.withUnsafeMutableBytes { bytes in
            try device.check(device.api.buffer_read(handle, bytes.baseAddress, bytes.count))
        }
        return values
    }
}

// MARK: - Models

/// Every backend computes ReLU on f32: it is what the contract is tested with.
func reluGraph(_ shape: Shape = [4]) throws -> HostGraph {
    var model = Model(name: "relu")
    let data = Output(try model.add(Parameter(.f32, PartialShape(shape)), name: "data"))
    let relu = try model.add(UnaryElementwise(.relu), [data], name: "relu")
    return try HostGraph(model, nodes: [relu], inputs: [data], outputs: [Output(relu)])
}

/// data + [10, 20, 30, 40]
func additionGraph() throws -> HostGraph {
    var model = Model(name: "addition")
    let data = Output(try model.add(Parameter(.f32, PartialShape([4])), name: "data"))
    let offset = try model.addConstant(Tensor([10, 20, 30, 40] as [Float]), name: "offset")
    let sum = try model.add(BinaryElementwise(.add), [data, offset], name: "sum")
    return try HostGraph(model, nodes: [sum], inputs: [data], outputs: [Output(sum)])
}

/// An operation that no backend knows.
struct UnheardOf: Operation {
    var type: String { "UnheardOfOperation" }
    var version: Int { 1 }
    var attributes: [Attribute] { [] }
    func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] { [inputs[0]] }
}
