import COpenCL
import VireoKernels
import VireoTensor

/// What the kernels of a program are compiled for.
struct KernelForm: Hashable, Sendable {
    /// What tensors and weights are stored as. Sums are f32 either way.
    enum Precision: String {
        case f32
        case f16

        var byteCount: Int { self == .f16 ? 2 : 4 }
    }

    let precision: Precision
    /// Elements of the vectors that the big kernels work with: 4, 8 or 16.
    let lanes: Int
    /// Whether there are kernels whose work-groups share local memory: what makes a GPU fast. On a processor local
    /// memory is a detour. Their vectors have four lanes.
    let sharesLocalMemory: Bool

    /// The compiler's options.
    func options(for device: Device) -> String {
        var options = "-cl-std=CL1.2 -cl-mad-enable -D LANES=\(lanes)"
        if precision == .f16 { options += " -D VIREO_HALF" }
        if precision == .f16, device.hasHalfArithmetic { options += " -D VIREO_HALF_ARITHMETIC" }
        return options
    }

    /// All kernels in one text, whose lines the compiler reports by file.
    var source: String {
        var count = 0
        let files = UnsafeBufferPointer(start: vireo_kernel_sources(&count), count: count)
        return files.map { file in
            let text = "#line 1 \"\(String(cString: file.name))\"\n\(String(cString: file.source))"
            switch file.use {
            case VIREO_USE_LOCAL_MEMORY: return sharesLocalMemory ? text : ""
            case VIREO_USE_EACH_TILE: return sharesLocalMemory ? Tile.all.map { $0.specialized(text) }.joined() : ""
            default: return text
            }
        }.joined()
    }
}

extension Tile {
    /// The text of tiled.cl with its names defined for this size.
    fileprivate func specialized(_ text: String) -> String {
        """
        #define TILED(name) JOIN(name, _\(name))
        #define TILE_Y \(itemRows)
        #define TILE_X \(itemColumns)
        #define TILE_VECTORS \(vectors)
        \(text)
        #undef TILED
        #undef TILE_Y
        #undef TILE_X
        #undef TILE_VECTORS

        """
    }
}
