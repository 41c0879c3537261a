import CVireoPlugin
import VireoIR
import VireoTensor

/// An operation of a plugin's own that stands for one of TensorFlow's (plugin ABI 1.1).
public struct PluginOperation: Sendable {
    /// TensorFlow's name of the operation.
    public let frameworkType: String
    /// The operation's name in the IR.
    public let type: String
    let outputCount: Int
    /// Libraries are never closed, so the description lives as long as the process.
    fileprivate nonisolated(unsafe) let description: UnsafePointer<vireo_custom_operation>
    fileprivate let host: PluginHost

    /// The operations of these libraries.
    /// - Throws: what is wrong with a library, its path as context; `invalidArgument` for one without such operations.
    public static func load(from paths: [String]) throws -> [PluginOperation] {
        try paths.flatMap { path in
            let operations = try PluginLoader.load(path).operations
            guard !operations.isEmpty else {
                throw VireoError(
                    .invalidArgument, "the library gives no operations to the converter", in: ["loading \(path)"],
                    remedy: "list them in custom_operations of its vireo_plugin_api")
            }
            return operations
        }
    }

    /// The types of the outputs for a node with these attributes and inputs.
    /// - Throws: what the plugin reports, `internalError` for types that cannot be.
    public func outputs(_ attributes: [Attribute], _ inputs: [ValueType]) throws -> [ValueType] {
        var memory = Arena()
        let attributes = memory.copy(attributes.map { vireo_attribute($0, &memory) })
        let types = memory.copy(inputs.map { vireo_tensor_info($0, &memory) })
        return try (0..<outputCount).map { output in
            var info = vireo_tensor_info()
            info.struct_size = MemoryLayout<vireo_tensor_info>.size
            var extents = [Int64](repeating: 0, count: Int(VIREO_MAX_RANK))
            try withContext("the plugin's shape inference of \(type)") {
                try host.check(
                    description.pointee.infer_output(
                        attributes.baseAddress, attributes.count, types.baseAddress, types.count, output, &info,
                        &extents))
            }
            return try ValueType(info, extents)
        }
    }
}

extension PluginLibrary {
    /// The operations that the library gives to the converter.
    /// - Throws: `unavailable` for a description that leaves something out.
    package var operations: [PluginOperation] {
        get throws(VireoError) {
            let end = MemoryLayout<vireo_plugin_api>.offset(of: \.custom_operation_count)! + MemoryLayout<Int>.size
            guard api.pointee.struct_size >= end, let list = api.pointee.custom_operations else { return [] }
            let count = api.pointee.custom_operation_count
            guard (0...PluginLibrary.largestOperationCount).contains(count) else {
                throw VireoError(.unavailable, "the plugin claims to have \(UInt(bitPattern: count)) operations")
            }
            return try (0..<count).map { (index) throws(VireoError) in
                guard let description = list[index], let frameworkType = description.pointee.framework_op,
                    let type = description.pointee.op_type, description.pointee.infer_output != nil,
                    (1...PluginLibrary.largestOutputCount).contains(description.pointee.output_count)
                else {
                    throw VireoError(
                        .unavailable,
                        "operation number \(index) of the plugin has no name, no outputs or no infer_output")
                }
                return PluginOperation(
                    frameworkType: String(cString: frameworkType), type: String(cString: type),
                    outputCount: description.pointee.output_count, description: description, host: host)
            }
        }
    }

    private static let largestOperationCount = 1 << 16
    private static let largestOutputCount = 1 << 10
}

extension vireo_tensor_info {
    fileprivate init(_ type: ValueType, _ memory: inout Arena) {
        self.init()
        let extents = type.shape.dimensions?.map { Int64($0.value ?? -1) }
        struct_size = MemoryLayout<vireo_tensor_info>.size
        element_type = type.elementType.rawValue
        rank = Int32(extents?.count ?? -1)
        dims = extents.map { memory.copy($0).baseAddress! }
    }
}

extension ValueType {
    fileprivate init(_ info: vireo_tensor_info, _ extents: [Int64]) throws(VireoError) {
        guard let elementType = ElementType(rawValue: info.element_type), info.rank >= -1, info.rank <= extents.count,
            extents.prefix(Int(max(info.rank, 0))).allSatisfy({ $0 >= -1 })
        else {
            throw VireoError(
                .internalError, "the plugin infers element type \(info.element_type) and rank \(info.rank)")
        }
        guard info.rank >= 0 else {
            self.init(elementType, .unranked)
            return
        }
        let dimensions = extents.prefix(Int(info.rank)).map { $0 < 0 ? Dimension.dynamic : Dimension(Int($0)) }
        self.init(elementType, .ranked(dimensions))
    }
}
