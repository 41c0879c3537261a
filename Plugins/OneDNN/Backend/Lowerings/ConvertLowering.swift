import VireoPluginKit
import VireoTensor

/// Convert-1 of 8-bit integers, such as the pixels of an image, to f32: the same memory, whose integers stand for
/// themselves. Whoever reads it converts while it copies into a layout of its own, so that an image is read once.
enum ConvertLowering: Lowering {
    static let inputTypes: Set<ElementType> = [.u8, .i8]

    static func validate(_ node: NodeView, in graph: GraphView) throws {
        guard let input = node.inputs.first, input >= 0, graph.values[input].constant == nil else {
            throw VireoError(.unsupported, "Convert of a constant")
        }
        let source = try dimensions(of: graph.values[input], inputTypes)
        guard try graph.result(of: node) == source else {
            throw VireoError(.unsupported, "Convert that changes the shape \(source)")
        }
    }

    static func lower(_ node: NodeView, into plan: PlanBuilder) throws {
        let source = try plan.stored(node.inputs[0])
        let grid = Grid(itself: source.descriptor.type)
        plan.define(
            node.outputs[0], at: Place(buffer: source.buffer, descriptor: source.descriptor, grid: grid))
        plan.absorb([node])
    }
}
