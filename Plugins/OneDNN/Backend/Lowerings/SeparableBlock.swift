import CDNNL
import OneDNNKernels
import VireoPluginKit
import VireoTensor

/// A depthwise convolution of 3x3 with the convolution that makes its channels, the pointwise one after it, or both, as
/// one step: the blocks of MobileNet. What is between them is computed in strips of rows and stays in the caches.
struct SeparableBlock {
    private let expansion: (convolution: ClampedConvolution, patches: vireo_patches)?
    private let depthwise: ClampedConvolution
    private let projection: ClampedConvolution?
    private let threads: Int

    /// Adds the step of the block that `node` begins.
    /// - Returns: false where it begins none.
    static func lower(_ node: NodeView, into plan: PlanBuilder) throws -> Bool {
        guard vireo_has_products(), plan.options.floatingType == .f32, plan.rounding.isEmpty,
            let block = try SeparableBlock(from: node, plan)
        else { return false }
        try block.emit(into: plan)
        return true
    }

    private init?(from first: NodeView, _ plan: PlanBuilder) throws {
        guard var member = try ClampedConvolution(first, adds: .bias, plan) else { return nil }
        if try member.isDepthwise(plan.graph) {
            expansion = nil
        } else {
            guard let patches = try SeparableBlock.patches(of: member, plan),
                let next = plan.graph.soleConsumer(of: member.tail.output), next.inputs[0] == member.tail.output,
                let filter = try ClampedConvolution(next, adds: .bias, plan), try filter.isDepthwise(plan.graph)
            else { return nil }
            expansion = (member, patches)
            member = filter
        }
        depthwise = member
        if let next = plan.graph.soleConsumer(of: member.tail.output), next.inputs[0] == member.tail.output,
            let projection = try ClampedConvolution(next, adds: [.bias, .residual], plan), projection.isPointwise
        {
            self.projection = projection
        } else {
            projection = nil
        }
        threads = plan.target.threads
        guard expansion != nil || projection != nil else { return nil }
        // Vectors reach over the last channel only in memory of the block's own.
        let isWithin = expansion != nil && projection != nil
        guard isWithin || depthwise.source[1] % 16 == 0, suitsStrips || suitsPanels else { return nil }
    }

    /// How `member` makes the channels: as a pointwise convolution, or from the neighbouring pixels of an image of few
    /// channels, in planes or next to each other. Nil where it does neither.
    private static func patches(of member: ClampedConvolution, _ plan: PlanBuilder) throws -> vireo_patches? {
        if member.isPointwise { return vireo_patches() }
        let channels = member.source[1]
        guard member.node.opType == "Convolution", channels <= 4, member.window.kernel.allSatisfy({ $0 <= 16 }),
            zip(member.window.padsBegin, member.window.kernel).allSatisfy({ $0 < $1 })
        else { return nil }
        let isOfPlanes = try plan.stored(member.node.inputs[0]).descriptor.isRowMajor
        return vireo_patches(
            planes: Int32(isOfPlanes ? channels : 1), numbers: Int32(isOfPlanes ? 1 : channels),
            row_taps: Int32(member.window.kernel[0]), column_taps: Int32(member.window.kernel[1]), rows: member.axis(0),
            columns: member.axis(1))
    }

    // MARK: - The step

    /// The depthwise convolution's channels, filled up to whole vectors.
    private var channels: Int { (depthwise.source[1] + 15) / 16 * 16 }

    private func emit(into plan: PlanBuilder) throws {
        let (first, last) = (expansion?.convolution ?? depthwise, projection ?? depthwise)
        let isOfPlanes = expansion.map { $0.patches.planes > 0 && $0.patches.numbers == 1 } ?? false
        let source = try plan.place(
            of: first.node.inputs[0],
            as: isOfPlanes ? .init(rowMajor: first.source) : .init(channelsLast: first.source, .f32))
        let result = plan.makeBuffer(try .init(channelsLast: last.result, .f32))
        var shape = self.shape
        let scratch = plan.makeBuffer(
            try MemoryDescriptor(rowMajor: [max(1, vireo_separable_scratch(&shape, Int32(threads)))]))
        var places = [source, result, scratch, try filters(plan), try depthwise.bias(count: channels, plan)]
        if let expansion {
            places += try expansion.convolution.matrix(
                columns: channels, numbers: max(1, Int(expansion.patches.numbers)), plan)
        }
        if let projection { places += try projection.matrix(columns: projection.result[1], plan) }
        if let residual = last.tail.residual {
            places.append(try plan.place(of: residual, as: .init(channelsLast: last.result, .f32)))
        }
        plan.emit(Kernel(name: name, shape: shape, adds: last.tail.residual != nil), places)
        let members = [expansion?.convolution, depthwise, projection].compactMap { $0 }
        plan.absorb(members.dropFirst().map(\.node) + members.flatMap(\.tail.nodes))
        plan.define(last.tail.output, at: result)
    }

