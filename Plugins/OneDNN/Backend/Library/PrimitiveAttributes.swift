import CDNNL
import VireoTensor

/// What a primitive does to each element of its result before storing it.
enum PostOperation {
    case elementwise(Elementwise)
    /// Adds what the destination held before.
    case sum
    /// Combines the result with another tensor, which broadcasts.
    case binary(dnnl_alg_kind_t, MemoryDescriptor)
}

/// The settings of a primitive: its post-operations, and scratch memory that the caller gives.
final class PrimitiveAttributes {
    let handle: dnnl_primitive_attr_t

    init(_ postOperations: [PostOperation] = []) throws(VireoError) {
        var handle: dnnl_primitive_attr_t?
        try check(dnnl_primitive_attr_create(&handle), "making attributes")
        self.handle = handle!
        try check(
            dnnl_primitive_attr_set_scratchpad_mode(self.handle, dnnl_scratchpad_mode_user),
            "taking over the scratch memory")
        if postOperations.isEmpty { return }
        var chain: dnnl_post_ops_t?
        try check(dnnl_post_ops_create(&chain), "making post-operations")
        defer { dnnl_post_ops_destroy(chain) }
        for operation in postOperations {
            switch operation {
            case .elementwise(let function):
                try check(
                    dnnl_post_ops_append_eltwise(chain, 1, function.algorithm, function.alpha, function.beta),
                    "appending an activation")
            case .sum:
                try check(dnnl_post_ops_append_sum(chain, 1), "appending a sum")
            case .binary(let algorithm, let descriptor):
                var other = descriptor.raw
                try check(dnnl_post_ops_append_binary(chain, algorithm, &other), "appending a binary operation")
            }
        }
        try check(dnnl_primitive_attr_set_post_ops(self.handle, chain), "setting post-operations")
    }

    deinit { dnnl_primitive_attr_destroy(handle) }
}
