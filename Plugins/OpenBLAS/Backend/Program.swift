import VireoPluginKit
import VireoTensor

/// A graph as the list of kernels that compute it.
struct Program: Sendable {
    struct Step: Sendable {
        let kernel: any Kernel
        let node: Label
        /// The nodes that the kernel computes besides its own.
        let fused: [Label]
    }

    /// A node's name and operation.
    struct Label: Sendable {
        let name: String
        let opType: String

        init(_ node: NodeView) {
            name = node.name
            opType = node.opType
        }
    }

    let steps: [Step]

    /// - Throws: `unsupported` when a node has no kernel, with the reason and the node's name.
    init(_ graph: GraphView, _ preparation: Preparation) throws {
        var steps: [Step] = []
        var isComputed = graph.values.map { $0.producer == nil }
        var isDone = [Bool](repeating: false, count: graph.nodes.count)
        for node in graph.nodes where !isDone[node.index] {
            var made = try withContext("\(node.opType) \"\(node.name)\"") {
                try kernel(for: node, in: graph)
            }
            var fused: [NodeView] = []
            if var fusing = made as? any FusingKernel {
                let epilogue = Epilogue(
                    of: node, in: graph, channelAxis: fusing.channelAxis, abilities: fusing.abilities,
                    isAvailable: { isComputed[$0] && graph.values[$0].elementType == .f32 })
                fusing.fuse(epilogue)
                made = fusing
                fused = epilogue.nodes
            }
            if var preparing = made as? any PreparingKernel {
                try preparing.prepare(in: graph, preparation)
                made = preparing
            }
            for node in [node] + fused {
                isDone[node.index] = true
                for output in node.outputs { isComputed[output] = true }
            }
            steps.append(Step(kernel: made, node: Label(node), fused: fused.map { Label($0) }))
        }
        self.steps = steps
    }
}
