import ArgumentParser
import Foundation
import Synchronization
import Vireo

/// `vireo quantize`: makes an int8 model from an f32 one and some photographs.
struct Quantize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Round a model to 8 bits, with ranges from sample photographs.",
        discussion: """
            Example:
              vireo quantize -m resnet.xml -i photographs/ -o int8 --target_agreement 0.99

            Writes an IR with FakeQuantize operations, which Vireo and OpenVINO run in integers. Weights get a range for each
            output channel, activations one range. The layers that lose most are listed; with --target_agreement those stay in
            f32 that must, so that the best class of so many of the photographs stays what it was.
            """)

    @Option(name: .shortAndLong, help: "An f32 IR (.xml) or a TensorFlow model.")
    var model: String

    @OptionGroup var photographs: PhotographFlags

    @Option(name: .shortAndLong, help: "Runs the photographs.")
    var device = "CPU"

    @Option(
        name: [.customShort("o"), .customLong("output_dir")], help: "Folder for the files, made when it is missing.")
    var outputDirectory = "."

    @Option(name: [.customShort("n"), .customLong("model_name")], help: "Base name of the files (default: NAME_int8).")
    var modelName: String?

    @Option(help: "How ranges of activations are chosen: minmax, percentile or mse (least error).")
    var ranges = Ranges.mse

    @Option(help: "With --ranges percentile: this part of the values is in the range.")
    var percentile = 99.99

    @Flag(name: .customLong("no_bias_correction"), help: "Leave the biases as they are.")
    var leavesBiases = false

    @Option(
        name: .customLong("target_agreement"),
        help: "The part of the photographs whose best class must stay, from 0 to 1; layers stay in f32 for it.")
    var targetAgreement: Double?

    @Option(name: .customLong("keep"), parsing: .upToNextOption, help: "Names of layers that stay in f32.")
    var kept: [String] = []

    @Option(help: "How many of the worst layers are listed.")
    var worst = 10

    @Flag(help: "Print JSON.")
    var json = false

    enum Ranges: String, ExpressibleByArgument, CaseIterable {
        case minmax
        case percentile
        case mse
    }

    func validate() throws {
        guard percentile > 0, percentile <= 100 else {
            throw ValidationError("--percentile must be above 0, up to 100")
        }
        if let targetAgreement, !(0...1).contains(targetAgreement) {
            throw ValidationError("--target_agreement must be from 0 to 1")
        }
        guard worst >= 0 else { throw ValidationError("--worst must not be negative") }
    }

    func run() throws {
        let original = try Model(modelFile: model)
        let input = try ImageInput(of: original, preprocessing: photographs.preprocessing(of: original))
        let files = try ImageFiles.list(paths: photographs.input)
        let samples = CalibrationSet(count: (files.count + input.batch - 1) / input.batch) { index in
            let group = files[index * input.batch..<min((index + 1) * input.batch, files.count)]
            return [try input.tensor(group.map { try Image(contentsOf: $0) })]
        }
        let bars = TaskBars()
        let quantizer = Quantizer(try Core(), device: device, settings: settings) { bars.show($0) }
        let (quantized, report) = try quantizer.quantize(original, with: samples)
        bars.clear()
        let name = modelName ?? URL(filePath: model).deletingPathExtension().lastPathComponent + "_int8"
        try FileManager.default.createDirectory(atPath: outputDirectory, withIntermediateDirectories: true)
        _ = try quantized.writeIR(directory: outputDirectory, name: name)
        let path = URL(filePath: outputDirectory).appending(path: name + ".xml").path(percentEncoded: false)
        if json {
            try Console.json(Document(model: path, photographs: files.count, report: report))
        } else {
            print(report, path)
        }
        if let targetAgreement, let agreement = report.agreement, agreement < targetAgreement {
            Console.warning(
                "the target agreement of \(targetAgreement) is not reached: \(agreement.text(decimals: 3)) with every layer "
                    + "in f32 that may be")
        }
    }

    private var settings: QuantizationSettings {
        var settings = QuantizationSettings()
        settings.ranges =
            switch ranges {
            case .minmax: .minMax
            case .percentile: .percentile(percentile)
            case .mse: .meanSquaredError
            }
        settings.correctsBias = !leavesBiases
        settings.targetAgreement = targetAgreement
        settings.keptLayers = Set(kept)
        return settings
    }

    private func print(_ report: QuantizationReport, _ path: String) {
        Console.print("Layers in int8: \(report.quantizedCount) of \(report.layers.count)")
        if let agreement = report.agreement {
            let agreeing = Int((agreement * Double(report.sampleCount)).rounded())
            Console.print("Best class kept: \(agreeing) of \(report.sampleCount) images")
        }
        Console.print("Output: \(report.outputSignalToNoise.text(decimals: 1)) dB above the error")
        if worst > 0 {
            Console.print("\nLayers that lose most, each by itself:\n")
            for layer in report.layers.prefix(worst) {
                Console.print(
                    "\(layer.signalToNoise.text(decimals: 1)) dB".padded(to: 10)
                        + layer.precision.rawValue.padded(to: 6)
                        + layer.type.padded(to: 18) + layer.name)
            }
            Console.print()
        }
        Console.print("Written: \(path)")
    }

    private struct Document: Encodable {
        let model: String
        let photographs: Int
        let report: QuantizationReport
    }

    /// A progress bar for one task after the other.
    private final class TaskBars: Sendable {
        private let current = Mutex<(task: String, bar: ProgressBar)?>(nil)

        func show(_ progress: Quantizer.Progress) {
            current.withLock { current in
                if current?.task != progress.task {
                    current?.bar.clear()
                    current = (progress.task, ProgressBar(total: progress.total, unit: "samples, \(progress.task)"))
                }
                current?.bar.update(progress.done)
            }
        }

        func clear() { current.withLock { $0?.bar.clear() } }
    }
}
