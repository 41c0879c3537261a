import CDNNL
import VireoTensor

/// oneDNN's descriptions of operations, each with the layouts that are given or left open.
enum Operation {
    /// - Parameters:
    ///   - algorithm: direct or Winograd.
    ///   - weights: `[O,I,…]`, or `[G,O/G,I/G,…]` with groups.
    static func convolution(
        _ algorithm: dnnl_alg_kind_t, source: MemoryDescriptor, weights: MemoryDescriptor, bias: MemoryDescriptor?,
        destination: MemoryDescriptor,
        window: Window
    ) throws(VireoError) -> dnnl_convolution_desc_t {
        var result = dnnl_convolution_desc_t()
        var (source, weights, destination) = (source.raw, weights.raw, destination.raw)
        var bias = bias?.raw ?? dnnl_memory_desc_t()
        try check(
            dnnl_dilated_convolution_forward_desc_init(
                &result, dnnl_forward_inference, algorithm, &source, &weights, &bias, &destination,
                window.strides.map(Int64.init), window.dilations.map { Int64($0 - 1) },
                window.padsBegin.map(Int64.init), window.padsEnd.map(Int64.init)), "a convolution")
        return result
    }

    static func pooling(
        _ algorithm: dnnl_alg_kind_t, source: MemoryDescriptor, destination: MemoryDescriptor, window: Window
    ) throws(VireoError) -> dnnl_pooling_v2_desc_t {
        var result = dnnl_pooling_v2_desc_t()
        var (source, destination) = (source.raw, destination.raw)
        try check(
            dnnl_pooling_v2_forward_desc_init(
                &result, dnnl_forward_inference, algorithm, &source, &destination, window.strides.map(Int64.init),
                window.kernel.map(Int64.init), window.dilations.map { Int64($0 - 1) },
                window.padsBegin.map(Int64.init), window.padsEnd.map(Int64.init)), "a pooling")
        return result
    }

    /// - Parameter weights: `[O,I]`.
    static func innerProduct(
        source: MemoryDescriptor, weights: MemoryDescriptor, bias: MemoryDescriptor?, destination: MemoryDescriptor
    ) throws(VireoError) -> dnnl_inner_product_desc_t {
        var result = dnnl_inner_product_desc_t()
        var (source, weights, destination) = (source.raw, weights.raw, destination.raw)
        var bias = bias?.raw ?? dnnl_memory_desc_t()
        try check(
            dnnl_inner_product_forward_desc_init(
                &result, dnnl_forward_inference, &source, &weights, &bias, &destination), "an inner product")
        return result
    }

    static func matmul(
        source: MemoryDescriptor, weights: MemoryDescriptor, destination: MemoryDescriptor
    ) throws(VireoError) -> dnnl_matmul_desc_t {
        var result = dnnl_matmul_desc_t()
        var (source, weights, destination) = (source.raw, weights.raw, destination.raw)
        try check(
            dnnl_matmul_desc_init(&result, &source, &weights, nil, &destination), "a matrix product")
        return result
    }

    static func elementwise(_ function: Elementwise, _ data: MemoryDescriptor) throws(VireoError)
        -> dnnl_eltwise_desc_t
    {
        var result = dnnl_eltwise_desc_t()
        var data = data.raw
        try check(
            dnnl_eltwise_forward_desc_init(
                &result, dnnl_forward_inference, function.algorithm, &data, function.alpha, function.beta),
            "an elementwise function")
        return result
    }

    static func binary(
        _ algorithm: dnnl_alg_kind_t, _ first: MemoryDescriptor, _ second: MemoryDescriptor,
        destination: MemoryDescriptor
    ) throws(VireoError) -> dnnl_binary_desc_t {
        var result = dnnl_binary_desc_t()
        var (first, second, destination) = (first.raw, second.raw, destination.raw)
        try check(dnnl_binary_desc_init(&result, algorithm, &first, &second, &destination), "a binary operation")
        return result
    }

    static func prelu(_ data: MemoryDescriptor, slopes: MemoryDescriptor) throws(VireoError) -> dnnl_prelu_desc_t {
        var result = dnnl_prelu_desc_t()
        var (data, slopes) = (data.raw, slopes.raw)
        try check(dnnl_prelu_forward_desc_init(&result, dnnl_forward_inference, &data, &slopes), "a PReLU")
        return result
    }

    /// `scale * x + shift` along axis 1: a batch normalization whose mean is 0 and variance 1.
    static func scaleShift(_ data: MemoryDescriptor, relu: Bool) throws(VireoError)
        -> dnnl_batch_normalization_desc_t
    {
        var result = dnnl_batch_normalization_desc_t()
        var data = data.raw
        var flags = dnnl_use_global_stats.rawValue | dnnl_use_scale.rawValue | dnnl_use_shift.rawValue
        if relu { flags |= dnnl_fuse_norm_relu.rawValue }
        try check(
            dnnl_batch_normalization_forward_desc_init(&result, dnnl_forward_inference, &data, 0, flags),
            "a scale and shift")
        return result
    }

    static func softmax(
        _ algorithm: dnnl_alg_kind_t, source: MemoryDescriptor, destination: MemoryDescriptor, axis: Int
    ) throws(VireoError) -> dnnl_softmax_v2_desc_t {
        var result = dnnl_softmax_v2_desc_t()
        var (source, destination) = (source.raw, destination.raw)
        try check(
            dnnl_softmax_v2_forward_desc_init(
                &result, dnnl_forward_inference, algorithm, &source, &destination, Int32(axis)), "a softmax")
        return result
    }

    static func reduction(
        _ algorithm: dnnl_alg_kind_t, source: MemoryDescriptor, destination: MemoryDescriptor
    ) throws(VireoError) -> dnnl_reduction_desc_t {
        var result = dnnl_reduction_desc_t()
        var (source, destination) = (source.raw, destination.raw)
        try check(
            dnnl_reduction_desc_init(&result, algorithm, &source, &destination, 0, 0), "a reduction")
        return result
    }

    /// `x / (bias + alpha / size^n * sum of squares)^beta`, over `size` channels (n = 1) or a window in each (n = 2).
    static func localResponse(
        _ algorithm: dnnl_alg_kind_t, _ data: MemoryDescriptor, size: Int, alpha: Float, beta: Float, bias: Float
    ) throws(VireoError) -> dnnl_lrn_desc_t {
        var result = dnnl_lrn_desc_t()
        var data = data.raw
        try check(
            dnnl_lrn_forward_desc_init(
                &result, dnnl_forward_inference, algorithm, &data, Int64(size), alpha, beta, bias),
            "a local response normalization")
        return result
    }
}
