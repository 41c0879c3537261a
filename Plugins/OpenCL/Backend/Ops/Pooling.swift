import VireoPluginKit
import VireoTensor

/// The window of a two-dimensional pool.
struct PoolWindow {
    let planes: Int
    let extent: [Int]
    let outputExtent: [Int]
    let kernel: [Int]
    let strides: [Int]
    let padsBegin: [Int]
    let padsEnd: [Int]

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        let input = try graph.inputShape(0, of: node).dimensions
        let output = try graph.outputShape(of: node).dimensions
        guard input.count == 4, output.count == 4, input[..<2] == output[..<2] else {
            throw VireoError(.unsupported, "only two-dimensional pools have a kernel, and the input is \(input)")
        }
        planes = input[0] * input[1]
        extent = Array(input[2...])
        outputExtent = Array(output[2...])
        kernel = try node.integers("kernel", count: 2, atLeast: 1)
        strides = try node.integers("strides", count: 2, atLeast: 1)
        padsBegin = try node.integers("pads_begin", count: 2, atLeast: 0)
        padsEnd = try node.integers("pads_end", count: 2, atLeast: 0)
    }

    var workSize: WorkSize { WorkSize([outputExtent[0] * outputExtent[1], planes], local: [64, 1]) }
}

/// MaxPool-1 and -8, without the output of indices.
struct MaxPool: Operation {
    private let input: Int
    private let window: PoolWindow
    private let dilations: [Int]

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        window = try PoolWindow(node, in: graph)
        dilations =
            node.attributes["dilations"] == nil ? [1, 1] : try node.integers("dilations", count: 2, atLeast: 1)
        input = node.inputs[0]
        for index in node.outputs.dropFirst() {
            let indices = graph.values[index]
            guard indices.consumers.isEmpty, !indices.isGraphOutput else {
                throw VireoError(.unsupported, "the indices of the largest elements are asked for")
            }
        }
    }

    func lower(_ epilogue: Epilogue, into plan: PlanBuilder) throws {
        plan.run(
            "max_pool",
            [.memory(try plan.read(input)), .memory(try plan.write(epilogue.output))]
                + (window.extent + window.outputExtent + window.kernel + window.strides + dilations + window.padsBegin)
                .map(Argument.int),
            window.workSize)
    }
}

/// AvgPool without dilations, which version 16 has.
struct AvgPool: Operation {
    private let input: Int
    private let window: PoolWindow
    /// What each sum is divided by; 0 where that is the number of elements inside the input.
    private let divisor: Int

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        window = try PoolWindow(node, in: graph)
        // As OpenVINO has it, pads that count do so for whole windows, also where a rounded-up extent reaches past
        // them.
        let countsPads = !(try node.boolean("exclude-pad")) && (window.padsBegin + window.padsEnd).contains { $0 != 0 }
        if node.attributes["dilations"] != nil {
            let dilations = try node.integers("dilations", count: 2, atLeast: 1)
            guard dilations == [1, 1] else {
                throw VireoError(.unsupported, "an average with dilations of \(dilations)")
            }
        }
        divisor = countsPads ? window.kernel[0] * window.kernel[1] : 0
        input = node.inputs[0]
    }

    func lower(_ epilogue: Epilogue, into plan: PlanBuilder) throws {
        plan.run(
            "avg_pool",
            [.memory(try plan.read(input)), .memory(try plan.write(epilogue.output))]
                + (window.extent + window.outputExtent + window.kernel + window.strides + window.padsBegin + [divisor])
                .map(Argument.int),
            window.workSize)
    }
}
