import ArgumentParser
import Foundation
import Vireo

/// `vireo convert`: the Model Optimizer's command line.
struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Convert a TensorFlow model to OpenVINO IR (.xml and .bin).",
        discussion: """
            Example:
              vireo convert --input_model inception_v1.pb -b 1 --mean_values [127.5,127.5,127.5] --scale 127.5

            Shapes are in TensorFlow's order (NHWC). Inputs of rank 4 are NCHW in the IR.
            """)

    @OptionGroup var model: SourceFlags

    @Option(
        name: [.customLong("model_name"), .customShort("n")],
        help: "Base name of the files written (default: the input's).")
    var modelName: String?

    @Option(
        name: [.customLong("output_dir"), .customShort("o")], help: "Folder for the files, made when it is missing.")
    var outputDir = "."

    @Option(name: .customLong("input_shape"), help: "Shapes of the inputs: [1,224,224,3],(2,4).")
    var inputShape: String?

    @Option(name: [.customLong("batch"), .customShort("b")], help: "First dimension of every Placeholder.")
    var batch: Int?

    @Option(help: "Inputs: name[shape]{type}->[value], PORT:name or name:PORT, separated by commas.")
    var input: String?

    @Option(help: "Outputs: name, name:PORT or PORT:name, separated by commas.")
    var output: String?

    @Option(
        name: [.customLong("mean_values"), .customLong("ms", withSingleDash: true)],
        help: "Subtracted from the inputs, in the model's channel order: [123.68,116.78,103.94] or data[1,2,3].")
    var meanValues: String?

    @Option(name: .customLong("scale_values"), help: "The inputs are divided by these, in the form of --mean_values.")
    var scaleValues: String?

    @Option(name: [.long, .customShort("s")], help: "Every input is divided by this number.")
    var scale: Double?

    @Flag(
        name: .customLong("reverse_input_channels"), help: "Feed the IR with BGR where the network was trained on RGB.")
    var reverseInputChannels = false

    @Option(name: .customLong("data_type"), help: "Type of the weights in the file: float (FP32) or half (FP16).")
    var dataType: WeightType = .float

    @Option(
        name: .customLong("compress_to_fp16"), help: "True writes the weights as FP16, like --data_type FP16.")
    var compressToFP16: PythonBoolean = .false

    @Option(
        name: .customLong("freeze_placeholder_with_value"),
        help: "Replace Placeholders by constants: is_training->False,keep_prob->[1.0].")
    var freezePlaceholderWithValue: String?

    @Flag(name: .customLong("disable_nhwc_to_nchw"), help: "Keep TensorFlow's layout in inputs, outputs and inside.")
    var disableLayoutChange = false

    @Flag(
        name: [.customLong("disable_fusing"), .customLong("disable_gfusing")],
        help: "Leave Multiply and Add beside the convolutions instead of moving them into the weights.")
    var disableFusing = false

    @Option(
        name: .customLong("finegrain_fusing"),
        help: "Regular expressions, separated by commas: operations whose names begin so are left as they are.")
    var finegrainFusing: String?

    @OptionGroup var layouts: LayoutFlags

    @OptionGroup var extensions: ExtensionFlags

    @Flag(
        name: .customLong("static_shape"),
        help: "Accepted and without effect: shapes are always static (see --batch and --input_shape).")
    var staticShape = false

    @Option(
        name: .customLong("tensorboard_logdir"),
        help: "Also write the graph (its weights left out) as an events file that TensorBoard's graph page opens.")
    var tensorboardLogdir: String?

    @Flag(help: "Print each pass as it is done.")
    var progress = false

    @Option(name: .customLong("stop_after"), help: "Stop after this pass, to find where something goes wrong.")
    var stopAfter: String?

    @Flag(help: "Print the converted graph, one line an operation.")
    var dump = false

    @Flag(help: "Print errors only.")
    var silent = false

    @Option(name: .customLong("log_level"), help: "CRITICAL, ERROR, WARN, WARNING, INFO, DEBUG or NOTSET.")
    var logLevel: LogLevel = .error

    enum WeightType: String, ExpressibleByArgument, CaseIterable {
        case float, half
        case fp32 = "FP32"
        case fp16 = "FP16"

        var isHalf: Bool { self == .half || self == .fp16 }
    }

    enum PythonBoolean: String, ExpressibleByArgument, CaseIterable {
        case `true` = "True"
        case `false` = "False"

        init?(argument: String) { self.init(rawValue: argument.lowercased() == "true" ? "True" : argument.capitalized) }
    }

    enum LogLevel: String, ExpressibleByArgument, CaseIterable {
        case critical = "CRITICAL"
        case error = "ERROR"
        case warn = "WARN"
        case warning = "WARNING"
        case info = "INFO"
        case debug = "DEBUG"
        case notSet = "NOTSET"

        var showsWarnings: Bool { self != .critical }
        var showsPasses: Bool { self == .debug || self == .notSet }
    }

    func run() throws {
        let watch = Stopwatch()
        let source = try model.source()
        let options = try conversionOptions()
        let effectiveName = effectiveName(source)
        if !silent { printParameters(source, effectiveName) }
        let conversion = try withContext("converting \(source.path)") {
            let loaded = try source.load()
            if let tensorboardLogdir { try writeEvents(loaded.graph, to: tensorboardLogdir) }
            var converter = Converter(loaded.completing(options))
            if progress || logLevel.showsPasses { converter.onPass = { Console.progress("pass \($0)") } }
            return try converter.convert(loaded.graph, name: effectiveName)
        }
        if dump { Console.print(conversion.model.description) }
        let folder = try madeFolder(outputDir, flag: "--output_dir")
        let xml = folder + "/" + effectiveName + ".xml"
        let bin = folder + "/" + effectiveName + ".bin"
        let report = try conversion.model.writeIR(
            xml: xml, weights: bin, precision: writesHalf ? .half : .unchanged)
        if logLevel.showsWarnings, !silent {
            (extensions.warnings + conversion.warnings).forEach(Console.warning)
            if report.overflowCount > 0 {
                Console.warning(
                    "\(report.overflowCount) weights are too large for FP16 and became infinite (question 76)")
            }
            if report.underflowCount > 0 {
                Console.warning("\(report.underflowCount) weights are too small for FP16 and became 0 (question 77)")
            }
        }
        guard !silent else { return }
        Console.print()
        Console.print("[ SUCCESS ] Generated IR model.")
        Console.print("[ SUCCESS ] XML file: \(xml)")
        Console.print("[ SUCCESS ] BIN file: \(bin)")
        Console.print("[ SUCCESS ] Total execution time: \((watch.milliseconds / 1000).text(decimals: 2)) seconds.")
    }

    private func conversionOptions() throws -> ConversionOptions {
        var options = ConversionOptions()
        if let input { options.inputs = try ConversionOptions.inputs(parsing: input) }
        if let inputShape { options.inputShapes = try ConversionOptions.shapes(parsing: inputShape) }
        if let output { options.outputs = try ConversionOptions.outputs(parsing: output) }
        if let meanValues {
            options.meanValues = try ConversionOptions.channelValues(parsing: meanValues, flag: "--mean_values")
        }
        if let scaleValues {
            options.scaleValues = try ConversionOptions.channelValues(parsing: scaleValues, flag: "--scale_values")
        }
        options.batch = batch
        options.scale = scale
        options.reverseInputChannels = reverseInputChannels
        options.keepsLayout = disableLayoutChange
        options.fusesLinearOperations = !disableFusing
        options.lastPass = stopAfter
        options.layouts = try layouts.specifications()
        try extensions.apply(to: &options)
        if let finegrainFusing {
            options.unfused = try NamePatterns(finegrainFusing.split(separator: ",").map(String.init))
        }
        if let freezePlaceholderWithValue {
            options.frozenPlaceholders = try ConversionOptions.frozenPlaceholders(parsing: freezePlaceholderWithValue)
        }
        return options
    }

    private var writesHalf: Bool { dataType.isHalf || compressToFP16 == .true }

    private func writeEvents(_ graph: GraphDef, to folder: String) throws {
        let path =
            try madeFolder(folder, flag: "--tensorboard_logdir")
            + "/events.out.tfevents.\(Int(Date().timeIntervalSince1970)).vireo"
        try graph.writeEvents(to: path, at: Date().timeIntervalSince1970)
    }

    /// An empty name or one that begins with a dot gives "model".
    private func effectiveName(_ source: ModelSource) -> String {
        let name = modelName ?? source.modelName
        return name.isEmpty || name.hasPrefix(".") ? "model" : name
    }

    /// The folder's absolute path.
    private func madeFolder(_ folder: String, flag: String) throws -> String {
        let folder = URL(fileURLWithPath: folder).standardizedFileURL.path
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw VireoError(
                .inputOutput, "the folder \(folder) cannot be made: \(error.localizedDescription)",
                remedy: "give another with \(flag)")
        }
        return folder
    }

    private func printParameters(_ source: ModelSource, _ effectiveName: String) {
        func row(_ name: String, _ value: String) { Console.print("\t- \(name): \t\(value)") }
        Console.print("Common parameters:")
        row("Path to the Input Model", source.path)
        row("Path for generated IR", outputDir)
        row("IR output name", effectiveName)
        row("Log level", logLevel.rawValue)
        row("Batch", batch.map(String.init) ?? "Not specified, inherited from the model")
        row("Input layers", input ?? "Not specified, inherited from the model")
        row("Output layers", output ?? "Not specified, inherited from the model")
        row("Input shapes", inputShape ?? "Not specified, inherited from the model")
        row("Mean values", meanValues ?? "Not specified")
        row("Scale values", scaleValues ?? "Not specified")
        row("Scale factor", scale.map { "\($0)" } ?? "Not specified")
        row("Precision of IR", writesHalf ? "FP16" : "FP32")
        row("Enable fusing", disableFusing ? "False" : "True")
        row("Operations left unfused", finegrainFusing ?? "None")
        row("Layouts", layouts.text ?? "Not specified, inherited from the model")
        row("Extensions", extensions.extensions ?? "None")
        row("Reverse input channels", reverseInputChannels ? "True" : "False")
        Console.print("TensorFlow specific parameters:")
        row("Input model in text protobuf format", model.inputModelIsText ? "True" : "False")
        row("Path to the checkpoint", model.inputCheckpoint ?? "Not specified")
        row("Transformations", extensions.transformationsConfig ?? "Not specified")
        row("Object Detection API's pipeline.config", extensions.pipelineConfig ?? "Not specified")
        row("Tags of the SavedModel", model.savedModelDir == nil ? "Not specified" : model.savedModelTags)
    }
}
