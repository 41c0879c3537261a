import VireoPluginKit
import VireoTensor

/// A part of a tensor: along each axis the places from a constant begin to a constant end in positive steps. Axes may
/// be dropped, not added.
struct StridedSlice: Kernel {
    private let input: Operand
    private let output: Operand
    /// Where the part's first element is.
    private let offset: Int
    /// The input and the output.
    private let loop: StridedLoop

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        input = try graph.operand(0, of: node)
        output = try graph.result(of: node)
        let begins = try graph.constantIntegers(1, of: node, "begin")
        let ends = try graph.constantIntegers(2, of: node, "end")
        let steps =
            node.inputs.count > 3 && node.inputs[3] >= 0
            ? try graph.constantIntegers(3, of: node, "strides") : begins.map { _ in 1 }
        func mask(_ key: String) throws(VireoError) -> [Bool] {
            let bits = node.attributes[key] == nil ? [] : try node.integers(key)
            return begins.indices.map { $0 < bits.count && bits[$0] != 0 }
        }
        guard begins.count == ends.count, begins.count == steps.count, begins.count <= input.rank,
            steps.allSatisfy({ (1...1 << 30).contains($0) })
        else { throw refusal("StridedSlice from \(begins) to \(ends) in steps of \(steps)") }
        guard try !mask("new_axis_mask").contains(true), try !mask("ellipsis_mask").contains(true) else {
            throw refusal("StridedSlice that adds axes or leaves out some")
        }
        let (opensBegin, opensEnd) = (try mask("begin_mask"), try mask("end_mask"))
        let drops = try mask("shrink_axis_mask")
        guard let strides = StridedLoop.broadcast(input.dimensions, to: input.dimensions) else {
            throw refusal("StridedSlice of \(input.dimensions)")
        }
        var offset = 0
        var extents = input.dimensions
        var moves = strides
        for axis in begins.indices {
            let extent = input.dimensions[axis]
            func place(_ index: Int) -> Int { max(0, min(extent, index < 0 ? max(index, -extent) + extent : index)) }
            let begin = opensBegin[axis] && !drops[axis] ? 0 : place(begins[axis])
            let end = drops[axis] ? begin + 1 : opensEnd[axis] ? extent : place(ends[axis])
            extents[axis] = end > begin ? (end - begin - 1) / steps[axis] + 1 : 0
            guard end <= extent else { throw refusal("StridedSlice from \(begins) of \(input.dimensions)") }
            offset += begin * strides[axis]
            moves[axis] = strides[axis] * steps[axis]
        }
        let kept = extents.indices.filter { $0 >= drops.count || !drops[$0] }.map { extents[$0] }
        guard kept == output.dimensions, let places = StridedLoop.broadcast(extents, to: extents) else {
            throw refusal("StridedSlice of \(input.dimensions) to \(output.dimensions), and \(kept) follows")
        }
        self.offset = offset
        loop = StridedLoop(extents, strides: [moves, places])
    }

    var execType: String { "copy" }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }

    func run(_ run: Run) {
        let step = loop.step(0)
        run.forPieces(of: loop) { index, part in
            let source = run[input.value] + offset + loop.start(0, run: index) + part.lowerBound * step
            let destination = run[output.value] + loop.start(1, run: index) + part.lowerBound
            if step == 1 {
                destination.update(from: source, count: part.count)
            } else {
                for place in 0..<part.count { destination[place] = source[place * step] }
            }
        }
    }
}
