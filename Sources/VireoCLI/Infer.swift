import ArgumentParser
import Foundation
import Vireo

/// `vireo infer`: tensors in, tensors out.
struct Infer: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a model on tensors (.npy) and write its outputs as .npy.",
        discussion: """
            Example:
              vireo infer -m mobilenet.xml -i input=photo.npy -d ONEDNN -o results

            Tensors are in the IR's own layout (NCHW for the inputs of rank 4 that vireo convert writes).
            """)

    @OptionGroup var execution: ExecutionOptions

    @Option(
        name: .shortAndLong, parsing: .upToNextOption, help: "NAME=FILE.npy for each input; FILE.npy when there is one."
    )
    var input: [String]

    @Option(
        name: [.customLong("output_dir"), .customShort("o")], help: "Folder for the outputs, made when it is missing.")
    var outputDir = "."

    func run() throws {
        let model = try Model(modelFile: execution.model)
        let core = try Core.looking(for: execution.device)
        let compiled = try execution.compile(model, on: core)
        let tensors = try compiled.tensors(fromFiles: input)
        if !execution.json { execution.printExplanation(compiled) }
        let trace = execution.record.makeTrace()
        let request = try compiled.makeRequest(trace: trace)
        let watch = Stopwatch()
        let outputs = try request.run(tensors)
        let time = watch.milliseconds
        let files = try write(outputs, of: compiled)
        if execution.json {
            try execution.record.finish(compiled, trace, printsTable: false) { try request.profile }
            try Console.json(
                Report(
                    model: execution.model, devices: compiled.devices.map(\.name), milliseconds: time,
                    outputs: zip(compiled.outputs, zip(outputs, files)).map { port, result in
                        Report.Output(
                            name: port.name, elementType: "\(result.0.elementType)", shape: result.0.shape.dimensions,
                            file: result.1)
                    }))
            return
        }
        Console.print("placement: \(compiled.placement.summary)")
        for (port, (tensor, file)) in zip(compiled.outputs, zip(outputs, files)) {
            Console.print("\(port.name) \(tensor.elementType)\(tensor.shape) -> \(file)")
        }
        Console.print("inference time: \(time.text(decimals: 2)) ms")
        try execution.record.finish(compiled, trace) { try request.profile }
    }

    private func write(_ outputs: [Tensor], of compiled: CompiledModel) throws -> [String] {
        do {
            try FileManager.default.createDirectory(atPath: outputDir, withIntermediateDirectories: true)
        } catch {
            throw VireoError(
                .inputOutput, "the folder \(outputDir) cannot be made: \(error.localizedDescription)",
                remedy: "give another with -o")
        }
        var taken: Set<String> = []
        return try zip(compiled.outputs, outputs).map { port, tensor in
            let base = String(port.name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "_" })
            var name = base
            var number = 1
            while !taken.insert(name).inserted {
                name = "\(base)_\(number)"
                number += 1
            }
            let file = "\(outputDir)/\(name).npy"
            try tensor.write(numpyFile: file)
            return file
        }
    }

    private struct Report: Encodable {
        struct Output: Encodable {
            let name: String
            let elementType: String
            let shape: [Int]
            let file: String
        }

        let model: String
        let devices: [String]
        let milliseconds: Double
        let outputs: [Output]
    }
}
