import CDNNL
import VireoTensor

/// What a primitive does to each element of its result before storing it.
enum PostOperation {
    case elementwise(Elementwise)
    /// Adds what the destination held before.
    case sum
    /// Adds `scale * (q - zeroPoint)` for the integers of type `type` that the destination held before.
    case scaledSum(Float, zeroPoint: Int32, DataType)
    /// Combines the result with another tensor, which broadcasts.
    case binary(dnnl_alg_kind_t, MemoryDescriptor)
}

extension PostOperation {
    /// The same for the same operations only.
    var fingerprint: Fingerprint {
        var bytes: [UInt8] = []
        func add<Value>(_ value: Value) { withUnsafeBytes(of: value) { bytes += $0 } }
        switch self {
        case .elementwise(let function):
            add(0)
            add(function.algorithm.rawValue)
            add(function.alpha.bitPattern)
            add(function.beta.bitPattern)
        case .sum: add(1)
        case .scaledSum(let scale, let zeroPoint, let type):
            add(2)
            add(scale.bitPattern)
            add(zeroPoint)
            add(type.raw.rawValue)
        case .binary(let algorithm, let descriptor):
            add(3)
            add(algorithm.rawValue)
            add(descriptor.raw)
        }
        return Fingerprint(of: bytes)
    }
}

/// How a primitive goes from integers to real numbers and back.
struct Scaling {
    /// What sums of products are multiplied by, bias included: one number, or one an element of axis `axis`.
    var outputScales: [Float] = []
    var axis = 1
    /// The integers that stand for 0.
    var sourceZeroPoint: Int32 = 0
    var destinationZeroPoint: Int32 = 0
    /// What the two operands of a binary operation are multiplied by.
    var operandScales: [Float] = []
}

/// The settings of a primitive: its scales and post-operations, and scratch memory that the caller gives.
final class PrimitiveAttributes {
    let handle: dnnl_primitive_attr_t

    init(_ postOperations: [PostOperation] = [], _ scaling: Scaling = Scaling()) throws(VireoError) {
        var handle: dnnl_primitive_attr_t?
        try check(dnnl_primitive_attr_create(&handle), "making attributes")
        self.handle = handle!
        try check(
            dnnl_primitive_attr_set_scratchpad_mode(self.handle, dnnl_scratchpad_mode_user),
            "taking over the scratch memory")
        try set(scaling)
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
            case .scaledSum(let scale, let zeroPoint, let type):
                try check(
                    dnnl_post_ops_append_sum_v3(chain, scale, zeroPoint, type.raw), "appending a sum of integers")
            case .sum:
                try check(dnnl_post_ops_append_sum(chain, 1), "appending a sum")
            case .binary(let algorithm, let descriptor):
                var other = descriptor.raw
                try check(dnnl_post_ops_append_binary(chain, algorithm, &other), "appending a binary operation")
            }
        }
        try check(dnnl_primitive_attr_set_post_ops(self.handle, chain), "setting post-operations")
    }

    private func set(_ scaling: Scaling) throws(VireoError) {
        let scales = scaling.outputScales
        if !scales.isEmpty {
            try check(
                dnnl_primitive_attr_set_output_scales(
                    handle, Int64(scales.count), scales.count == 1 ? 0 : 1 << Int32(scaling.axis), scales),
                "setting output scales")
        }
        for (argument, zeroPoint) in [
            (DNNL_ARG_SRC, scaling.sourceZeroPoint), (DNNL_ARG_DST, scaling.destinationZeroPoint),
        ] where zeroPoint != 0 {
            try check(
                dnnl_primitive_attr_set_zero_points(handle, argument, 1, 0, [zeroPoint]), "setting a zero point")
        }
        for (argument, scale) in zip([DNNL_ARG_SRC_0, DNNL_ARG_SRC_1], scaling.operandScales) {
            try check(dnnl_primitive_attr_set_scales(handle, argument, 1, 0, [scale]), "setting an operand's scale")
        }
    }

    deinit { dnnl_primitive_attr_destroy(handle) }
}
