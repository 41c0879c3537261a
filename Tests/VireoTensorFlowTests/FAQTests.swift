import Foundation
import Testing
import VireoIR
import VireoTensor
import VireoTensorFlow
import VireoTestSupport

/// One way to meet each numbered question of docs/faq.md.
private struct Provocation: Sendable, CustomTestStringConvertible {
    let number: Int
    let message: String
    let run: @Sendable () throws -> Void

    var testDescription: String { "question \(number)" }

    init(_ number: Int, _ message: String, _ run: @escaping @Sendable () throws -> Void) {
        self.number = number
        self.message = message
        self.run = run
    }

    /// Two images are added, and a convolution nobody knows is at the end of another branch.
    private static func graph(_ first: String = "-1,8,8,3") throws -> GraphDef {
        func placeholder(_ name: String, _ shape: String) -> String {
            let dims = shape.split(separator: ",").map { "dim { size: \($0) }" }.joined()
            let value = shape == "?" ? "unknown_rank: true" : dims
            return """
                node { name: "\(name)" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
                  attr { key: "shape" value { shape { \(value) } } } }
                """
        }
        return try GraphDef(
            text: placeholder("a", first) + placeholder("b", "-1,8,8,3") + """
                node { name: "sum" op: "Add" input: "a" input: "b" }
                node { name: "prob" op: "Softmax" input: "sum" }
                node { name: "strange" op: "Strange" input: "a" }
                """)
    }

    private static func convert(
        _ shape: String = "-1,8,8,3", _ change: (inout ConversionOptions) throws -> Void
    ) throws {
        var options = ConversionOptions()
        options.outputs = [PortSpecification("prob")]
        try change(&options)
        _ = try Converter(options).convert(graph(shape), name: "")
    }

    private static func inputs(_ text: String) throws -> [InputSpecification] {
        try ConversionOptions.inputs(parsing: text)
    }

    static let all: [Provocation] = [
        Provocation(19, "--scale and --scale_values") {
            try convert {
                $0.batch = 1
                $0.scale = 2
                $0.scaleValues = .positional([[2], [2]])
            }
        },
        Provocation(24, "Strange (1)\n        strange") {
            try convert {
                $0.batch = 1
                $0.outputs = [PortSpecification("strange")]
            }
        },
        Provocation(26, "the graph has no node \"nothing\"") {
            try convert { $0.outputs = [PortSpecification("nothing")] }
        },
        Provocation(27, "depends on the Placeholder \"b\"") { try convert { $0.inputs = try inputs("a[1,8,8,3]") } },
        Provocation(28, "is a Placeholder and has no input port") { try convert { $0.inputs = try inputs("0:a,b") } },
        Provocation(29, "has 2 inputs, and port 2") { try convert { $0.inputs = try inputs("2:sum") } },
        Provocation(30, "2 inputs that are not constant") {
            try convert { $0.inputs = try inputs("sum[1,8,8,3]") }
        },
        Provocation(32, "2 Placeholders: a, b") {
            try convert { $0.inputShapes = try ConversionOptions.shapes(parsing: "[1,8,8,3]") }
        },
        Provocation(38, "the rank of an input is not known") {
            _ = try Converter(ConversionOptions()).convert(
                GraphDef(
                    text: """
                        node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
                          attr { key: "shape" value { shape { dim { size: 2 } } } } }
                        node { name: "count" op: "Placeholder" attr { key: "dtype" value { type: DT_INT32 } }
                          attr { key: "shape" value { shape { dim { size: 1 } } } } }
                        node { name: "ones" op: "Const" attr { key: "dtype" value { type: DT_INT32 } }
                          attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape { dim { size: 1 } } int_val: 1 } } } }
                        node { name: "shape" op: "Tile" input: "ones" input: "count" }
                        node { name: "shaped" op: "Reshape" input: "x" input: "shape" }
                        node { name: "end" op: "Softmax" input: "shaped" }
                        """), name: "")
        },
        Provocation(39, "--batch cannot set the first dimension") { try convert("4,8,8,3") { $0.batch = 2 } },
        Provocation(40, "Shape [-1 8 8 3] is not fully defined for output 0 of \"a\"") { try convert { _ in } },
        Provocation(43, "text file") { _ = try GraphDef(bytes: Array("Hello, I am no graph".utf8)) },
        Provocation(56, "both say what the first dimension is") {
            try convert {
                $0.batch = 1
                $0.inputShapes = try ConversionOptions.shapes(parsing: "[1,8,8,3],[1,8,8,3]")
            }
        },
        Provocation(57, "cannot be read") { _ = try ConversionOptions.shapes(parsing: "[1,8,8") },
        Provocation(58, "3 shapes") {
            try convert { $0.inputShapes = try ConversionOptions.shapes(parsing: "[1],[2],[3]") }
        },
        Provocation(61, "1 lists for 2 inputs") {
            try convert {
                $0.batch = 1
                $0.meanValues = .positional([[1, 2, 3]])
            }
        },
        Provocation(62, "2 numbers") {
            try convert {
                $0.batch = 1
                $0.scaleValues = .positional([[1, 2], [1]])
            }
        },
        Provocation(83, "\"c\" is no input") {
            try convert {
                $0.batch = 1
                $0.meanValues = try ConversionOptions.channelValues(parsing: "c[1,2,3]", flag: "--mean_values")
            }
        },
        Provocation(101, "mixes") {
            _ = try ConversionOptions.channelValues(parsing: "a[1,2,3],[4,5,6]", flag: "--mean_values")
        },
    ]
}

@Suite("The numbered questions")
struct FAQTests {
    @Test("are what an error names", arguments: Provocation.all)
    fileprivate func provoked(_ provocation: Provocation) throws {
        let error = try #require(failure(provocation.run))
        #expect(error.faq == provocation.number, "\(error)")
        #expect(error.message.contains(provocation.message), "\(error)")
    }

    @Test("all have a paragraph, and every paragraph a way to meet it")
    func documented() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/faq.md")
        let lines = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
        let headings = lines.filter { $0.hasPrefix("## ") }
        let numbers = headings.flatMap { heading in
            heading.dropFirst(3).prefix { $0 != "." }.split(separator: ",").compactMap {
                Int($0.filter { !$0.isWhitespace })
            }
        }
        // 76 and 77 are warnings about weights, which writing an FP16 file reports.
        #expect(Set(numbers) == Set(Provocation.all.map(\.number)).union([76, 77]))
        #expect(numbers == numbers.sorted())
    }
}
