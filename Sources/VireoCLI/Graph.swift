import ArgumentParser
import Foundation
import Vireo

/// `vireo graph`: a model as a picture.
struct Graph: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw a model as a web page or an SVG, with shapes, devices and times.",
        discussion: """
            Example:
              vireo graph -m mobilenet.xml -d CPU -o mobilenet.html
              vireo graph -m inception.xml --structure --scope Mixed_3b -o block.svg

            The page needs no network and no script: name scopes open with a click. The model is run with random inputs, \
            unless -i gives some, and each box is a kernel with the operations that were fused into it; --structure draws \
            every operation and runs nothing.
            """)

    @Option(name: .shortAndLong, help: "An IR (.xml), a TensorFlow graph or the folder of a SavedModel.")
    var model: String

    @Option(name: .shortAndLong, help: "A device, CPU, or a virtual device such as HETERO:A,B.")
    var device = "CPU"

    @Option(name: .shortAndLong, parsing: .upToNextOption, help: "NAME=FILE.npy for each input, or a photograph.")
    var input: [String] = []

    @Option(name: .shortAndLong, help: "The file to write: .html or .svg.")
    var output: String

    @Flag(help: "Draw the model as it is in the file, and run nothing.")
    var structure = false

    @Option(help: "Only this name scope (.svg).")
    var scope: String?

    func validate() throws {
        guard output.hasSuffix(".html") || output.hasSuffix(".svg") else {
            throw ValidationError("-o must end with .html or .svg")
        }
        if scope != nil && !output.hasSuffix(".svg") {
            throw ValidationError("--scope is for .svg; a page opens scopes with a click")
        }
    }

    func run() throws {
        let network = try Model(modelFile: model)
        let drawing: ModelDrawing
        if structure {
            drawing = try ModelDrawing(network)
        } else {
            let core = try Core()
            let inputs = try core.compile(network, device: device).tensors(for: network, from: input)
            drawing = try ModelDrawing(Explanation(network, on: device, core, inputs: inputs))
        }
        let text = output.hasSuffix(".html") ? drawing.html : try drawing.svg(scope: scope ?? "")
        let file = try AtomicFile(path: output)
        try file.write(Array(text.utf8))
        try file.commit()
        Console.print("\(model) -> \(output)")
    }
}
