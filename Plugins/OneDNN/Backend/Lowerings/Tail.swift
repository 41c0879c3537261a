import CDNNL
import VireoPluginKit

/// What runs inside a producer's kernel: a bias, a residual sum, and elementwise functions, in this order.
struct Tail {
    let bias: [Float]?
    /// A value of the result's shape, computed already.
    let residual: Int?
    let functions: [Elementwise]
    /// The nodes it replaces.
    let nodes: [NodeView]
    /// The value that holds the result.
    let output: Int

    init(
        of producer: NodeView, in plan: PlanBuilder, channelAxis: Int, abilities: Epilogue.Abilities,
        withFunctions: Bool = true
    ) {
        let graph = plan.graph
        let epilogue = Epilogue(
            of: producer, in: graph, channelAxis: channelAxis, abilities: abilities, isAvailable: plan.isPlaced)
        bias = epilogue.bias
        residual = epilogue.residual
        let following = withFunctions ? Tail.functions(after: epilogue.output, in: graph) : ([], [], epilogue.output)
        functions = following.0
        nodes = epilogue.nodes + following.1
        output = following.2
    }

    /// The elementwise functions that are applied to `value` and to nothing else, as far as they go. oneDNN 2.6 gives
    /// the numbers of the first to all functions of one algorithm in a kernel: none occurs twice.
    static func functions(
        after value: Int, in graph: GraphView
    ) -> (functions: [Elementwise], nodes: [NodeView], output: Int) {
        var functions: [Elementwise] = []
        var nodes: [NodeView] = []
        var output = value
        while let next = graph.soleConsumer(of: output), let match = Elementwise.match(next, in: graph),
            match.value == output, (try? lowering(of: next, in: graph)) != nil
        {
            let longer = Elementwise.merged(functions + [match.function])
            guard Set(longer.map(\.algorithm.rawValue)).count == longer.count else { break }
            functions = longer
            nodes.append(next)
            output = next.outputs[0]
        }
        return (functions, nodes, output)
    }
}

extension Tail {
    /// What the result is clamped to, when that is all that the functions do.
    var range: ClosedRange<Float>? {
        guard let function = functions.first else { return -.infinity ... .infinity }
        guard functions.count == 1 else { return nil }
        if function == .relu { return 0 ... .infinity }
        guard function.algorithm == dnnl_eltwise_clip, function.alpha <= function.beta else { return nil }
        return function.alpha...function.beta
    }
}
