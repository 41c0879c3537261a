import VireoKernels
import VireoPluginKit
import VireoTensor

extension ConvolutionProblem {
    /// Whether Winograd's algorithm can compute it: filters of 3 x 3 in steps of one.
    var allowsWinograd: Bool {
        groups == 1 && kernel == [3, 3] && strides == [1, 1] && dilations == [1, 1]
            && outputExtent.allSatisfy { $0 > 1 }
            && images * 36 * max(groupInputs, groupOutputs) * (tileExtent[0] + 1) * (tileExtent[1] + 1)
                <= Int(Int32.max)
    }

    /// Tiles of 4 x 4 outputs along each axis.
    private var tileExtent: [Int] { outputExtent.map { ($0 + Winograd.outputs - 1) / Winograd.outputs } }
    /// Tiles with those between the rows, up to the last one.
    private var tiles: Int { (tileExtent[0] - 1) * (tileExtent[1] + 1) + tileExtent[1] }

    /// Ways to divide the products of the positions, the usual one first.
    func winogradDivisions(_ plan: PlanBuilder) -> [Division] {
        plan.divisions(rows: groupOutputs, columns: tiles, matrices: images * Winograd.positions)
    }

    /// Three steps: tiles of the padded input are transformed, multiplied with the transformed filters position by
    /// position as a pointwise convolution of 36 groups, and the sums are transformed to outputs.
    func lowerByWinograd(_ epilogue: Epilogue, division: Division, into plan: PlanBuilder) throws {
        let positions = Winograd.positions
        let (rows, pitch) = (tileExtent[0] + 1, tileExtent[1] + 1)
        let source = try plan.read(input)
        let phases = plan.temporary(count: images * groupInputs * 16 * rows * pitch)
        plan.run(
            "pad_phases",
            [.memory(source), .memory(phases)]
                + [extent[0], extent[1], 4, 4, 4, 4, padsBegin[0], padsBegin[1], rows, pitch].map(Argument.int),
            .rows(pitch, rows, images * groupInputs * 16, of: plan.lanes))

        let transformed = plan.temporary(count: images * positions * groupInputs * tiles)
        let tilePanels = (tiles + plan.lanes - 1) / plan.lanes
        plan.run(
            "winograd_input",
            [.memory(phases), .memory(transformed)] + [tiles, pitch, rows * pitch, groupInputs].map(Argument.int),
            WorkSize([tilePanels, groupInputs, images], local: plan.device.groups[0]))

        let sums = plan.temporary(count: images * positions * groupOutputs * tiles)
        let channelTiles = (groupOutputs + Int(VIREO_ROWS) - 1) / Int(VIREO_ROWS)
        let offsets = try plan.constant(count: groupInputs, of: Int32.self) { memory in
            for channel in memory.indices { memory[channel] = Int32(channel * tiles) }
        }
        let noBias = try plan.constant([Float](repeating: 0, count: positions * groupOutputs))
        plan.run(
            "convolution",
            [
                .memory(transformed), .memory(try packTransformed(channelTiles, into: plan)), .memory(offsets),
                .memory(noBias), .none, .memory(sums),
            ]
                + [groupInputs, positions, groupInputs * tiles, groupOutputs, tiles, tiles, tiles, tiles]
                .map(Argument.int) + UnaryFunction.identity.arguments,
            rows: groupOutputs, columns: tiles, matrices: images * positions, by: division)

        let bias = try plan.constant(epilogue.bias ?? [Float](repeating: 0, count: groupOutputs))
        let residual = try epilogue.residual.map { try plan.read($0) }
        plan.run(
            "winograd_output",
            [.memory(sums), .memory(bias), .optional(residual), .memory(try plan.write(epilogue.output))]
                + [tiles, pitch, tileExtent[1], groupOutputs, outputExtent[0], outputExtent[1]].map(Argument.int)
                + UnaryFunction(epilogue.activation).arguments,
            WorkSize([tiles, groupOutputs, images], local: [64, 1, 1]))
    }

    /// The transformed filters as [position][tile of channels][input channel][VIREO_ROWS], the last tile filled up with
    /// zeros.
    private func packTransformed(_ tiles: Int, into plan: PlanBuilder) throws -> StorageID {
        let rows = Int(VIREO_ROWS)
        let step = tiles * groupInputs * rows
        return try plan.graph.values[weights].withFloats { elements in
            guard let elements else { throw VireoError(.internalError, "the weights are not constant") }
            return try plan.weights(count: Winograd.positions * step, sharedAs: "winograd") { memory in
                memory.withUnsafeMutableBufferPointer { memory in
                    memory.update(repeating: 0)
                    elements.withUnsafeBufferPointer { elements in
                        for channel in 0..<groupOutputs {
                            for input in 0..<groupInputs {
                                let place = (channel / rows * groupInputs + input) * rows + channel % rows
                                Winograd.transform(
                                    filter: elements.baseAddress! + (channel * groupInputs + input) * Winograd.taps,
                                    into: memory.baseAddress! + place, stride: step)
                            }
                        }
                    }
                }
            }
        }
    }
}
