import ArgumentParser
import Foundation
import Vireo

/// `vireo compare`: two backends, or a backend and recorded values, layer by layer.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a model on two devices, layer by layer, and say where they differ.",
        discussion: """
            Example:
              vireo compare -m mobilenet.xml -d ONEDNN,REFERENCE -i cat.jpg
              vireo compare -m mobilenet.xml -d ONEDNN --goldens values/

            The first device is compared with the second, or with a folder of .npy files named after nodes. A layer's error \
            is its largest difference in parts of the reference's largest magnitude. Devices fuse operations: unless --all-values \
            is given, only values that both sides have in memory are compared, so that the kernels are those that usually \
            run. The command ends with 1 when an error is above --tolerance.
            """)

    @Option(name: .shortAndLong, help: "An IR (.xml), a TensorFlow graph or the folder of a SavedModel.")
    var model: String

    @Option(name: .shortAndLong, help: "The device under test and the reference: A,B; one alone with --goldens.")
    var device: String

    @Option(
        name: .shortAndLong, parsing: .upToNextOption,
        help: "NAME=FILE.npy for each input, or a photograph; random values without it.")
    var input: [String] = []

    @Option(help: ArgumentHelp("Recorded values to compare with.", valueName: "folder"))
    var goldens: String?

    @Option(help: "The largest error that passes.")
    var tolerance = 1e-4

    @Flag(name: .customLong("all-values"), help: "Compare every value; devices then cannot fuse as they usually do.")
    var allValues = false

    @Option(help: ArgumentHelp("How many of the worst layers to print.", valueName: "count"))
    var worst = 10

    @Flag(help: "Print every layer in the order of the graph.")
    var layers = false

    @Option(
        name: .customLong("save-values"),
        help: ArgumentHelp("Write the first device's values as .npy: goldens for later.", valueName: "folder"))
    var saveValues: String?

    @Option(help: ArgumentHelp("MiB of values that each side holds at a time.", valueName: "MiB"))
    var memory = 256

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if goldens == nil && deviceNames.count != 2 {
            throw ValidationError(
                "-d takes two devices: A,B, or A/B when a name has commas (HETERO:ONEDNN,REFERENCE/REFERENCE)")
        }
        if !(tolerance >= 0) { throw ValidationError("--tolerance must not be negative") }
        if memory < 1 || memory > 1 << 20 { throw ValidationError("--memory must be from 1 to 1048576") }
        if worst < 1 { throw ValidationError("--worst must be at least 1") }
    }

    func run() throws {
        let core = try Core()
        let network = try Model(modelFile: model)
        let (tested, reference) = try sides()
        let inputs = try core.compile(network, device: tested).tensors(for: network, from: input)
        if let saveValues {
            try FileManager.default.createDirectory(atPath: saveValues, withIntermediateDirectories: true)
        }
        let comparison = try LayerComparison(
            network, on: tested, against: reference, core, inputs: inputs, values: allValues ? .all : .stored,
            byteLimit: memory << 20
        ) { name, tensor in
            if let saveValues { try tensor.write(numpyFile: "\(saveValues)/\(GoldenFolder.fileName(name))") }
        }
        let first = comparison.firstBeyond(tolerance)
        if json {
            try Console.json(Report(self, comparison, tested, referenceName, first))
        } else {
            report(comparison, tested, first)
        }
        if first != nil { throw ExitCode.failure }
    }

    private func sides() throws -> (tested: String, reference: LayerComparison.Reference) {
        if let goldens { return (device, .goldens(try GoldenFolder(path: goldens))) }
        return (deviceNames[0], .device(deviceNames[1]))
    }

    /// `A,B`; a virtual device with commas of its own is parted from the other by "/".
    private var deviceNames: [String] {
        device.split(separator: device.contains("/") ? "/" : ",").map(String.init)
    }

    private var referenceName: String { goldens ?? deviceNames.last ?? "" }

    private func report(_ comparison: LayerComparison, _ tested: String, _ first: LayerComparison.Layer?) {
        let total = comparison.layers.count + comparison.skippedCount
        Console.print("\(tested) against \(referenceName): \(comparison.layers.count) of \(total) values compared")
        if comparison.skippedCount > 0 {
            Console.print(
                goldens != nil
                    ? "\(comparison.skippedCount) values have no golden"
                    : "\(comparison.skippedCount) values exist only inside fused kernels (--all-values compares them too)"
            )
        }
        Console.print()
        Console.print(layers ? "Every layer:" : "The worst layers:")
        var table = TextTable(columns: [
            .init(title: " "), .init(title: "layer", isFlexible: true), .init(title: "type"), .init(title: "shape"),
            .init(title: "largest", isNumeric: true), .init(title: "error", isNumeric: true),
            .init(title: "cosine", isNumeric: true), .init(title: "kernel"),
        ])
        for layer in layers ? comparison.layers : comparison.worst(worst) {
            let difference = layer.difference
            table.rows.append([
                difference.relative <= tolerance ? " " : "!", layer.name, layer.type,
                "\(layer.elementType)\(layer.shape)", difference.largest.scientific, difference.relative.scientific,
                difference.cosine.text(decimals: 7), layer.kernel,
            ])
        }
        for line in table.lines() { Console.print(line) }
        Console.print()
        guard let first else {
            Console.print("No error is above \(tolerance).")
            return
        }
        let beyond = comparison.layers.count { !($0.difference.relative <= tolerance) }
        Console.print(
            "First above \(tolerance): \"\(first.name)\" (\(first.type)), error \(first.difference.relative.scientific)"
                + " at element \(first.difference.largestIndex); \(beyond) of \(comparison.layers.count) values are.")
    }

    private struct Report: Encodable {
        struct Layer: Encodable {
            let name: String
            let type: String
            let elementType: String
            let shape: [Int]
            let kernel: String
            /// Null where only one side is finite.
            let largest: Double?
            let largestIndex: Int
            let mean: Double?
            let error: Double?
            let cosine: Double
            let passes: Bool
        }

        let model: String
        let device: String
        let reference: String
        let tolerance: Double
        let skipped: Int
        let firstAbove: String?
        let layers: [Layer]

        init(
            _ command: Compare, _ comparison: LayerComparison, _ tested: String, _ reference: String,
            _ first: LayerComparison.Layer?
        ) {
            func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
            model = command.model
            device = tested
            self.reference = reference
            tolerance = command.tolerance
            skipped = comparison.skippedCount
            firstAbove = first?.name
            layers = comparison.layers.map { layer in
                Layer(
                    name: layer.name, type: layer.type, elementType: "\(layer.elementType)",
                    shape: layer.shape.dimensions, kernel: layer.kernel, largest: finite(layer.difference.largest),
                    largestIndex: layer.difference.largestIndex, mean: finite(layer.difference.mean),
                    error: finite(layer.difference.relative), cosine: layer.difference.cosine,
                    passes: layer.difference.relative <= command.tolerance)
            }
        }
    }
}

extension Double {
    /// "0" or "1.23e-05".
    var scientific: String { self == 0 ? "0" : isFinite ? String(format: "%.2e", self) : "\(self)" }
}
