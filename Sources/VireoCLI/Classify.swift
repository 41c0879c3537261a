import ArgumentParser
import Foundation
import Synchronization
import Vireo

/// `vireo classify`: names what is in photographs.
struct Classify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Name what is in photographs, with a classification network.",
        discussion: """
            Example:
              vireo classify -m mobilenet.xml -i cat.jpg folder/ -d CPU -nt 5 --labels labels.txt
              vireo classify -m mobilenet.xml -i photographs/ --csv > classes.csv

            Photographs (JPEG, PNG, BMP) are resized to the input's size by bilinear interpolation. Channel order, mean and \
            scale come from the IR when the converter recorded them there; --mean_values, --scale and --channel_order are for \
            models that do not hold theirs.
            """)

    @OptionGroup var execution: ExecutionOptions

    @OptionGroup var photographs: PhotographFlags

    @Option(name: .customLong("nt", withSingleDash: true), help: "How many classes to print.")
    var top = 10

    @Option(help: "Names of the classes, one a line (default: the model's name with .labels, when it is there).")
    var labels: String?

    @Option(name: .customLong("ni", withSingleDash: true), help: "How often each inference is run.")
    var iterations = 1

    @Option(help: "How many images are worked on at the same time (default: one a processor when there are many).")
    var jobs: Int?

    @Flag(
        name: .customLong("scaled-decoding"),
        help: "Decode large JPEGs at a half, a quarter or an eighth of their size: faster, and slightly other pixels.")
    var scaledDecoding = false

    @Flag(help: "Print one line of CSV for each class of each image.")
    var csv = false

    func validate() throws {
        guard top >= 1 else { throw ValidationError("-nt must be at least 1") }
        guard iterations >= 1 else { throw ValidationError("-ni must be at least 1") }
        if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs must be from 1 to 1024") }
        if csv && execution.json { throw ValidationError("--csv and --json exclude each other") }
    }

    func run() throws {
        let model = try Model(modelFile: execution.model)
        let imageInput = try ImageInput(of: model, preprocessing: photographs.preprocessing(of: model))
        let names = try Labels(named: labels, for: execution.model)
        let files = try ImageFiles.list(paths: photographs.input)
        let core = try Core.looking(for: execution.device)
        let isSerial = execution.record.performanceCounters || iterations > 1
        let workers = BulkWork.workerCount(
            files: files.count, batch: imageInput.batch, jobs: jobs ?? (isSerial ? 1 : nil))
        let compiled = try execution.compile(
            model, on: core, properties: BulkWork.properties(core, execution.device, workers: workers))
        if !isForPrograms {
            Console.print("Model \(execution.model) on \(compiled.devices.map(\.name).joined(separator: ", "))")
            Console.print("Input \(imageInput)")
            execution.printExplanation(compiled)
        }
        let trace = execution.record.makeTrace()
        let pipeline = try ImagePipeline(
            compiled, imageInput, workers: workers, repetitions: iterations,
            decoding: scaledDecoding ? .scaled : .full, trace: trace)
        let found = Mutex([Int: Classification]())
        let bar = ProgressBar(total: files.count, unit: "images")
        let run = try pipeline.run(files, progress: bar.update) { [top] photographs, outputs in
            let classifications = try Classification.batch(outputs[0], top: top)
            guard classifications.count == imageInput.batch else {
                throw VireoError(
                    .unsupported, "the output has \(classifications.count) rows for \(imageInput.batch) images",
                    remedy: "choose the list of class scores with vireo convert --output")
            }
            found.withLock { found in
                for (photograph, result) in zip(photographs, classifications) { found[photograph.index] = result }
            }
        }
        bar.clear()
        let results = found.withLock { found in
            found.sorted { $0.key < $1.key }.map {
                ClassifyReport.ImageResult(path: files[$0.key], classification: $0.value)
            }
        }
        let report = ClassifyReport(results: results, failures: run.failures, names: names, top: top)
        if execution.json {
            try Console.json(report.document(execution.model, compiled, imageInput, run, workers: workers))
        } else if csv {
            report.printCSV()
        } else {
            report.printTables()
            printTiming(run, workers)
        }
        try execution.record.finish(compiled, trace, printsTable: !isForPrograms) { try pipeline.profile }
        for failure in run.failures { Console.error(failure.error) }
        if !run.failures.isEmpty { throw ExitCode.failure }
    }

    private var isForPrograms: Bool { execution.json || csv }

    private func printTiming(_ run: ImagePipeline.Report, _ workers: Int) {
        guard run.inferenceCount > 0 else { return }
        let mean = run.inferenceTime / Double(run.inferenceCount)
        Console.print("total inference time: \(run.inferenceTime.text(decimals: 2))")
        Console.print("Average running time of one iteration: \(mean.text(decimals: 2)) ms")
        if workers > 1 {
            let share = 100 * run.preparationTime / (run.preparationTime + run.inferenceTime)
            Console.print(
                "\(run.imageCount) images in \((run.duration / 1000).text(decimals: 2)) s by \(workers) workers, "
                    + "\(share.text(decimals: 1)) % of it decoding and resizing")
        }
        Console.print()
        let throughput = workers > 1 ? run.throughput : 1000 * Double(run.imageCount * iterations) / run.inferenceTime
        Console.print("Throughput: \(throughput.text(decimals: 2)) FPS")
    }
}
