// The names are those of vireo.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CVireo
import Glibc
import Vireo

/// A `vireo_error`.
final class CError: Sendable {
    let code: Int32
    private let memory = CMemory()
    nonisolated(unsafe) let message: UnsafePointer<CChar>
    nonisolated(unsafe) let remedy: UnsafePointer<CChar>?
    nonisolated(unsafe) let description: UnsafePointer<CChar>

    init(_ error: any Error) {
        let error =
            error as? VireoError ?? VireoError(error is CancellationError ? .cancelled : .internalError, "\(error)")
        code =
            switch error.code {
            case .invalidArgument: VIREO_ERROR_INVALID_ARGUMENT
            case .notFound: VIREO_ERROR_NOT_FOUND
            case .malformedFile: VIREO_ERROR_MALFORMED_FILE
            case .inputOutput: VIREO_ERROR_INPUT_OUTPUT
            case .unsupported: VIREO_ERROR_UNSUPPORTED
            case .unavailable: VIREO_ERROR_UNAVAILABLE
            case .outOfMemory: VIREO_ERROR_OUT_OF_MEMORY
            case .busy: VIREO_ERROR_BUSY
            case .cancelled: VIREO_ERROR_CANCELLED
            case .internalError: VIREO_ERROR_INTERNAL
            }
        message = memory.string(error.message)
        remedy = error.remedy.map { [memory] in memory.string($0) }
        description = memory.string(error.description)
    }
}

/// Runs `body` and turns what it throws into an error for C.
func attempt(_ body: () throws -> Void) -> OpaquePointer? {
    do {
        try body()
        return nil
    } catch {
        return Handle.make(CError(error))
    }
}

@c @implementation
public func vireo_version() -> UnsafePointer<CChar>! { versionText }

nonisolated(unsafe) private let versionText = UnsafePointer(strdup(vireoVersion))

@c @implementation
public func vireo_error_code(_ error: OpaquePointer!) -> Int32 { Handle.object(error, as: CError.self).code }

@c @implementation
public func vireo_error_message(_ error: OpaquePointer!) -> UnsafePointer<CChar>! {
    Handle.object(error, as: CError.self).message
}

@c @implementation
public func vireo_error_remedy(_ error: OpaquePointer!) -> UnsafePointer<CChar>! {
    Handle.object(error, as: CError.self).remedy
}

@c @implementation
public func vireo_error_description(_ error: OpaquePointer!) -> UnsafePointer<CChar>! {
    Handle.object(error, as: CError.self).description
}

@c @implementation
public func vireo_error_release(_ error: OpaquePointer!) { Handle.release(error, as: CError.self) }
