import Testing
import VireoIR
import VireoTensor
import VireoTensorFlow

@Suite("Layouts of inputs and outputs")
struct LayoutTests {
    private func graph(_ format: String = "NHWC") throws -> GraphDef {
        let shape =
            format == "NHWC"
            ? "dim { size: 1 } dim { size: 8 } dim { size: 6 } dim { size: 3 }"
            : "dim { size: 1 } dim { size: 3 } dim { size: 8 } dim { size: 6 }"
        return try GraphDef(
            text: """
                node { name: "in" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
                  attr { key: "shape" value { shape { \(shape) } } } }
                node { name: "pool" op: "MaxPool" input: "in"
                  attr { key: "ksize" value { list { i: 1 i: \(format == "NHWC" ? "2 i: 2 i: 1" : "1 i: 2 i: 2") } } }
                  attr { key: "strides" value { list { i: 1 i: \(format == "NHWC" ? "2 i: 2 i: 1" : "1 i: 2 i: 2") } } }
                  attr { key: "padding" value { s: "VALID" } } attr { key: "data_format" value { s: "\(format)" } } }
                """)
    }

    private func convert(
        _ layouts: [LayoutSpecification], _ format: String = "NHWC",
        _ change: (inout ConversionOptions) -> Void = { _ in }
    ) throws -> Model {
        var options = ConversionOptions()
        options.layouts = layouts
        change(&options)
        var converter = Converter(options)
        converter.verifies = true
        return try converter.convert(graph(format), name: "").model
    }

    private func shapes(_ model: Model) -> [PartialShape] {
        [model[model.parameters[0]].outputs[0].type.shape, model.type(of: model[model.results[0]].inputs[0]).shape]
    }

    @Test("are NCHW in the IR unless they are asked to be otherwise")
    func defaults() throws {
        let channelsFirst = [PartialShape([1, 3, 8, 6]), PartialShape([1, 3, 4, 3])]
        #expect(try shapes(convert([])) == channelsFirst)
        #expect(try shapes(convert(ConversionOptions.layouts(parsing: "nhwc"))) == channelsFirst)
        #expect(try shapes(convert(ConversionOptions.layouts(parsing: "nhwc->nchw"))) == channelsFirst)
        #expect(try shapes(convert([], "NCHW")) == channelsFirst)
        let kept = try ConversionOptions.layouts(parsing: "in(nhwc->nhwc),pool(nhwc->nhwc)")
        #expect(try shapes(convert(kept)) == [PartialShape([1, 8, 6, 3]), PartialShape([1, 4, 3, 3])])
        let output = try ConversionOptions.layouts(source: nil, target: "pool[nwhc]")
        let model = try convert(output)
        #expect(shapes(model) == [PartialShape([1, 3, 8, 6]), PartialShape([1, 3, 4, 3])])
        #expect(model[model.results[0]].layout?.description == "NWHC")
    }

    @Test("say where the channels of a channels-first graph are")
    func channels() throws {
        let model = try convert([], "NCHW") {
            $0.meanValues = .positional([[1, 2, 3]])
            $0.reverseInputChannels = true
        }
        #expect(shapes(model)[0] == PartialShape([1, 3, 8, 6]))
        #expect(model.nodes.contains { $0.type == "Gather" })
    }

    @Test(
        "that do not fit are errors",
        arguments: [
            ("in(nhwc->nchw", "cannot be read"), ("in(nhwc),nchw", "mixes"), ("other(nhwc)", "no input or output"),
            ("in(nchw->nc)", "the layout NC of \"in\", which has 4 axes"),
            ("in(nhwc->nchd)", "the axes are not the same"),
            ("nhwc,nhwc,nc", "3 layouts for 1 inputs"), ("in(nn)", "is no layout"),
        ])
    func mistakes(_ text: String, _ message: String) throws {
        let error = try #require(failure { _ = try convert(ConversionOptions.layouts(parsing: text)) })
        #expect(error.message.contains(message), "\(error)")
    }
}
