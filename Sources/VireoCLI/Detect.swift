import ArgumentParser
import Foundation
import Synchronization
import Vireo

/// `vireo detect`: finds things in photographs.
struct Detect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find things in photographs, with a detection network.",
        discussion: """
            Example:
              vireo detect -m person-vehicle-bike.xml -i street.jpg --channel_order BGR -o pictures

            For networks of the SSD family: those that end in DetectionOutput (one output [1,1,N,7]) and those of TensorFlow's \
            Object Detection API (detection_boxes, detection_scores, detection_classes). A line is printed for each thing \
            found: its number and class, its probability, and its corners in pixels of the photograph.
            """)

    @OptionGroup var execution: ExecutionOptions
    @OptionGroup var photographs: PhotographFlags

    @Option(help: "Names of the classes, one a line (default: the model's name with .labels, when it is there).")
    var labels: String?

    @Option(help: "The least probability of what is told.")
    var threshold = 0.5

    @Option(
        name: [.customLong("output_dir"), .customShort("o")],
        help: "Write each photograph with frames around what was found, as .png, into this folder.")
    var outputDir: String?

    @Option(help: "How many images are worked on at the same time (default: one a processor when there are many).")
    var jobs: Int?

    func validate() throws {
        guard (0...1).contains(threshold) else { throw ValidationError("--threshold must be from 0 to 1") }
        if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs must be from 1 to 1024") }
    }

    func run() throws {
        let model = try Model(modelFile: execution.model)
        let input = try ImageInput(of: model, preprocessing: photographs.preprocessing(of: model))
        let names = try Labels(named: labels, for: execution.model)
        let files = try ImageFiles.list(paths: photographs.input)
        let core = try Core.looking(for: execution.device)
        let workers = BulkWork.workerCount(
            files: files.count, batch: input.batch, jobs: execution.record.performanceCounters ? 1 : jobs)
        let compiled = try execution.compile(
            model, on: core, properties: BulkWork.properties(core, execution.device, workers: workers))
        if !execution.json {
            Console.print("Model \(execution.model) on \(compiled.devices.map(\.name).joined(separator: ", "))")
            Console.print("Input \(input)")
            execution.printExplanation(compiled)
        }
        if let outputDir {
            try FileManager.default.createDirectory(atPath: outputDir, withIntermediateDirectories: true)
        }
        let trace = execution.record.makeTrace()
        let pipeline = try ImagePipeline(compiled, input, workers: workers, trace: trace)
        let outputNames = compiled.outputs.map { [$0.name] + $0.tensorNames }
        let found = Mutex([Int: Found]())
        let bar = ProgressBar(total: files.count, unit: "images")
        let run = try pipeline.run(files, progress: bar.update) { [threshold] photographs, outputs in
            let lists = try Detection.batch(outputs, names: outputNames, images: input.batch)
            found.withLock { found in
                for (photograph, detections) in zip(photographs, lists) {
                    found[photograph.index] = Found(photograph, detections.filter { $0.confidence >= threshold })
                }
            }
        }
        bar.clear()
        let results = found.withLock { found in found.sorted { $0.key < $1.key }.map(\.value) }
        let pictures = try outputDir.map { try draw(results, into: $0) }
        if execution.json {
            try Console.json(
                Report(
                    model: execution.model, devices: compiled.devices.map(\.name),
                    images: results.enumerated().map { Report.Image($1, names, picture: pictures?[$0]) },
                    failures: run.failures.map { .init(path: $0.path, error: $0.error.description) }))
        } else {
            for (number, result) in results.enumerated() { print(result, names, picture: pictures?[number]) }
            Console.print("total inference time: \(run.inferenceTime.text(decimals: 2))")
        }
        try execution.record.finish(compiled, trace, printsTable: !execution.json) { try pipeline.profile }
        for failure in run.failures { Console.error(failure.error) }
        if !run.failures.isEmpty { throw ExitCode.failure }
    }

    // MARK: - What was found

    /// What was found in one photograph.
    struct Found: Sendable {
        let photograph: ImagePipeline.Photograph
        let detections: [Detection]

        init(_ photograph: ImagePipeline.Photograph, _ detections: [Detection]) {
            self.photograph = photograph
            self.detections = detections
        }

        /// The corners in pixels: left, top, right, bottom.
        func corners(_ detection: Detection) -> [Int] {
            func pixel(_ part: Double, _ extent: Int) -> Int {
                guard part.isFinite else { return 0 }
                return Int(min(max(part, -1), 2) * Double(extent))
            }
            let (width, height) = (photograph.width, photograph.height)
            return [
                pixel(detection.left, width), pixel(detection.top, height), pixel(detection.right, width),
                pixel(detection.bottom, height),
            ]
        }
    }

    private func print(_ result: Found, _ names: Labels?, picture: String?) {
        Console.print()
        Console.print("Image \(result.photograph.path)")
        Console.print()
        for (number, detection) in result.detections.enumerated() {
            let corners = result.corners(detection)
            let label = names?[detection.classID].map { " \($0)" } ?? ""
            Console.print(
                "[\(number),\(detection.classID)] element, prob = \(detection.confidence.text(decimals: 6))    "
                    + "(\(corners[0]),\(corners[1]))-(\(corners[2]),\(corners[3])) batch id : "
                    + "\(result.photograph.index)\(label)")
        }
        if result.detections.isEmpty { Console.print("nothing with a probability of \(threshold) or more") }
        if let picture { Console.print("-> \(picture)") }
        Console.print()
    }

    private func draw(_ results: [Found], into folder: String) throws -> [String] {
        var taken: Set<String> = []
        return try results.map { result in
            let base = URL(filePath: result.photograph.path).deletingPathExtension().lastPathComponent
            var name = base
            var number = 1
            while !taken.insert(name).inserted {
                name = "\(base)_\(number)"
                number += 1
            }
            var image = try Image(contentsOf: result.photograph.path)
            let thickness = max(2, min(image.width, image.height) / 200)
            for detection in result.detections {
                let corners = result.corners(detection)
                image = image.drawingFrame(
                    left: corners[0], top: corners[1], right: corners[2], bottom: corners[3], thickness: thickness,
                    color: Detect.colors[abs(detection.classID % Detect.colors.count)])
            }
            let file = "\(folder)/\(name).png"
            try image.write(pngFile: file)
            return file
        }
    }

    /// Colours that are told apart on most photographs; a class always has the same.
    private static let colors: [Image.Color] = [
        (230, 25, 75), (60, 180, 75), (255, 225, 25), (0, 130, 200), (245, 130, 48), (145, 30, 180), (70, 240, 240),
        (240, 50, 230), (210, 245, 60), (250, 190, 212),
    ]

    private struct Report: Encodable {
        struct Image: Encodable {
            let path: String
            let width: Int
            let height: Int
            /// The photograph with frames, when one was written.
            let picture: String?
            let detections: [Entry]

            init(_ found: Found, _ names: Labels?, picture: String?) {
                path = found.photograph.path
                width = found.photograph.width
                height = found.photograph.height
                self.picture = picture
                detections = found.detections.map {
                    Entry(
                        classID: $0.classID, label: names?[$0.classID], probability: $0.confidence,
                        corners: found.corners($0))
                }
            }
        }

        struct Entry: Encodable {
            let classID: Int
            let label: String?
            let probability: Double
            /// Left, top, right, bottom in pixels.
            let corners: [Int]
        }

        struct Failure: Encodable {
            let path: String
            let error: String
        }

        let model: String
        let devices: [String]
        let images: [Image]
        let failures: [Failure]
    }
}
