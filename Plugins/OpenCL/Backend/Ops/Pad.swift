import VireoPluginKit
import VireoTensor

/// Pad-1 and -12 with a constant; negative pads cut.
struct Pad: Operation {
    private let input: Int
    private let value: Float
    private let dims: [Int]
    private let begins: [Int]
    private let limits: [Int]
    private let strides: [Int]

    init(_ node: NodeView, in graph: GraphView) throws(VireoError) {
        let mode = try node.string("pad_mode")
        guard mode == "constant" else { throw VireoError(.unsupported, "padding by \"\(mode)\" has no kernel") }
        let shape = try graph.inputShape(0, of: node)
        let padsBegin = try graph.constantIntegers(1, of: node, "pads_begin")
        let padsEnd = try graph.constantIntegers(2, of: node, "pads_end")
        let largest = Int(Int32.max)
        guard padsBegin.count == shape.rank, padsEnd.count == shape.rank,
            (padsBegin + padsEnd).allSatisfy({ (-largest...largest).contains($0) })
        else { throw VireoError(.invalidArgument, "pads \(padsBegin) and \(padsEnd) do not fit \(shape)") }
        let expected = shape.dimensions.indices.map { shape[$0] + padsBegin[$0] + padsEnd[$0] }
        try graph.outputShape(of: node, mustBe: expected)
        guard let dims = expected.padded(to: 8, with: 1), let begins = padsBegin.padded(to: 8, with: 0),
            let limits = shape.dimensions.padded(to: 8, with: 1), let strides = shape.strides.padded(to: 8, with: 0)
        else { throw VireoError(.unsupported, "padding \(shape) takes more than 8 dimensions") }
        input = node.inputs[0]
        value = try graph.constantNumber(3, of: node, "the padding", initial: 0)
        self.dims = dims
        self.begins = begins
        self.limits = limits
        self.strides = strides
    }

    func lower(_ epilogue: Epilogue, into plan: PlanBuilder) throws {
        plan.run(
            "pad_constant",
            [
                .memory(try plan.read(input)), .memory(try plan.write(epilogue.output)), .int8(dims), .int8(begins),
                .int8(limits), .int8(strides), .float(value),
            ],
            .strided(dims))
    }
}
