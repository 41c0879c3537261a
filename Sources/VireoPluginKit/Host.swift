import CVireoPlugin
import VireoTensor

/// What the runtime gives to this plugin: memory, statuses, the log.
public struct Host: @unchecked Sendable {
    let table: UnsafePointer<vireo_host_api>

    /// The host's functions; those that the host is too old for are nil.
    let api: vireo_host_api

    /// - Parameter table: the host's, valid until the process ends.
    public init(table: UnsafePointer<vireo_host_api>) {
        self.table = table
        var api = vireo_host_api()
        withUnsafeMutableBytes(of: &api) { known in
            let given = UnsafeRawBufferPointer(start: table, count: min(table.pointee.struct_size, known.count))
            known.copyMemory(from: given)
        }
        self.api = api
    }

    public enum LogLevel: Int32, Sendable {
        case error = 1
        case warning = 2
        case info = 3
        case debug = 4
    }

    public func log(_ level: LogLevel, _ message: String) {
        table.pointee.log(table, level.rawValue, message)
    }

    /// Uninitialised memory from the host.
    /// - Throws: `outOfMemory` when the host has none.
    public func allocate(byteCount: Int, alignment: Int = 64) throws(VireoError) -> UnsafeMutableRawPointer {
        guard let memory = table.pointee.allocate(table, byteCount, alignment) else {
            throw VireoError(.outOfMemory, "no memory for \(byteCount) bytes")
        }
        return memory
    }

    public func deallocate(_ memory: UnsafeMutableRawPointer) {
        table.pointee.deallocate(table, memory)
    }

    /// Whether the host is of version 1.1 or later, which tells constants apart and takes back their memory.
    var knowsConstants: Bool {
        guard let offset = MemoryLayout<vireo_host_api>.offset(of: \.value_unload) else { return false }
        return table.pointee.struct_size >= offset + MemoryLayout<UInt>.size
    }

    func fingerprint(of value: Int, in graph: OpaquePointer) -> Fingerprint? {
        var halves: (UInt64, UInt64) = (0, 0)
        let isKnown = withUnsafeMutableBytes(of: &halves) { bytes in
            table.pointee.value_fingerprint(
                graph, Int32(value), bytes.baseAddress!.assumingMemoryBound(to: UInt8.self))
        }
        return isKnown ? Fingerprint(high: UInt64(littleEndian: halves.0), low: UInt64(littleEndian: halves.1)) : nil
    }

    func unload(_ value: Int, in graph: OpaquePointer) { table.pointee.value_unload(graph, Int32(value)) }

    func status(_ error: any Error) -> OpaquePointer {
        let known = error as? VireoError
        let code: Int32 =
            switch known?.code {
            case .invalidArgument, .notFound, .malformedFile: VIREO_INVALID_ARGUMENT
            case .unsupported: VIREO_UNSUPPORTED
            case .unavailable, .inputOutput: VIREO_UNAVAILABLE
            case .outOfMemory: VIREO_OUT_OF_MEMORY
            case .busy: VIREO_BUSY
            case .cancelled: VIREO_CANCELLED
            case .internalError, nil: VIREO_INTERNAL
            }
        return table.pointee.status_create(table, code, known?.description ?? "\(error)")!
    }
}
