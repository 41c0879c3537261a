import CDNNL
import VireoTensor

/// Weights rounded to bf16 so that the rounding errors of each output channel add up to nothing.
///
/// Rounded one by one, a channel's weights are off by a sum that its inputs, which are mostly positive after an
/// activation and alike in neighbouring pixels, multiply: the result is shifted. Here each weight takes over the error
/// that the one before it left (first-order error diffusion, as in R. W. Floyd, L. Steinberg: An Adaptive Algorithm for
/// Spatial Greyscale, 1976), which leaves a channel off by half a unit of its last weight in all.
struct DiffusedRounding {
    private let channels: Int
    private let weights: Int
    private let channelStride: Int
    private let weightStride: Int

    /// Nil unless f32 weights `[O,…]`, row-major or a transposed matrix, become bf16.
    init?(from source: MemoryDescriptor, to destination: MemoryDescriptor) {
        guard source.type == .f32, destination.type == .bf16, source.rank > 1 else { return nil }
        channels = source.dimensions[0]
        weights = source.dimensions.dropFirst().reduce(1, *)
        if source.isRowMajor {
            (channelStride, weightStride) = (weights, 1)
        } else if source.rank == 2, let strides = source.plainStrides {
            (channelStride, weightStride) = (strides[0], strides[1])
        } else {
            return nil
        }
    }

    /// For as many times the weights of all channels.
    init(adjacentChannels channels: Int, weights: Int) {
        (self.channels, self.weights) = (channels, weights)
        (channelStride, weightStride) = (1, channels)
    }

    /// Rounds weights in place.
    func round(_ weights: UnsafeMutablePointer<Float>) {
        forEach(weights) { weights[$0] = Float(bitPattern: UInt32($1) << 16) }
    }

    /// - Parameters:
    ///   - source: the weights.
    ///   - destination: takes as many bf16, in the order of the source.
    func round(_ source: UnsafeRawPointer, into destination: UnsafeMutableRawPointer) {
        let destination = destination.bindMemory(to: UInt16.self, capacity: channels * weights)
        forEach(source.assumingMemoryBound(to: Float.self)) { destination[$0] = $1 }
    }

    /// Calls `write` with the index of each weight and what it is rounded to.
    private func forEach(_ source: UnsafePointer<Float>, _ write: (Int, UInt16) -> Void) {
        func round(_ index: Int, _ error: inout Float) {
            let wanted = source[index] - error
            let rounded = wanted.bfloat16Bits
            write(index, rounded)
            let left = Float(bitPattern: UInt32(rounded) << 16) - wanted
            error = left.isFinite ? left : 0
        }
        if channelStride < weightStride {
            var errors = [Float](repeating: 0, count: channels)
            for weight in 0..<weights {
                for channel in 0..<channels { round(channel * channelStride + weight * weightStride, &errors[channel]) }
            }
        } else {
            for channel in 0..<channels {
                var error: Float = 0
                for weight in 0..<weights { round(channel * channelStride + weight * weightStride, &error) }
            }
        }
    }
}
