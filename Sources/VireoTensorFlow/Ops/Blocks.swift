import VireoIR
import VireoTensor

extension TensorFlowOperations {
    static let spaceToBatch: Translator = { graph in
        let (block, begin, end) = try blocks(graph)
        return [
            try graph.emit(
                SpaceToBatch(),
                [
                    graph.input(0), graph.indices(block, "block"), graph.indices(begin, "pads_begin"),
                    graph.indices(end, "pads_end"),
                ])
        ]
    }

    static let batchToSpace: Translator = { graph in
        let (block, begin, end) = try blocks(graph)
        return [
            try graph.emit(
                BatchToSpace(),
                [
                    graph.input(0), graph.indices(block, "block"), graph.indices(begin, "crops_begin"),
                    graph.indices(end, "crops_end"),
                ])
        ]
    }

    /// Block, begin and end for every axis. TensorFlow lists the spatial axes, which follow the batch; the old
    /// operations have one block_size for height and width.
    private static func blocks(_ graph: GraphImporter) throws -> (block: [Int], begin: [Int], end: [Int]) {
        let rank = try graph.dimensions(graph.input(0)).count
        let isOld = graph.node.attributes["block_size"] != nil
        let block = isOld ? [Int](repeating: try graph.node.int("block_size"), count: 2) : try graph.integers(1)
        let pairs = try graph.integers(isOld ? 1 : 2)
        guard block.count < rank, pairs.count == 2 * block.count else {
            throw VireoError(.malformedFile, "blocks of \(block) with \(pairs)", in: [graph.node.place])
        }
        func filled(_ list: [Int], _ filler: Int) -> [Int] {
            [filler] + list + [Int](repeating: filler, count: rank - 1 - list.count)
        }
        return (
            filled(block, 1), filled(block.indices.map { pairs[2 * $0] }, 0),
            filled(block.indices.map { pairs[2 * $0 + 1] }, 0)
        )
    }

    static let depthToSpace: Translator = { graph in
        let size = try graph.node.int("block_size")
        return [
            try graph.inChannelsFirst(graph.input(0)) {
                try graph.emit(DepthToSpace(.blocksFirst, blockSize: size), [$0])
            }
        ]
    }

    static let spaceToDepth: Translator = { graph in
        let size = try graph.node.int("block_size")
        return [
            try graph.inChannelsFirst(graph.input(0)) {
                try graph.emit(SpaceToDepth(.blocksFirst, blockSize: size), [$0])
            }
        ]
    }
}
