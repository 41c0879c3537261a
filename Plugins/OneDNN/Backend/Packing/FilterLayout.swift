import CDNNL
import OneDNNKernels

extension vireo_filter_layout {
    /// Weights `[G,O,I,H,W]` with the output channels in blocks of a multiple of 16 and nothing else blocked, as grouped
    /// direct convolutions read them (`aBdec16b`, `aBdec64b`, …). Nil for other layouts.
    init?(_ weights: MemoryDescriptor) {
        let (raw, blocking) = (weights.raw, weights.raw.format_desc.blocking)
        guard raw.format_kind == dnnl_blocked, raw.data_type == dnnl_f32, raw.offset0 == 0, raw.extra.flags == 0,
            raw.ndims == 5, blocking.inner_nblks == 1, blocking.inner_idxs.0 == 1, blocking.inner_blks.0 % 16 == 0,
            raw.padded_dims.0 == raw.dims.0, raw.padded_dims.2 == raw.dims.2, raw.padded_dims.3 == raw.dims.3,
            raw.padded_dims.4 == raw.dims.4
        else { return nil }
        self.init(
            point: Int(blocking.strides.0), output_block: Int(blocking.strides.1), input: Int(blocking.strides.2),
            row: Int(blocking.strides.3), column: Int(blocking.strides.4), block: Int32(blocking.inner_blks.0))
    }
}
