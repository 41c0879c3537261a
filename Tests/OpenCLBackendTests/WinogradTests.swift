import OpenCLBackend
import Testing
import VireoPluginKit
import VireoPluginTestSupport

@Suite(needsDevice)
struct WinogradTests {
    static let cases: [ConvolutionCase] = [
        ConvolutionCase(extent: [4, 4]),
        ConvolutionCase(inputs: 9, outputs: 17, extent: [13, 30], padsBegin: [1, 1], padsEnd: [1, 1]),
        ConvolutionCase(images: 3, inputs: 2, outputs: 8, extent: [21, 6], padsBegin: [1, 0], padsEnd: [0, 2]),
        ConvolutionCase(inputs: 16, outputs: 16, extent: [64, 67], padsBegin: [2, 2], padsEnd: [2, 2]),
    ]

    @Test("Winograd's algorithm gives the direct sums, with bias, residual and activation", arguments: cases)
    func equalsDirectSums(_ problem: ConvolutionCase) throws {
        var numbers = Numbers(seed: 5)
        let (input, weights) = (numbers.list(problem.inputDims), numbers.list(problem.weightDims))
        let (bias, residual) = (numbers.list([problem.outputs]), numbers.list(problem.outputDims))
        let graph = TestGraph()
        let filter = graph.constant(Array(problem.weightDims.dropFirst()), weights)
        let sums = graph.node(
            "Convolution", [graph.input(problem.inputDims), filter], problem.outputDims, problem.attributes)
        let biased = graph.node("Add", [sums, graph.constant([problem.outputs, 1, 1], bias)], problem.outputDims)
        let added = graph.node("Add", [biased, graph.input(problem.outputDims)], problem.outputDims)
        graph.output(graph.node("ReLU", [added], problem.outputDims))
        let plane = problem.outputExtent.reduce(1, *)
        let expected = problem.naive(input, weights).enumerated().map { index, sum in
            max(0, sum + Double(bias[index / plane % problem.outputs]) + Double(residual[index]))
        }
        for method in ["WINOGRAD", "DIRECT"] {
            let found = try graph.run([input, residual], ["CONVOLUTION_METHOD": method])[0]
            // Rounding errors of Winograd's algorithm are about ten times those of the direct sum.
            expectClose(found, expected, tolerance: method == "WINOGRAD" ? 1e-4 : 1e-5, method)
        }
    }

    @Test("the kernels in a profile say how it was computed", arguments: ["WINOGRAD", "DIRECT"])
    func methodIsKept(_ method: String) throws {
        let problem = WinogradTests.cases[1]
        var numbers = Numbers()
        let graph = TestGraph()
        let filter = graph.constant(Array(problem.weightDims.dropFirst()), numbers.list(problem.weightDims))
        graph.output(
            graph.node("Convolution", [graph.input(problem.inputDims), filter], problem.outputDims, problem.attributes))
        let backend = try TestDevice.backend()
        let context = try backend.compile(
            graph.view, properties: ["CONVOLUTION_METHOD": method, "PERF_COUNT": "YES", "WORK_GROUP": "64x1"]
        ).makeContext()
        _ = try context.run([numbers.list(problem.inputDims)], of: graph.view, on: backend)
        #expect(
            context.profile.map(\.execType)
                == [
                    method == "WINOGRAD"
                        ? "pad_phases+winograd_input+convolution+winograd_output" : "pad_phases+convolution"
                ])
    }

    @Test("the faster way is measured once for a problem, and right", arguments: ["AUTO", "TILE"])
    func fastestWay(_ group: String) throws {
        let problem = ConvolutionCase(inputs: 48, outputs: 48, extent: [24, 24], padsBegin: [1, 1], padsEnd: [1, 1])
        var numbers = Numbers(seed: 9)
        let (input, weights) = (numbers.list(problem.inputDims), numbers.list(problem.weightDims))
        let graph = TestGraph()
        let filter = graph.constant(Array(problem.weightDims.dropFirst()), weights)
        graph.output(
            graph.node("Convolution", [graph.input(problem.inputDims), filter], problem.outputDims, problem.attributes))
        let expected = problem.naive(input, weights)
        let backend = try OpenCLBackend(device: 0, host: TestHost.host)
        var launches: [Int] = []
        for _ in 0..<2 {
            let before = backend.traffic.launches
            let executable = try backend.compile(graph.view, properties: ["WORK_GROUP": group])
            launches.append(backend.traffic.launches - before)
            let found = try executable.makeContext().run([input], of: graph.view, on: backend)
            expectClose(found[0], expected, tolerance: 1e-4)
        }
        #expect(launches[0] > 0 && launches[1] == 0)
    }
}
