import CDNNL
import VireoPluginKit
import VireoTensor

/// SoftMax (opset 1 and 8) and LogSoftmax-5 along one axis.
enum SoftmaxLowering: Lowering {
    static func validate(_ node: NodeView, in graph: GraphView) throws {
        let source = try graph.operand(0, of: node)
        _ = try normalized(axes: [node.integer("axis")], rank: source.count)
        guard try graph.result(of: node) == source else {
            throw VireoError(.unsupported, "\(node.opType) that changes the shape \(source)")
        }
    }

    static func lower(_ node: NodeView, into plan: PlanBuilder) throws {
        let extents = try plan.graph.operand(0, of: node)
        let axis = try normalized(axes: [node.integer("axis")], rank: extents.count)[0]
        let algorithm = node.opType == "LogSoftmax" ? dnnl_softmax_log : dnnl_softmax_accurate
        let (source, kernel) = try plan.placeWithKernel(of: node.inputs[0]) { layout in
            try PrimitiveDescriptor(
                Operation.softmax(algorithm, source: layout, destination: layout, axis: axis), on: plan.engine)
        }
        let place = plan.makeBuffer(kernel.destination)
        try plan.emit(kernel, [(DNNL_ARG_SRC, source), (DNNL_ARG_DST, place)])
        plan.define(node.outputs[0], at: place)
    }
}
