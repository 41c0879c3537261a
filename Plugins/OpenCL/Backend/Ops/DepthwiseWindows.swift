import VireoKernels
import VireoPluginKit
import VireoTensor

extension ConvolutionProblem {
    /// Bytes of the input that `width` x `height` outputs need.
    func windowByteCount(width: Int, height: Int) -> Int {
        func extent(_ axis: Int, of outputs: Int) -> Int {
            let last = (outputs - 1) * strides[axis]
            return last + (kernel[axis] - 1) * dilations[axis] + 1
        }
        let (count, overflows) = extent(0, of: height).multipliedReportingOverflow(by: extent(1, of: width))
        return overflows || count > Int(Int32.max) ? Int.max : count * MemoryLayout<Float>.stride
    }

    /// One kernel on the input as it is, whose work-groups share a window of it in local memory.
    func lowerByWindows(_ epilogue: Epilogue, width: Int, height: Int, into plan: PlanBuilder) throws {
        let channels = groups * groupOutputs
        let bias = try plan.constant(epilogue.bias ?? [Float](repeating: 0, count: channels))
        let residual = try epilogue.residual.map { try plan.read($0) }
        let source = try plan.read(input)
        let filters = try plan.read(weights)
        let tensors: [Argument] = [
            .memory(source), .memory(filters), .memory(bias), .optional(residual),
            .memory(try plan.write(epilogue.output)), .local(byteCount: windowByteCount(width: width, height: height)),
        ]
        let itemRows = WorkSize.largestGroup / width
        let windowRows = (outputExtent[0] - 1) / height + 1
        let window = kernel + strides + dilations + padsBegin
        let sizes = [height, channels, groupOutputs] + extent + outputExtent + window
        plan.run(
            "depthwise_shared",
            tensors + sizes.map(Argument.int) + UnaryFunction(epilogue.activation).arguments,
            WorkSize([outputExtent[1], windowRows * itemRows, images * channels], local: [width, itemRows, 1]))
    }
}
