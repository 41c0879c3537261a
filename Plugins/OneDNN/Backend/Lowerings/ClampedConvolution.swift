import OneDNNKernels
import VireoPluginKit
import VireoTensor

/// A convolution of images in f32 with what follows it closely, as the plugin's own products compute it: a bias, a
/// residual sum, and a clamp.
struct ClampedConvolution {
    let node: NodeView
    let tail: Tail
    let range: ClosedRange<Float>
    let window: Window
    let source: [Int]
    let result: [Int]

    /// Nil where it is another convolution, or its kernel would have to do more than add and clamp.
    init?(_ node: NodeView, adds: Epilogue.Abilities, _ plan: PlanBuilder) throws {
        guard node.opType == "Convolution" || node.opType == "GroupConvolution",
            let weights = plan.graph.input(1, of: node).constant, !weights.isEmpty,
            plan.graph.input(1, of: node).elementType == .f32
        else { return nil }
        tail = Tail(of: node, in: plan, channelAxis: 1, abilities: adds)
        source = try plan.graph.operand(0, of: node)
        result = try plan.graph.result(of: node)
        guard let range = tail.range, source.count == 4 else { return nil }
        self.range = range
        self.node = node
        window = try Window(kernel: Array(plan.graph.operand(1, of: node).suffix(2)), of: node)
        // Of larger tensors not even the sizes can be multiplied.
        let elementCounts = [source, result].map { $0.reduce(1.0) { $0 * Double($1) } }
        guard window.dilations == [1, 1], elementCounts.allSatisfy({ $0 <= Double(Int32.max) }) else { return nil }
    }

    var isPointwise: Bool {
        node.opType == "Convolution" && window.kernel == [1, 1] && window.strides == [1, 1] && window.isUnpadded
    }

    /// Whether it moves a window of 3x3 over each channel by itself.
    func isDepthwise(_ graph: GraphView) throws -> Bool {
        try node.opType == "GroupConvolution" && graph.operand(1, of: node) == [source[1], 1, 1, 3, 3]
            && (window.strides == [1, 1] || window.strides == [2, 2])
    }

    /// The images' rows or columns.
    func axis(_ index: Int) -> vireo_axis {
        vireo_axis(
            extent: Int32(source[index + 2]), result: Int32(result[index + 2]), stride: Int32(window.strides[index]),
            pad: Int32(window.padsBegin[index]))
    }

    // MARK: - As a product

    /// The products that make one number.
    private var depth: Int { source[1] * window.kernel.reduce(1, *) }

    /// Without its constants.
    func product(columns: Int) -> vireo_product {
        vireo_product(
            matrix: nil, bias: nil, rows: Int32(depth), columns: Int32(columns), lower: range.lowerBound,
            upper: range.upperBound)
    }

    /// The weights, in panels of 32 columns, and the bias of each.
    /// - Parameter numbers: how many channels of a pixel lie next to each other, and so do their weights.
    func matrix(columns: Int, numbers: Int = 1, _ plan: PlanBuilder) throws -> [Place] {
        let (count, rows, panels) = (result[1], depth, (columns + 31) / 32)
        let taps = rows / numbers
        let elements = try plan.elements(ofConstant: try plan.place(of: node.inputs[1]))
        let layout = try MemoryDescriptor(rowMajor: [panels, rows, 32])
        let matrix = plan.constant(of: layout, to: layout, origin: node.inputs[1]) { result in
            for panel in 0..<panels {
                let width = max(0, min(32, count - panel * 32))
                let columns = elements + panel * 32 * rows
                for row in 0..<rows {
                    let line = result + (panel * rows + row) * 32
                    let source = row % numbers * taps + row / numbers
                    for column in 0..<width { line[column] = columns[column * rows + source] }
                    for column in width..<32 { line[column] = 0 }
                }
            }
        }
        return [matrix, try bias(count: panels * 32, plan)]
    }

    /// The bias, or zeros, filled up with zeros.
    func bias(count: Int, _ plan: PlanBuilder) throws -> Place {
        let bias = tail.bias ?? []
        return try plan.constant(
            bias + [Float](repeating: 0, count: count - bias.count), MemoryDescriptor(rowMajor: [count]))
    }
}
