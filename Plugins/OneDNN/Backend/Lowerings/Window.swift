import VireoPluginKit
import VireoTensor

/// How a convolution or pooling window moves over the spatial axes. Each list has one number an axis.
struct Window: Equatable {
    var kernel: [Int]
    var strides: [Int]
    /// 1 for none.
    var dilations: [Int]
    var padsBegin: [Int]
    var padsEnd: [Int]

    /// - Throws: `unsupported` when the lists do not fit `kernel` or hold a number that makes no sense.
    init(kernel: [Int], of node: NodeView) throws(VireoError) {
        self.kernel = kernel
        strides = try node.integers("strides")
        dilations = node.attributes["dilations"] == nil ? kernel.map { _ in 1 } : try node.integers("dilations")
        padsBegin = try node.integers("pads_begin")
        padsEnd = try node.integers("pads_end")
        let rank = kernel.count
        guard (1...3).contains(rank) else {
            throw VireoError(.unsupported, "\(rank) spatial dimensions; oneDNN has windows of 1 to 3")
        }
        guard [strides, dilations, padsBegin, padsEnd].allSatisfy({ $0.count == rank }) else {
            throw VireoError(.unsupported, "strides, dilations and pads that do not have \(rank) numbers each")
        }
        let reasonable = 0...(1 << 24)
        guard (kernel + strides + dilations).allSatisfy({ $0 >= 1 && reasonable.contains($0) }) else {
            throw VireoError(.unsupported, "a kernel, stride or dilation out of range")
        }
        guard (padsBegin + padsEnd).allSatisfy(reasonable.contains) else {
            throw VireoError(.unsupported, "negative or excessive padding")
        }
    }

    var isUnpadded: Bool { (padsBegin + padsEnd).allSatisfy { $0 == 0 } }

    /// A window that covers whole images of `extents`.
    init(covering extents: [Int]) {
        kernel = extents
        strides = extents.map { _ in 1 }
        dilations = strides
        padsBegin = extents.map { _ in 0 }
        padsEnd = padsBegin
    }

    /// Checks that sliding over `input` gives `output`, both spatial extents.
    /// - Parameter growsPads: whether the end padding may grow until it does, as rounding up needs.
    mutating func fit(input: [Int], output: [Int], growsPads: Bool = false) throws(VireoError) {
        guard input.count == kernel.count, output.count == kernel.count else {
            throw VireoError(.unsupported, "a window of rank \(kernel.count) over rank \(input.count)")
        }
        for axis in kernel.indices {
            let reach = (kernel[axis] - 1) * dilations[axis] + 1
            let needed = (output[axis] - 1) * strides[axis] + reach - input[axis] - padsBegin[axis]
            if growsPads, needed > padsEnd[axis], needed - padsEnd[axis] < strides[axis] { padsEnd[axis] = needed }
            let room = input[axis] + padsBegin[axis] + padsEnd[axis] - reach
            guard room >= 0, room / strides[axis] + 1 == output[axis] else {
                throw VireoError(
                    .unsupported,
                    "a window that does not take \(input) to \(output): kernel \(kernel), strides \(strides), "
                        + "dilations \(dilations), pads \(padsBegin) and \(padsEnd)")
            }
        }
    }
}
