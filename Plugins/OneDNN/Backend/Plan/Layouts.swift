import VireoPluginKit
import VireoTensor

/// Values and memory in the layouts that kernels want.
extension PlanBuilder {
    func rowMajor(_ value: Int) throws -> Place {
        let home = try place(of: value)
        return try place(of: value, as: MemoryDescriptor(rowMajor: home.descriptor.dimensions))
    }

    /// The place of a value, with the kernel for its layout; row-major where that has a kernel and the layout has none.
    /// - Parameter type: f32, or nil for real numbers of the type that they were computed in.
    func placeWithKernel(
        of value: Int, as type: DataType? = .f32, _ make: (MemoryDescriptor) throws -> PrimitiveDescriptor
    ) throws -> (place: Place, kernel: PrimitiveDescriptor) {
        let home = type == nil ? try floating(value) : try place(of: value)
        let direct = Result { try make(home.descriptor) }
        let isReference = (try? direct.get())?.isReference ?? true
        if isReference, !home.descriptor.isRowMajor {
            let plain = try MemoryDescriptor(rowMajor: home.descriptor.dimensions, home.descriptor.type)
            if let kernel = try? make(plain), !kernel.isReference || (try? direct.get()) == nil {
                return (try floating(value, as: plain), kernel)
            }
        }
        return (home, try direct.get())
    }

    /// Memory for a result in the layout `wanted`, which holds `residual` already when there is one: in the residual's
    /// own memory where nobody else reads that, else in a copy.
    /// - Parameter source: what the step that computes the result reads, and so must not be overwritten.
    func destination(
        _ wanted: MemoryDescriptor, adding residual: Int?, from source: Place, for nodes: [NodeView]
    ) throws -> Place {
        guard let residual else { return makeBuffer(wanted) }
        let home = try floating(residual)
        if home.descriptor.matches(wanted), !sharesMemory(home, source), isFree(home, after: nodes) {
            return Place(buffer: home.buffer, descriptor: wanted)
        }
        return try copied(home, to: wanted)
    }

    /// A tensor in the layout `wanted`: where it is, or a copy.
    func inLayout(_ place: Place, _ wanted: MemoryDescriptor) throws -> Place {
        if place.descriptor.matches(wanted) { return Place(buffer: place.buffer, descriptor: wanted) }
        return try copied(place, to: wanted)
    }
}
