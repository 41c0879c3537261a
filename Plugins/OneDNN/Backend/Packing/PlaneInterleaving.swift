import OneDNNKernels

/// Images of three planes, as they come, to pixels of three numbers, as convolutions read them, several times as fast as
/// by oneDNN's own reorder: `number * scale + shift`, rounded to what is wanted.
struct PlaneInterleaving: NativeKernel {
    private let images: Int
    private let pixels: Int
    private let scale: Float
    private let shift: Float
    private let type: DataType

    /// Nil for other layouts.
    init?(from source: MemoryDescriptor, to wanted: MemoryDescriptor, scale: Float = 1, shift: Float = 0) {
        let extents = source.dimensions
        guard extents.count == 4, extents[1] == 3, source.type == .f32, source.isRowMajor, source.offset == 0,
            let interleaved = try? MemoryDescriptor(channelsLast: extents, wanted.type), wanted.matches(interleaved)
        else { return nil }
        (images, pixels, type) = (extents[0], extents[2] * extents[3], wanted.type)
        (self.scale, self.shift) = (scale, shift)
    }

    var name: String { "interleave_f32" + (type == .f32 ? "" : "_\(type)") }

    func run(_ operand: (Int) -> UnsafeMutablePointer<Float>) {
        vireo_interleave_planes(operand(0), images, pixels, scale, shift, type.element, operand(1))
    }
}
