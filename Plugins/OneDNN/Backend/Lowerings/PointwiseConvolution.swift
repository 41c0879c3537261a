import OneDNNKernels
import VireoPluginKit
import VireoTensor

/// Convolutions of 1x1 in strips of pixels, each of which has the memory of the next asked for meanwhile. oneDNN's kernels
/// are as fast when everything is in the caches already, and slower between the layers of a network.
enum PointwiseConvolution {
    /// Adds the convolution's step.
    /// - Returns: false where the convolution is another one, or better computed otherwise.
    static func lower(_ node: NodeView, into plan: PlanBuilder) throws -> Bool {
        guard vireo_has_products(), plan.options.floatingType == .f32, plan.rounding.isEmpty,
            let convolution = try ClampedConvolution(node, adds: [.bias, .residual], plan), convolution.isPointwise
        else { return false }
        let (inputs, outputs) = (convolution.source[1], convolution.result[1])
        // With a distance of whole pages the pixels of a tile push each other out of the first cache.
        guard inputs % 1024 != 0, inputs >= 16, outputs >= 16 else { return false }
        let layout = try MemoryDescriptor(channelsLast: convolution.result, .f32)
        let source = try plan.place(of: node.inputs[0], as: .init(channelsLast: convolution.source, .f32))
        var result = plan.makeBuffer(layout)
        var residual: [Place] = []
        if let value = convolution.tail.residual {
            let home = try plan.place(of: value, as: layout)
            let nodes = [node] + convolution.tail.nodes
            if plan.isFree(home, after: nodes) {
                result = try plan.destination(layout, adding: value, from: source, for: nodes)
                residual = [result]
            } else {
                residual = [home]
            }
        }
        let pixels = convolution.result.reduce(1, *) / outputs
        plan.emit(
            Kernel(
                product: convolution.product(columns: outputs), pixels: pixels,
                strips: strips(pixels: pixels, weights: inputs * outputs, threads: plan.target.threads),
                adds: !residual.isEmpty, stride: outputs),
            try [source, result] + convolution.matrix(columns: outputs, plan) + residual)
        plan.absorb(convolution.tail.nodes)
        plan.define(convolution.tail.output, at: result)
        return true
    }

    /// The weights are read anew for each strip, so that the more there are the more pixels it is to have. None where
    /// there are too few for all threads: these share the columns.
    private static func strips(pixels: Int, weights: Int, threads: Int) -> Int {
        guard threads == 1 || pixels >= 56 * threads else { return 0 }
        let strips = max(1, pixels / max(56, weights / 2048))
        return (strips + threads - 1) / threads * threads
    }

    private struct Kernel: NativeKernel, @unchecked Sendable {
        let product: vireo_product
        let pixels: Int
        let strips: Int
        let adds: Bool
        /// From one pixel of the result to the next.
        var stride: Int

        var name: String { "conv_1x1:avx512_f32" }

        func run(_ operand: (Int) -> UnsafeMutablePointer<Float>) {
            var product = product
            (product.matrix, product.bias) = (UnsafePointer(operand(2)), UnsafePointer(operand(3)))
            vireo_pointwise_run(
                &product, pixels, strips, operand(0), adds ? operand(4) : nil, operand(1),
                stride)
        }

        func writing(_ operand: Int, as layout: MemoryDescriptor) -> (any NativeKernel)? {
            let extents = layout.dimensions
            guard operand == 1, !adds, let strides = layout.plainStrides, strides[1] == 1,
                strides[2] == extents[3] * strides[3], strides[0] == extents[2] * strides[2]
            else { return nil }
            var kernel = self
            kernel.stride = strides[3]
            return kernel
        }
    }
}
