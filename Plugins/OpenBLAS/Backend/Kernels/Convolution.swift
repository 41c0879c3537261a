import VireoPluginKit
import VireoTensor

/// Convolution (NCHW with OIHW filters) as a matrix product, or as several by Winograd's algorithm where that is faster
/// and allowed.
struct Convolution: FusingKernel, PreparingKernel {
    private var product: ConvolutionProduct
    private var winograd: WinogradConvolution?

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        let weights = try graph.operand(1, of: node)
        product = try ConvolutionProduct(node, in: graph, weights: weights, groups: 1, filter: weights.dimensions)
    }

    var abilities: Epilogue.Abilities { [.bias, .residual, .activations] }
    var channelAxis: Int { 1 }
    var execType: String { winograd?.execType ?? product.execType }
    var reads: [Int] { winograd?.reads ?? product.reads }
    var writes: [Int] { [product.output] }

    mutating func fuse(_ epilogue: Epilogue) { product.fuse(epilogue) }

    mutating func prepare(in graph: GraphView, _ preparation: Preparation) throws(VireoError) {
        if preparation.allowsLessAccuracy {
            winograd = try product.byWinograd(in: graph, host: preparation.host)
        }
    }

    func workspaceCount(threads: Int) -> Int {
        winograd?.workspaceCount(threads: threads) ?? product.workspaceCount(threads: threads)
    }

    func run(_ run: Run) {
        if let winograd { winograd.run(run) } else { product.run(run) }
    }
}

/// Convolution in groups, with filters [groups, output channels, input channels, height, width]: directly where each
/// group has one input channel, otherwise one matrix product a group.
struct GroupConvolution: FusingKernel {
    private enum Method: Sendable {
        case product(ConvolutionProduct)
        case depthwise(DepthwiseConvolution)
    }

    private var method: Method
    /// Output channels of one input channel up to which the direct loop wins.
    private static let largestMultiplier = 4

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        let weights = try graph.operand(1, of: node)
        guard weights.rank >= 4 else { throw refusal("GroupConvolution with filters of \(weights.rank) dimensions") }
        let groups = weights.dimensions[0]
        let filter = [groups * weights.dimensions[1]] + weights.dimensions[2...]
        if filter[1] == 1, weights.dimensions[1] <= GroupConvolution.largestMultiplier {
            method = .depthwise(
                try DepthwiseConvolution(node, in: graph, weights: weights, groups: groups, filter: filter))
        } else {
            method = .product(
                try ConvolutionProduct(node, in: graph, weights: weights, groups: groups, filter: filter))
        }
    }

    var abilities: Epilogue.Abilities { [.bias, .residual, .activations] }
    var channelAxis: Int { 1 }

    var execType: String {
        switch method {
        case .product(let kernel): kernel.execType
        case .depthwise: "depthwise_direct"
        }
    }

    var reads: [Int] {
        switch method {
        case .product(let kernel): kernel.reads
        case .depthwise(let kernel): kernel.reads
        }
    }

    var writes: [Int] {
        switch method {
        case .product(let kernel): [kernel.output]
        case .depthwise(let kernel): [kernel.output]
        }
    }

    mutating func fuse(_ epilogue: Epilogue) {
        switch method {
        case .product(var kernel):
            kernel.fuse(epilogue)
            method = .product(kernel)
        case .depthwise(var kernel):
            kernel.fuse(epilogue)
            method = .depthwise(kernel)
        }
    }

    func workspaceCount(threads: Int) -> Int {
        switch method {
        case .product(let kernel): kernel.workspaceCount(threads: threads)
        case .depthwise(let kernel): kernel.workspaceCount(threads: threads)
        }
    }

    func run(_ run: Run) {
        switch method {
        case .product(let kernel): kernel.run(run)
        case .depthwise(let kernel): kernel.run(run)
        }
    }
}

/// The sizes that every form of convolution has.
struct ConvolutionGeometry: Sendable {
    let batch: Int
    let groups: Int
    /// Input channels of one group.
    let inputChannels: Int
    /// Output channels of one group.
    let outputChannels: Int
    let window: Window

    /// - Parameter filter: output channels of all groups, input channels of one, and the window's extents.
    init(
        _ node: NodeView, input: [Int], output: [Int], groups: Int, filter: [Int]
    ) throws(VireoError) {
        guard filter.count >= 3, input.count == filter.count, output.count == filter.count, output[0] == input[0],
            input[1] == groups * filter[1], output[1] == filter[0]
        else {
            throw refusal("\(node.opType) of \(input) to \(output) with filters \(filter) in \(groups) groups")
        }
        batch = input[0]
        self.groups = groups
        inputChannels = filter[1]
        outputChannels = filter[0] / groups
        window = try Window(node, input: input, output: output, kernel: Array(filter[2...]))
    }
}
