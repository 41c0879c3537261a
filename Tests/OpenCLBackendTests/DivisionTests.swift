import OpenCLBackend
import Testing
import VireoPluginKit
import VireoPluginTestSupport
import VireoTensor

/// Every way to divide work among work-items, on extents that no tile and no group divides.
@Suite(needsDevice)
struct DivisionTests {
    static let names = [
        "64x1", "32x2", "16x4", "8x8", "TILE_128x128", "TILE_64x128", "TILE_64x64", "TILE_64x32", "TILE_32x32",
    ]

    static let convolutions: [ConvolutionCase] = [
        ConvolutionCase(inputs: 37, outputs: 70, extent: [7, 9], kernel: [1, 1]),
        ConvolutionCase(
            images: 2, groups: 2, inputs: 10, outputs: 42, extent: [9, 11], strides: [2, 1], padsBegin: [1, 2],
            padsEnd: [0, 1]),
        ConvolutionCase(
            inputs: 3, outputs: 9, extent: [23, 19], kernel: [5, 3], strides: [2, 3], dilations: [1, 2],
            padsBegin: [2, 1], padsEnd: [2, 1]),
        ConvolutionCase(inputs: 1, outputs: 1, extent: [1, 1], kernel: [1, 1]),
    ]

    static let depthwise: [ConvolutionCase] = [
        ConvolutionCase(
            images: 2, groups: 5, inputs: 5, outputs: 10, extent: [11, 35], padsBegin: [1, 1], padsEnd: [1, 1]),
        ConvolutionCase(
            groups: 3, inputs: 3, outputs: 3, extent: [40, 37], kernel: [5, 2], strides: [2, 3], dilations: [3, 2],
            padsBegin: [4, 0], padsEnd: [1, 3]),
        ConvolutionCase(groups: 2, inputs: 2, outputs: 2, extent: [7, 7], padsBegin: [1, 1], padsEnd: [1, 1]),
    ]

    @Test("Convolutions with bias, residual and activation are right however they are divided", arguments: names)
    func convolution(_ name: String) throws {
        for problem in DivisionTests.convolutions + DivisionTests.depthwise {
            for precision in ["f32", "f16"] { try check(problem, name, precision) }
        }
    }

    private func check(_ problem: ConvolutionCase, _ name: String, _ precision: String) throws {
        var numbers = Numbers(seed: 11)
        let (input, weights) = (numbers.list(problem.inputDims), numbers.list(problem.weightDims))
        let (bias, residual) = (numbers.list([problem.outputs]), numbers.list(problem.outputDims))
        let graph = TestGraph()
        let isGrouped = problem.groups > 1
        let filter = graph.constant(isGrouped ? problem.weightDims : Array(problem.weightDims.dropFirst()), weights)
        let sums = graph.node(
            isGrouped ? "GroupConvolution" : "Convolution", [graph.input(problem.inputDims), filter],
            problem.outputDims, problem.attributes)
        let biased = graph.node("Add", [sums, graph.constant([problem.outputs, 1, 1], bias)], problem.outputDims)
        let added = graph.node("Add", [biased, graph.input(problem.outputDims)], problem.outputDims)
        graph.output(graph.node("ReLU", [added], problem.outputDims))
        let plane = problem.outputExtent.reduce(1, *)
        let expected = problem.naive(input, weights).enumerated().map { index, sum in
            max(0, sum + Double(bias[index / plane % problem.outputs]) + Double(residual[index]))
        }
        let found = try graph.run([input, residual], ["WORK_GROUP": name, "INFERENCE_PRECISION_HINT": precision])[0]
        // 2^-8: see KernelFormCase.
        expectClose(
            found, expected, tolerance: precision == "f16" ? 0x1p-8 : 1e-5, "\(problem), \(name), \(precision)")
    }

