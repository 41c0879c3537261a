import CDNNL
import VireoPluginKit
import VireoTensor

/// A layer that multiplies integers and adds the products up, and what follows it.
struct IntegerProduct {
    let node: NodeView
    let source: Place
    let weights: QuantizedWeights.Integers
    /// What one unit of each output's sum stands for.
    let sums: [Float]
    let tail: Tail

    typealias MakeKernel = (IntegerEpilogue, DataType) throws -> PrimitiveDescriptor

    private struct Candidate {
        let epilogue: IntegerEpilogue
        let kernel: PrimitiveDescriptor
        /// The residual, where the result is written over it.
        var overwritten: Place?
        var operand: Place?
    }

    /// Adds the step of the first kernel that oneDNN has: one that overwrites the residual, or reads it.
    /// - Parameters:
    ///   - weightStrides: how the weights lie in `weights`; row-major unless given.
    ///   - resultShape: the result's extents where the kernel's destination has others.
    func emit(
        weightShape: [Int], weightStrides: [Int]? = nil, resultShape: [Int]? = nil, into plan: PlanBuilder,
        _ make: MakeKernel
    ) throws {
        let grid = IntegerEpilogue.rounds(after: tail.functions) ? plan.rounding[tail.output] : nil
        let chosen = try candidate(to: grid, plan, make)
        let kernel = chosen.kernel
        let given = try plan.integerConstant(
            weights.elements,
            .init(weightShape, strides: weightStrides ?? Shape(weightShape).strides, .s8))
        let stored = try plan.stored(source, as: kernel.source)
        var arguments = [
            (DNNL_ARG_SRC, stored), (DNNL_ARG_WEIGHTS, try plan.inLayout(given, kernel.weights)),
        ]
        if let bias = chosen.epilogue.bias {
            arguments.append((DNNL_ARG_BIAS, try plan.constant(bias, .init(rowMajor: [bias.count]))))
        }
        if let operand = chosen.operand, let index = chosen.epilogue.residualIndex {
            arguments.append((postOperationArgument(index), operand))
        }
        if let factors = chosen.epilogue.factors {
            let extents = (0..<kernel.destination.rank).map { $0 == 1 ? factors.elements.count : 1 }
            arguments.append(
                (postOperationArgument(factors.index), try plan.constant(factors.elements, .init(rowMajor: extents))))
        }
        var place = chosen.overwritten ?? plan.makeBuffer(kernel.destination)
        place = Place(buffer: place.buffer, descriptor: kernel.destination, grid: grid)
        try plan.emit(kernel, arguments + [(DNNL_ARG_DST, place)])
        if let resultShape {
            place = Place(
                buffer: place.buffer, descriptor: try .init(rowMajor: resultShape, place.descriptor.type), grid: grid)
        }
        plan.absorb(tail.nodes)
        plan.define(tail.output, at: place)
    }

    private func candidate(to grid: Grid?, _ plan: PlanBuilder, _ make: MakeKernel) throws -> Candidate {
        let type = grid?.type ?? .f32
        func attempt(_ residual: IntegerEpilogue.Residual) throws -> (IntegerEpilogue, PrimitiveDescriptor) {
            let epilogue = try IntegerEpilogue(
                sums: sums, sourceZeroPoint: source.grid?.zeroPoint ?? 0, tail: tail, residual: residual, to: grid,
                rank: source.descriptor.rank)
            let kernel = try make(epilogue, type)
            if kernel.isReference { throw VireoError(.unsupported, "oneDNN has no kernel for these integers") }
            return (epilogue, kernel)
        }
        guard let value = tail.residual else {
            let (epilogue, kernel) = try attempt(.none)
            return Candidate(epilogue: epilogue, kernel: kernel)
        }
        let residual = try plan.stored(value)
        if plan.isFree(residual, after: [node] + tail.nodes), !plan.sharesMemory(residual, source),
            residual.descriptor.type == .f32 ? type == .f32 : type.isInteger, residual.grid?.isPerTensor ?? true,
            let (epilogue, kernel) = try? attempt(.inPlace(residual.grid)),
            residual.descriptor.with(type).matches(kernel.destination)
        {
            return Candidate(epilogue: epilogue, kernel: kernel, overwritten: residual)
        }
        let readable = residual.grid?.isPerTensor ?? true ? residual : try plan.place(of: value)
        let wanted = try MemoryDescriptor(channelsLast: readable.descriptor.dimensions, readable.descriptor.type)
        let (epilogue, kernel) = try attempt(.operand(wanted, readable.grid))
        return Candidate(epilogue: epilogue, kernel: kernel, operand: try plan.stored(readable, as: wanted))
    }

    private func postOperationArgument(_ index: Int) -> Int32 {
        (DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * Int32(index + 1)) | DNNL_ARG_SRC_1
    }
}
