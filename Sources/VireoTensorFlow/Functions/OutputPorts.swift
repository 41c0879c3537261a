/// The names of the outputs of operations that have several, in order: inside a function `norm:batch_mean:0` is the
/// second output of a FusedBatchNorm. The outputs of all other operations are one output, perhaps a list.
enum OutputPorts {
    /// The port of an output; nil when the operation has no such output.
    static func port(_ output: String, _ index: Int, of operation: String) -> Int? {
        guard let names = names[operation] else { return index }
        guard let port = names.firstIndex(of: output), index == 0 else { return nil }
        return port
    }

    /// An output of a node as it is written inside a function; the inverse of `port`.
    static func text(_ tensor: TensorRef, of operation: String) -> String {
        guard let names = names[operation] else { return "\(tensor.node):output:\(tensor.port)" }
        return "\(tensor.node):\(names.indices.contains(tensor.port) ? names[tensor.port] : ""):0"
    }

    static func isKnown(_ operation: String) -> Bool { names[operation] != nil }

    private static let names: [String: [String]] = [
        // Normalization
        "FusedBatchNorm": ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"],
        "FusedBatchNormV2": ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"],
        "FusedBatchNormV3": [
            "y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3",
        ],

        // Selection
        "TopK": ["values", "indices"], "TopKV2": ["values", "indices"], "ApproxTopK": ["values", "indices"],
        "Unique": ["y", "idx"], "UniqueV2": ["y", "idx"], "UniqueWithCounts": ["y", "idx", "count"],
        "UniqueWithCountsV2": ["y", "idx", "count"], "ListDiff": ["out", "idx"],
        "MaxPoolWithArgmax": ["output", "argmax"],
        "FractionalMaxPool": ["output", "row_pooling_sequence", "col_pooling_sequence"],
        "FractionalAvgPool": ["output", "row_pooling_sequence", "col_pooling_sequence"],
        "NonMaxSuppressionV4": ["selected_indices", "valid_outputs"],
        "NonMaxSuppressionV5": ["selected_indices", "selected_scores", "valid_outputs"],
        "CombinedNonMaxSuppression": ["nmsed_boxes", "nmsed_scores", "nmsed_classes", "valid_detections"],
        "GenerateBoundingBoxProposals": ["rois", "roi_probabilities"],
        "SampleDistortedBoundingBox": ["begin", "size", "bboxes"],
        "SampleDistortedBoundingBoxV2": ["begin", "size", "bboxes"],
        "StatelessSampleDistortedBoundingBox": ["begin", "size", "bboxes"],

        // Control flow
        "Switch": ["output_false", "output_true"], "RefSwitch": ["output_false", "output_true"],
        "Merge": ["output", "value_index"], "RefMerge": ["output", "value_index"],
        "TensorArrayV3": ["handle", "flow"], "TensorArrayConcatV3": ["value", "lengths"],
        "TensorListConcat": ["tensor", "lengths"], "TensorListConcatV2": ["tensor", "lengths"],
        "TensorListPopBack": ["output_handle", "tensor"],

        // Recurrent cells
        "BlockLSTM": ["i", "cs", "f", "o", "ci", "co", "h"], "BlockLSTMV2": ["i", "cs", "f", "o", "ci", "co", "h"],
        "LSTMBlockCell": ["i", "cs", "f", "o", "ci", "co", "h"], "GRUBlockCell": ["r", "u", "c", "h"],
        "CudnnRNN": ["output", "output_h", "output_c", "reserve_space"],
        "CudnnRNNV2": ["output", "output_h", "output_c", "reserve_space", "host_reserved"],
        "CudnnRNNV3": ["output", "output_h", "output_c", "reserve_space", "host_reserved"],

        // Quantized
        "QuantizeV2": ["output", "output_min", "output_max"],
        "RequantizationRange": ["output_min", "output_max"], "Requantize": ["output", "output_min", "output_max"],
        "QuantizedConv2D": ["output", "min_output", "max_output"],
        "QuantizedBiasAdd": ["output", "min_out", "max_out"], "QuantizedMatMul": ["out", "min_out", "max_out"],
        "QuantizedAdd": ["z", "min_z", "max_z"], "QuantizedMul": ["z", "min_z", "max_z"],
        "QuantizedRelu": ["activations", "min_activations", "max_activations"],
        "QuantizedRelu6": ["activations", "min_activations", "max_activations"],
        "QuantizedMaxPool": ["output", "min_output", "max_output"],
        "QuantizedAvgPool": ["output", "min_output", "max_output"],
        "QuantizedConcat": ["output", "output_min", "output_max"],
        "QuantizedReshape": ["output", "output_min", "output_max"],
        "QuantizedResizeBilinear": ["resized_images", "out_min", "out_max"],

        // Linear algebra and losses
        "Svd": ["s", "u", "v"], "Qr": ["q", "r"], "Lu": ["lu", "p"], "SelfAdjointEigV2": ["e", "v"],
        "LogMatrixDeterminant": ["sign", "log_abs_determinant"],
        "SoftmaxCrossEntropyWithLogits": ["loss", "backprop"],
        "SparseSoftmaxCrossEntropyWithLogits": ["loss", "backprop"], "BroadcastGradientArgs": ["r0", "r1"],
        "CTCLoss": ["loss", "gradient"], "CTCLossV2": ["loss", "gradient"],

        // Sparse tensors and text
        "SparseReshape": ["output_indices", "output_shape"],
        "SparseConcat": ["output_indices", "output_values", "output_shape"],
        "SparseReorder": ["output_indices", "output_values"],
        "SparseSlice": ["output_indices", "output_values", "output_shape"],
        "SparseFillEmptyRows": [
            "output_indices", "output_values", "empty_row_indicator", "reverse_index_map",
        ],
        "StringSplit": ["indices", "values", "shape"], "StringSplitV2": ["indices", "values", "shape"],
        "LookupTableExportV2": ["keys", "values"],
    ]
}
