import CDNNL
import OneDNNKernels
import VireoPluginKit
import VireoTensor

/// Several sums, differences, products and quotients with one constant a channel, and perhaps a ReLU after them, as one
/// `value * scale + shift`: a batch normalization that could not be folded, or the mean and the scale of an image.
struct AffineChain {
    private let value: Int
    private var scale: [Float]
    private var shift: [Float]
    private var relu = false
    /// All but the first.
    private var nodes: [NodeView] = []
    private var output: Int

    /// Nil where there are not two of them.
    init?(from first: NodeView, in graph: GraphView) {
        guard let (value, step, constant) = AffineChain.step(first, graph) else { return nil }
        self.value = value
        output = first.outputs[0]
        (scale, shift) = (constant.map { _ in 1 }, constant.map { _ in 0 })
        append(step, constant)
        while let next = graph.soleConsumer(of: output), let (read, step, constant) = AffineChain.step(next, graph),
            read == output
        {
            append(step, constant)
            nodes.append(next)
            output = next.outputs[0]
        }
        guard !nodes.isEmpty, (scale + shift).allSatisfy(\.isFinite) else { return nil }
        if let next = graph.soleConsumer(of: output), Elementwise.match(next, in: graph)?.function == .relu {
            relu = true
            nodes.append(next)
            output = next.outputs[0]
        }
    }

    private enum Step { case add, subtract, multiply, divide }

    private static func step(_ node: NodeView, _ graph: GraphView) -> (value: Int, Step, constant: [Float])? {
        let step: Step
        switch node.opType {
        case "Add": step = .add
        case "Subtract": step = .subtract
        case "Multiply": step = .multiply
        case "Divide": step = .divide
        default: return nil
        }
        guard let shape = graph.output(0, of: node).dimensions, (3...5).contains(shape.count) else { return nil }
        let orders = step == .subtract || step == .divide ? [(0, 1)] : [(0, 1), (1, 0)]
        for (value, constant) in orders where graph.input(value, of: node).dimensions == shape {
            if graph.input(value, of: node).constant == nil,
                let elements = perChannelConstant(graph.input(constant, of: node), shape, 1)
            {
                return (node.inputs[value], step, elements)
            }
        }
        return nil
    }

    private mutating func append(_ step: Step, _ constant: [Float]) {
        for (channel, number) in constant.enumerated() {
            switch step {
            case .add: shift[channel] += number
            case .subtract: shift[channel] -= number
            case .multiply: (scale[channel], shift[channel]) = (scale[channel] * number, shift[channel] * number)
            case .divide: (scale[channel], shift[channel]) = (scale[channel] / number, shift[channel] / number)
            }
        }
    }

    func lower(_ node: NodeView, into plan: PlanBuilder) throws {
        if try scalesPixels(into: plan) { return }
        let (source, kernel) = try plan.placeWithKernel(of: value, as: nil) { layout in
            try PrimitiveDescriptor(Operation.scaleShift(layout, relu: relu), on: plan.engine)
        }
        let list = try MemoryDescriptor(rowMajor: [scale.count])
        let place = plan.isFree(source, after: [node]) ? source : plan.makeBuffer(source.descriptor)
        try plan.emit(
            kernel,
            [
                (DNNL_ARG_SRC, source), (DNNL_ARG_MEAN, plan.constant(scale.map { _ in 0 }, list)),
                (DNNL_ARG_VARIANCE, plan.constant(scale.map { _ in 1 }, list)),
                (DNNL_ARG_SCALE, plan.constant(scale, list)), (DNNL_ARG_SHIFT, plan.constant(shift, list)),
                (DNNL_ARG_DST, place),
            ])
        plan.absorb(nodes)
        plan.define(output, at: place)
    }

    /// Lowers a chain over an image of few channels that lie next to each other, integers included.
    private func scalesPixels(into plan: PlanBuilder) throws -> Bool {
        let channels = scale.count
        guard channels <= 64, channels % 16 != 0 else { return false }
        var source = try plan.stored(value)
        if let grid = source.grid, grid != Grid(itself: grid.type) { source = try plan.place(of: value) }
        var layout = try MemoryDescriptor(channelsLast: source.descriptor.dimensions, source.descriptor.type)
        if channels <= 4, !source.descriptor.matches(layout) {
            layout = layout.with(.f32)
            source = try plan.place(of: value, as: layout)
        }
        guard source.descriptor.matches(layout), source.descriptor.offset == 0, source.descriptor.type != .bf16 else {
            return false
        }
        let place = plan.makeBuffer(layout.with(.f32))
        plan.emit(
            PixelScaling(
                type: source.descriptor.type, count: source.descriptor.dimensions.reduce(1, *),
                scale: repeated(scale), shift: repeated(shift), lower: relu ? 0 : -.infinity),
            [source, place])
        plan.absorb(nodes)
        plan.define(output, at: place)
        return true
    }

    /// As many as fill vectors of 16.
    private func repeated(_ numbers: [Float]) -> [Float] { (0..<16).flatMap { _ in numbers } }

    private struct PixelScaling: NativeKernel {
        let type: DataType
        let count: Int
        let scale: [Float]
        let shift: [Float]
        let lower: Float

        var name: String { "pixels_\(type)" + (type == .f32 ? "" : "_f32") }

        func run(_ operand: (Int) -> UnsafeMutablePointer<Float>) {
            scale.withUnsafeBufferPointer { scale in
                shift.withUnsafeBufferPointer { shift in
                    var affine = vireo_affine(
                        scale: scale.baseAddress, shift: shift.baseAddress, period: scale.count, lower: lower)
                    vireo_scale_pixels(operand(0), type.element, count, &affine, operand(1))
                }
            }
        }
    }
}
