import VireoPluginKit
import VireoTensor

/// Convolution-1: weights [O, I, Y, X].
struct Convolution: Operation {
    static let abilities: Epilogue.Abilities = [.bias, .residual, .activations]
    static func channelAxis(rank: Int) -> Int { 1 }

    private let problem: ConvolutionProblem

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        problem = try ConvolutionProblem(
            node, in: graph, weightShape: [1] + graph.inputShape(1, of: node).dimensions)
    }

    func lower(_ epilogue: Epilogue, into plan: PlanBuilder) throws { try problem.lower(epilogue, into: plan) }
}

/// GroupConvolution-1: weights [G, O/G, I/G, Y, X].
struct GroupConvolution: Operation {
    static let abilities: Epilogue.Abilities = [.bias, .residual, .activations]
    static func channelAxis(rank: Int) -> Int { 1 }

    private let problem: ConvolutionProblem

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        problem = try ConvolutionProblem(node, in: graph, weightShape: graph.inputShape(1, of: node).dimensions)
    }

    func lower(_ epilogue: Epilogue, into plan: PlanBuilder) throws { try problem.lower(epilogue, into: plan) }
}
