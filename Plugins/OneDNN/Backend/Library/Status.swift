import CDNNL
import VireoTensor

/// Throws unless `status` is success.
/// - Parameter what: what was tried, as in "making the primitive".
func check(_ status: dnnl_status_t, _ what: @autoclosure () -> String) throws(VireoError) {
    switch status {
    case dnnl_success: return
    case dnnl_out_of_memory: throw VireoError(.outOfMemory, "oneDNN ran out of memory while \(what())")
    case dnnl_unimplemented: throw VireoError(.unsupported, "oneDNN has no kernel for \(what())")
    case dnnl_invalid_arguments: throw VireoError(.internalError, "oneDNN refused the arguments for \(what())")
    default: throw VireoError(.internalError, "oneDNN failed with status \(status.rawValue) in \(what())")
    }
}
