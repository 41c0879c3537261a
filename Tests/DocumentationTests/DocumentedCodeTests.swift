import Foundation
import Testing
import Vireo
import VireoTestSupport

@Suite("The documentation's code", .enabled(if: SwiftCompiler.path != nil, "there is no swiftc in PATH"))
struct DocumentedCodeTests {
    static let catalog = "Sources/Vireo/Vireo.docc"
    static let pages =
        ["README.md"] + Repository.names(in: catalog).filter { $0.hasSuffix(".md") }.map { "\(catalog)/\($0)" }
    static let steps = Repository.names(in: catalog + "/Resources").filter { $0.hasSuffix(".swift") }

    @Test("every page's program compiles without a warning", arguments: pages)
    func pageCompiles(_ page: String) throws {
        let blocks = codeBlocks("swift", of: try Repository.text(page))
        try #require(!blocks.isEmpty)
        let folder = try TemporaryFolder()
        let file = try folder.file("main.swift", blocks.joined().utf8)
        #expect(try SwiftCompiler.complaints(about: file) == "")
    }

    @Test("every step of the tutorial compiles without a warning", arguments: steps)
    func stepCompiles(_ step: String) throws {
        let folder = try TemporaryFolder()
        let file = try folder.file(
            "main.swift", Repository.text("\(DocumentedCodeTests.catalog)/Resources/\(step)").utf8)
        let complaints = try SwiftCompiler.complaints(about: file)
        // Steps on the way to a program have values that the next step will use.
        #expect(complaints == "")
    }

    @Test("the tutorial shows every step there is")
    func stepsAreShown() throws {
        let tutorial = try Repository.text("\(DocumentedCodeTests.catalog)/ClassifyPhotographs.tutorial")
        #expect(!DocumentedCodeTests.steps.isEmpty)
        for step in DocumentedCodeTests.steps { #expect(tutorial.contains("file: \"\(step)\"")) }
    }
}

@Suite("The README's program")
struct ReadmeProgramTests {
    /// Where the program below begins and ends in this file.
    private static let (begin, end) = ("// README", "// END")

    @Test("names the strongest colour of a photograph")
    func runs() throws {
        let folder = try TemporaryFolder()
        let network = try folder.file("small.pb", SmallNetwork.frozen)
        let photograph = try folder.file("blue.bmp", SmallNetwork.bitmap(red: 1, green: 2, blue: 5))

        // README
        let core = try Core()
        let model = try Model(modelFile: network)
        let compiled = try core.compile(model, device: "CPU")
        let input = try ImageInput(of: model).tensor([Image(contentsOf: photograph)])
        let scores = try compiled.makeRequest().run([input])[0]
        print(try Classification.batch(scores, top: 5)[0].entries)
        // END
        #expect(try Classification.batch(scores, top: 5)[0].entries.map(\.classID) == [2, 1, 0])
    }

    @Test("is the program that the README shows, file names apart")
    func isTheReadmes() throws {
        let shown = try #require(codeBlocks("swift", of: try Repository.text("README.md")).first)
        let source = try Repository.text("Tests/DocumentationTests/DocumentedCodeTests.swift")
        let start = try #require(source.range(of: "\n        \(ReadmeProgramTests.begin)\n"))
        let stop = try #require(source.range(of: "        \(ReadmeProgramTests.end)\n"))
        let lines = source[start.upperBound..<stop.lowerBound].split(separator: "\n").map { $0.dropFirst(8) }
        let tested = lines.joined(separator: "\n")
            .replacingOccurrences(of: "modelFile: network", with: "modelFile: \"mobilenet_v1.xml\"")
            .replacingOccurrences(of: "contentsOf: photograph", with: "contentsOf: \"chelsea.png\"")
        #expect(shown == "import Vireo\n\n\(tested)\n")
        #expect(shown.split(separator: "\n").count <= 10)
    }
}
