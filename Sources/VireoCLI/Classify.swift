import ArgumentParser
import Vireo

/// `vireo classify`: names what is in photographs.
struct Classify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Name what is in photographs, with a classification network.",
        discussion: """
            Example:
              vireo classify -m mobilenet.xml -i cat.jpg folder/ -d CPU -nt 5 --labels labels.txt

            Photographs (JPEG, PNG, BMP) are resized to the input's size by bilinear interpolation. Channel order, mean and
            scale come from the IR when the converter recorded them there; --mean_values, --scale and --channel_order are for
            models that do not hold theirs.
            """)

    @OptionGroup var execution: ExecutionOptions

    @Option(name: .shortAndLong, parsing: .upToNextOption, help: "Photographs, and folders of them.")
    var input: [String]

    @Option(name: .customLong("nt", withSingleDash: true), help: "How many classes to print.")
    var top = 10

    @Option(help: "Names of the classes, one a line (default: the model's name with .labels, when it is there).")
    var labels: String?

    @Option(name: .customLong("ni", withSingleDash: true), help: "How often each inference is run.")
    var iterations = 1

    @Option(name: .customLong("channel_order"), help: "RGB or BGR: the order that the model takes.")
    var channelOrder: String?

    @Option(name: .customLong("mean_values"), help: "Subtracted before the model: [127.5,127.5,127.5].")
    var meanValues: String?

    @Option(help: "The values are divided by it before the model.")
    var scale: Float?

    func validate() throws {
        guard top >= 1 else { throw ValidationError("-nt must be at least 1") }
        guard iterations >= 1 else { throw ValidationError("-ni must be at least 1") }
    }

    func run() throws {
        let model = try Model(modelFile: execution.model)
        let imageInput = try ImageInput(of: model, preprocessing: preprocessing(of: model))
        let names = try labelNames()
        let files = try ImageFiles.list(paths: input)
        let core = try Core()
        let compiled = try execution.compile(model, on: core)
        if !execution.json {
            Console.print("Model \(execution.model) on \(compiled.devices.map(\.name).joined(separator: ", "))")
            Console.print("Input \(imageInput)")
            execution.printExplanation(compiled)
        }
        let request = try compiled.makeRequest()
        var results: [ImageResult] = []
        var inferenceTime = 0.0
        var inferenceCount = 0
        for start in stride(from: 0, to: files.count, by: imageInput.batch) {
            let group = Array(files[start..<min(start + imageInput.batch, files.count)])
            let tensor = try imageInput.tensor(group.map { try Image(contentsOf: $0) })
            var outputs: [Tensor] = []
            for _ in 0..<iterations {
                let watch = Stopwatch()
                outputs = try request.run([tensor])
                inferenceTime += watch.milliseconds
                inferenceCount += 1
            }
            let classifications = try Classification.batch(outputs[0], top: top)
            guard classifications.count == imageInput.batch else {
                throw VireoError(
                    .unsupported, "the output has \(classifications.count) rows for \(imageInput.batch) images",
                    remedy: "choose the list of class scores with vireo convert --output")
            }
            results += zip(group, classifications).map { ImageResult(path: $0, classification: $1) }
        }
        if execution.json {
            try Console.json(Report(execution.model, compiled, imageInput, results, names))
            return
        }
        printTable(results, names)
        let mean = inferenceTime / Double(inferenceCount)
        Console.print("total inference time: \(inferenceTime.text(decimals: 2))")
        Console.print("Average running time of one iteration: \(mean.text(decimals: 2)) ms")
        Console.print()
        Console.print("Throughput: \((1000 * Double(imageInput.batch) / mean).text(decimals: 2)) FPS")
        try execution.printCounters(request)
    }

    private func printTable(_ results: [ImageResult], _ names: Labels?) {
        let classCount = results.first?.classification.classCount ?? 0
        if top > classCount {
            Console.warning("-nt \(top) is more than the \(classCount) classes of the network, which are all printed")
        }
        if results.contains(where: \.classification.appliedSoftmax) {
            Console.print("The output is no probability distribution: a softmax was applied to it.")
        }
        Console.print()
        Console.print("Top \(min(top, classCount)) results:")
        for result in results {
            Console.print()
            Console.print("Image \(result.path)")
            Console.print()
            Console.print("classid probability" + (names == nil ? "" : " label"))
            Console.print("------- -----------" + (names == nil ? "" : " -----"))
            for entry in result.classification.entries {
                let label = names.map { " " + ($0[entry.classID] ?? "") } ?? ""
                Console.print(
                    String(entry.classID).padded(to: 7) + " "
                        + Double(entry.probability).text(decimals: 7).padded(to: names == nil ? 0 : 11) + label)
            }
        }
        Console.print()
    }

    private func labelNames() throws -> Labels? {
        if let labels { return try Labels(contentsOf: labels) }
        let base = execution.model.lastIndex(of: ".").map { String(execution.model[..<$0]) } ?? execution.model
        return try? Labels(contentsOf: base + ".labels")
    }

    /// What the flags say in place of the model's record.
    private func preprocessing(of model: Model) throws -> Preprocessing? {
        guard channelOrder != nil || meanValues != nil || scale != nil else { return nil }
        let recorded = model.inputRecords.first?.channelOrder.rawValue
        guard let order = ChannelOrder(rawValue: (channelOrder ?? recorded ?? "RGB").uppercased()) else {
            throw VireoError(.invalidArgument, "--channel_order \(channelOrder ?? "")", remedy: "give RGB or BGR")
        }
        var mean: [Float] = [0]
        if let meanValues {
            let parsed = try ConversionOptions.channelValues(parsing: meanValues, flag: "--mean_values")
            guard case .positional(let lists) = parsed, lists.count == 1 else {
                throw VireoError(.invalidArgument, "--mean_values \(meanValues)", remedy: "give one list: [1,2,3]")
            }
            mean = lists[0].map { Float($0) }
        }
        return try Preprocessing(channelOrder: order, mean: mean, scale: [scale ?? 1])
    }

    private struct ImageResult {
        let path: String
        let classification: Classification
    }

    private struct Report: Encodable {
        struct Image: Encodable {
            let path: String
            let appliedSoftmax: Bool
            let results: [Entry]
        }

        struct Entry: Encodable {
            let classID: Int
            let probability: Float
            let label: String?
        }

        let model: String
        let devices: [String]
        let input: String
        let images: [Image]

        init(
            _ model: String, _ compiled: CompiledModel, _ input: ImageInput, _ results: [ImageResult], _ names: Labels?
        ) {
            self.model = model
            devices = compiled.devices.map(\.name)
            self.input = input.description
            images = results.map { result in
                Image(
                    path: result.path, appliedSoftmax: result.classification.appliedSoftmax,
                    results: result.classification.entries.map {
                        Entry(classID: $0.classID, probability: $0.probability, label: names?[$0.classID])
                    })
            }
        }
    }
}