    private var name: String {
        let members = [expansion?.convolution, depthwise, projection].compactMap { $0 }
        let words = members.map { member in
            (member.node.index == depthwise.node.index ? "depthwise_" : "conv_")
                + member.window.kernel.map(String.init).joined(separator: "x")
        }
        return words.joined(separator: "+") + ":avx512_f32"
    }

    /// The block without its constants.
    private var shape: vireo_separable {
        vireo_separable(
            images: Int32(depthwise.source[0]),
            expansion: expansion.map { $0.convolution.product(columns: channels) } ?? vireo_product(),
            patches: expansion?.patches ?? vireo_patches(),
            depthwise: vireo_depthwise(
                rows: depthwise.axis(0), columns: depthwise.axis(1), channels: Int32(channels), filters: nil, bias: nil,
                lower: depthwise.range.lowerBound, upper: depthwise.range.upperBound),
            projection: projection.map { $0.product(columns: $0.result[1]) } ?? vireo_product(),
            rows_at_once: Int32(rowsAtOnce))
    }

    /// Whether threads have enough rows each: where two strips meet the expansion is computed twice, and a row more or
    /// less counts.
    private var suitsStrips: Bool { threads == 1 || depthwise.source[0] * depthwise.result[2] >= 7 * threads }

    /// Whether threads would have nearly the same number of panels of 32 channels.
    private var suitsPanels: Bool {
        let panels = (channels + 31) / 32
        return (expansion?.patches.planes ?? 0) == 0 && (panels + threads - 1) / threads * threads * 4 <= panels * 5
    }

    /// Rows of a strip: the matrices are read anew for each, so that the larger they are the more pixels it is to have.
    /// Zero where threads share panels.
    private var rowsAtOnce: Int {
        guard suitsStrips else { return 0 }
        let (images, rows, columns) = (depthwise.source[0], depthwise.result[2], depthwise.result[3])
        let expanded = expansion.map { $0.patches.planes > 0 ? 0 : $0.convolution.source[1] } ?? 0
        let pixels = max(56, channels * (expanded + (projection?.result[1] ?? 0)) / 2048)
        let strips = max(1, rows / max(1, (pixels + columns - 1) / columns))
        let evened = images % threads == 0 ? strips : min(rows, (strips + threads - 1) / threads * threads)
        return (rows + evened - 1) / evened
    }

    // MARK: - Constants

    private func filters(_ plan: PlanBuilder) throws -> Place {
        let (count, channels) = (depthwise.source[1], self.channels)
        let elements = try plan.elements(ofConstant: try plan.place(of: depthwise.node.inputs[1]))
        let layout = try MemoryDescriptor(rowMajor: [9, channels])
        return plan.constant(of: layout, to: layout, origin: depthwise.node.inputs[1]) { result in
            for index in 0..<9 * channels {
                let (tap, channel) = (index / channels, index % channels)
                result[index] = channel < count ? elements[channel * 9 + tap] : 0
            }
        }
    }

    private struct Kernel: NativeKernel, @unchecked Sendable {
        let name: String
        let shape: vireo_separable
        let adds: Bool

        func run(_ operand: (Int) -> UnsafeMutablePointer<Float>) {
            var block = shape
            var next = 3
            func take() -> UnsafePointer<Float> {
                defer { next += 1 }
                return UnsafePointer(operand(next))
            }
            (block.depthwise.filters, block.depthwise.bias) = (take(), take())
            if block.expansion.columns > 0 { (block.expansion.matrix, block.expansion.bias) = (take(), take()) }
            if block.projection.columns > 0 { (block.projection.matrix, block.projection.bias) = (take(), take()) }
            vireo_separable_run(&block, operand(0), adds ? take() : nil, operand(1), operand(2))
        }
    }
}
