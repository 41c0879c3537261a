/// The spellings that published guides use: any unambiguous beginning of a long flag (`--mean_value` for
/// `--mean_values`), and `-` for `_` in its name (`--input-model`). An exact name beats a beginning.
enum FlagSpelling {
    static func normalized(_ arguments: [String]) -> [String] {
        guard let command = arguments.first, commands.contains(command) else { return attached(arguments) }
        return arguments.map { argument in
            guard argument.hasPrefix("--"), argument.count > 2 else { return argument }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0]).replacing("-", with: "_")
            let candidates = longFlags.filter { $0.hasPrefix(name) }
            guard let flag = longFlags.contains(name) ? name : candidates.count == 1 ? candidates[0] : nil else {
                return argument
            }
            return "--" + flag + (parts.count == 2 ? "=" + parts[1] : "")
        }
    }

    /// The values of single-dash names with an h attached by `=`: beside anything that is wrong, the parser would take
    /// the h for a wish for help, and the command would end without an error.
    private static func attached(_ arguments: [String]) -> [String] {
        var attached: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if namesWithH.contains(argument), let value = rest.popFirst() {
                attached.append("\(argument)=\(value)")
            } else {
                attached.append(argument)
            }
        }
        return attached
    }

    private static let namesWithH: Set = ["-hint", "-nthreads", "-exec_graph_path"]

    private static let commands: Set = ["convert", "summarize", "freeze"]

    private static let longFlags = [
        "input_model", "input_model_is_text", "input_checkpoint", "input_meta_graph", "saved_model_dir",
        "saved_model_tags", "output_graph", "output_node_names", "model_name", "output_dir", "input_shape", "input",
        "output", "mean_values", "scale_values", "scale", "reverse_input_channels", "data_type", "compress_to_fp16",
        "batch",
        "freeze_placeholder_with_value", "disable_nhwc_to_nchw", "disable_fusing", "disable_gfusing", "static_shape",
        "tensorboard_logdir", "finegrain_fusing", "layout", "source_layout", "target_layout", "extensions",
        "transformations_config", "tensorflow_custom_operations_config_update",
        "tensorflow_use_custom_operations_config", "tensorflow_object_detection_api_pipeline_config",
        "tensorflow_custom_layer_libraries", "progress", "stop_after", "dump", "silent", "log_level", "json", "help",
        "version",
    ]
}

extension String {
    fileprivate func replacing(_ old: Character, with new: Character) -> String {
        String(map { $0 == old ? new : $0 })
    }
}
