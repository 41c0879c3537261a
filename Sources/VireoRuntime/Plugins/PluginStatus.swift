import CVireoPlugin
import Glibc
import VireoTensor

/// A `vireo_status`: an error on its way from a plugin to the host.
final class PluginStatus: Hashable, @unchecked Sendable {
    let code: Int32
    let text: String
    /// `text` for C, as long as the status lives.
    let message: UnsafeMutablePointer<CChar>
    /// Who made it.
    let thread: pthread_t

    init(_ code: Int32, _ text: String) {
        self.code = code
        self.text = text
        message = strdup(text)
        thread = pthread_self()
    }

    deinit { free(message) }

    /// What stands in for every status for which there is no memory. It is never released.
    static let outOfMemory = PluginStatus(VIREO_OUT_OF_MEMORY, "no memory is left, not even to say what failed")

    var handle: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

    static func of(_ handle: OpaquePointer?) -> PluginStatus {
        Unmanaged<PluginStatus>.fromOpaque(UnsafeRawPointer(handle!)).takeUnretainedValue()
    }

    static func == (left: PluginStatus, right: PluginStatus) -> Bool { left === right }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }

    /// The status as an error. Lines that a Swift plugin wrote with `VireoError.description` become its parts again.
    var error: VireoError {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var context: [String] = []
        var remedy: String?
        lines.removeAll { line in
            if line.hasPrefix("  in: ") {
                context.append(String(line.dropFirst(6)))
                return true
            }
            if line.hasPrefix("  try: "), remedy == nil {
                remedy = String(line.dropFirst(7))
                return true
            }
            return false
        }
        return VireoError(kind, lines.joined(separator: "\n"), in: context, remedy: remedy)
    }

    private var kind: VireoError.Code {
        switch code {
        case VIREO_INVALID_ARGUMENT: .invalidArgument
        case VIREO_UNSUPPORTED: .unsupported
        case VIREO_UNAVAILABLE: .unavailable
        case VIREO_OUT_OF_MEMORY: .outOfMemory
        case VIREO_BUSY: .busy
        case VIREO_CANCELLED: .cancelled
        default: .internalError
        }
    }
}