    @Test("Winograd's algorithm is right however its products are divided", arguments: names)
    func winograd(_ name: String) throws {
        let problem = ConvolutionCase(inputs: 13, outputs: 41, extent: [18, 21], padsBegin: [1, 1], padsEnd: [1, 1])
        var numbers = Numbers(seed: 12)
        let (input, weights) = (numbers.list(problem.inputDims), numbers.list(problem.weightDims))
        let graph = TestGraph()
        let filter = graph.constant(Array(problem.weightDims.dropFirst()), weights)
        graph.output(
            graph.node("Convolution", [graph.input(problem.inputDims), filter], problem.outputDims, problem.attributes))
        let found = try graph.run([input], ["WORK_GROUP": name, "CONVOLUTION_METHOD": "WINOGRAD"])[0]
        // Rounding errors of Winograd's algorithm are about ten times those of the direct sum.
        expectClose(found, problem.naive(input, weights), tolerance: 1e-4, name)
    }

    static let products: [MatMulCase] = [
        MatMulCase(rows: 70, depth: 37, columns: 133),
        MatMulCase(rows: 3, depth: 131, columns: 21),
        MatMulCase(leftBatch: [2], rightBatch: [2], rows: 11, depth: 9, columns: 66, isConstant: false),
        MatMulCase(leftBatch: [3], rows: 9, depth: 33, columns: 5, transposesLeft: true),
        MatMulCase(rightBatch: [2], rows: 1, depth: 5, columns: 6, transposesRight: true, isConstant: false),
    ]

    @Test("Matrix products with bias and activation are right however they are divided", arguments: names)
    func matmul(_ name: String) throws {
        for problem in DivisionTests.products {
            for precision in ["f32", "f16"] {
                var numbers = Numbers(seed: 13)
                let (left, right) = (numbers.list(problem.leftDims), numbers.list(problem.rightDims))
                let bias = numbers.list([problem.columns])
                let graph = TestGraph()
                let a = graph.input(problem.leftDims)
                let b =
                    problem.isConstant ? graph.constant(problem.rightDims, right) : graph.input(problem.rightDims)
                let product = graph.node("MatMul", [a, b], problem.outputDims, problem.attributes)
                let biased = graph.node("Add", [product, graph.constant([problem.columns], bias)], problem.outputDims)
                graph.output(graph.node("ReLU", [biased], problem.outputDims))
                let expected = problem.naive(left, right).enumerated().map {
                    max($1 + Double(bias[$0 % problem.columns]), 0)
                }
                let found = try graph.run(
                    problem.isConstant ? [left] : [left, right],
                    ["WORK_GROUP": name, "INFERENCE_PRECISION_HINT": precision])[0]
                expectClose(
                    found, expected, tolerance: precision == "f16" ? 0x1p-8 : 1e-5, "\(problem), \(name), \(precision)")
            }
        }
    }

    @Test("A long row's softmax is shared by a group", arguments: [1, 64, 65, 1001])
    func softmax(_ length: Int) throws {
        var numbers = Numbers(seed: 14)
        let rows = numbers.list([3, length])
        let graph = TestGraph()
        graph.output(graph.node("SoftMax", [graph.input([3, length])], [3, length], ["axis": .integers([1])]))
        let found = try graph.run([rows], ["WORK_GROUP": "TILE_32x32"])[0]
        let usual = try graph.run([rows])[0]
        expectClose(found, usual.map { Double($0) }, tolerance: 1e-6)
    }

    @Test("A profile tells which kernel computed")
    func kernelNames() throws {
        let problem = DivisionTests.convolutions[0]
        var numbers = Numbers(seed: 15)
        let graph = TestGraph()
        let filter = graph.constant(Array(problem.weightDims.dropFirst()), numbers.list(problem.weightDims))
        graph.output(
            graph.node("Convolution", [graph.input(problem.inputDims), filter], problem.outputDims, problem.attributes))
        let backend = try TestDevice.backend()
        func kernel(_ name: String) throws -> String {
            let context = try backend.compile(graph.view, properties: ["WORK_GROUP": name, "PERF_COUNT": "YES"])
                .makeContext()
            _ = try context.run([numbers.list(problem.inputDims)], of: graph.view, on: backend)
            return context.profile[0].execType
        }
        #expect(try kernel("8x8") == "convolution")
        for name in ["128x128", "64x32"] { #expect(try kernel("TILE_\(name)") == "convolution_\(name)") }
    }
}
