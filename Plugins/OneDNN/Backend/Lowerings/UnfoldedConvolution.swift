import CDNNL
import OneDNNKernels
import VireoPluginKit
import VireoTensor

/// Convolutions of images with so few channels, such as the three colours, that they badly fill kernels that multiply
/// two channels (bf16) or four (8-bit integers) at once: the pixels under a row of the window become the channels of
/// one pixel, so that 7x7 over 3 channels is 7x1 over 21.
struct UnfoldedConvolution {
    private let source: [Int]
    private let outputs: Int
    private let steps: Int
    private let whole: Window
    private let type: DataType

    /// Nil where it saves no more than the unfolding costs.
    init?(_ window: Window, from source: [Int], to result: [Int], _ type: DataType) {
        guard window.kernel.count == 2, window.dilations == [1, 1], type != .f32 else { return nil }
        let (channels, taps) = (source[1], window.kernel[1])
        let moved = [source[0], source[2], result[3], taps, channels].reduce(1.0) { $0 * Double($1) }
        guard moved <= Double(Int32.max) else { return nil }
        let lanes = type == .bf16 ? 2 : 4
        func filled(_ count: Int) -> Int { (count + lanes - 1) / lanes * lanes }
        let saved = taps * filled(channels) - filled(taps * channels)
        let products = (result + [window.kernel[0], saved]).reduce(1.0) { $0 * Double($1) }
        // A number takes about as long to move as this many products to compute.
        guard products >= 32 * moved else { return nil }
        (self.source, outputs, steps, whole, self.type) = (source, result[1], result[3], window, type)
    }

    /// The unfolded images.
    var dimensions: [Int] { [source[0], whole.kernel[1] * source[1], source[2], steps] }

    var weightShape: [Int] { [outputs, whole.kernel[1] * source[1], whole.kernel[0], 1] }

    /// The window over unfolded images.
    var window: Window {
        var window = whole
        (window.kernel[1], window.strides[1], window.padsBegin[1], window.padsEnd[1]) = (1, 1, 0, 0)
        return window
    }

    /// Adds the convolution's steps in bf16.
    /// - Returns: false where the convolution is better computed otherwise.
    static func lower(_ node: NodeView, _ tail: Tail, _ window: Window, into plan: PlanBuilder) throws -> Bool {
        let result = try plan.graph.result(of: node)
        let type = plan.options.floatingType
        guard node.opType == "Convolution", plan.graph.input(1, of: node).constant != nil, tail.residual == nil,
            let unfolded = UnfoldedConvolution(window, from: try plan.graph.operand(0, of: node), to: result, type),
            let kernel = try? PrimitiveDescriptor(
                Operation.convolution(
                    dnnl_convolution_direct, source: .init(channelsLast: unfolded.dimensions, type),
                    weights: .init(anyLayout: unfolded.weightShape, type),
                    bias: tail.bias.map { try .init(rowMajor: [$0.count]) },
                    destination: .init(anyLayout: result, plan.resultType(of: tail.output)), window: unfolded.window),
                tail.functions.map { .elementwise($0) }, on: plan.engine),
            !kernel.isReference
        else { return false }
        let image = try plan.floating(node.inputs[0], as: .init(channelsLast: unfolded.source, type))
        var arguments = [
            (DNNL_ARG_SRC, try unfolded.emit(image, into: plan)),
            (DNNL_ARG_WEIGHTS, try unfolded.weights(node, kernel, plan)),
        ]
        if let bias = tail.bias {
            arguments.append((DNNL_ARG_BIAS, try plan.constant(bias, MemoryDescriptor(rowMajor: [bias.count]))))
        }
        let place = plan.makeBuffer(kernel.destination)
        try plan.emit(kernel, arguments + [(DNNL_ARG_DST, place)])
        plan.absorb(tail.nodes)
        plan.define(tail.output, at: place)
        return true
    }

    private func weights(_ node: NodeView, _ kernel: PrimitiveDescriptor, _ plan: PlanBuilder) throws -> Place {
        let given = try plan.elements(ofConstant: plan.place(of: node.inputs[1]))
        return plan.constant(
            computedAs: try .init(rowMajor: weightShape), to: kernel.weights, origin: node.inputs[1]
        ) { result in
            forEachWeight { result[$1] = given[$0] }
        }
    }

    /// Weights `[O,I,H,W]` in the order of `weightShape`.
    func rearranged(_ weights: [Int8]) -> [Int8] {
        var result = weights
        forEachWeight { result[$1] = weights[$0] }
        return result
    }

    /// Calls `body` with the index of each weight and the one it gets.
    private func forEachWeight(_ body: (_ from: Int, _ to: Int) -> Void) {
        let (channels, height, width) = (source[1], whole.kernel[0], whole.kernel[1])
        for output in 0..<outputs {
            for channel in 0..<channels {
                for row in 0..<height {
                    for tap in 0..<width {
                        body(
                            ((output * channels + channel) * height + row) * width + tap,
                            ((output * width + tap) * channels + channel) * height + row)
                    }
                }
            }
        }
    }

    /// Adds the step that unfolds images.
    /// - Parameter image: has the channels of a pixel next to each other.
    func emit(_ image: Place, into plan: PlanBuilder) throws -> Place {
        let descriptor = try MemoryDescriptor(channelsLast: dimensions, type)
        let result = Place(buffer: plan.makeBuffer(descriptor).buffer, descriptor: descriptor, grid: image.grid)
        let unfolding = vireo_unfolding(
            pixel_size: source[1] * (type == .bf16 ? 2 : 1), width: source[3], taps: whole.kernel[1],
            stride: whole.strides[1], pad: whole.padsBegin[1], steps: steps,
            fill: UInt8(truncatingIfNeeded: image.grid?.zeroPoint ?? 0))
        plan.emit(Unfolding(unfolding: unfolding, rows: source[0] * source[2], type: type), [image, result])
        return result
    }

    private struct Unfolding: NativeKernel {
        let unfolding: vireo_unfolding
        let rows: Int
        let type: DataType

        var name: String { "unfold_\(type)" }

        func run(_ operand: (Int) -> UnsafeMutablePointer<Float>) {
            withUnsafePointer(to: unfolding) { vireo_unfold_rows(operand(0), rows, $0, operand(1)) }
        }
    }
}
