import VireoPluginKit
import VireoTensor

/// Convolution as products of the filters with a matrix that has one column an output position: the input itself where
/// the window is a single number, otherwise a copy made for one panel of columns after the other.
struct ConvolutionProduct: Sendable {
    private let input: Int
    private let weights: Int
    private(set) var output: Int
    private var finish = Finish.nothing
    private let geometry: ConvolutionGeometry
    private let band: PaddedBand

    /// Columns of the matrix of one image.
    private let columns: Int
    /// Rows of that matrix: what one output number sums up.
    private let depth: Int
    private let isPointwise: Bool

    /// Elements of a copied panel, so that it stays in a core's second-level cache beside the filters.
    private static let panelCount = 1 << 18
    /// Columns below which products waste time on packing the filters.
    private static let fewestColumns = 192

    init(
        _ node: NodeView, in graph: GraphView, weights: Operand, groups: Int, filter: [Int]
    ) throws(VireoError) {
        let input = try graph.operand(0, of: node)
        let output = try graph.result(of: node)
        geometry = try ConvolutionGeometry(
            node, input: input.dimensions, output: output.dimensions, groups: groups, filter: filter)
        self.input = input.value
        self.weights = weights.value
        self.output = output.value
        let window = geometry.window
        band = PaddedBand(window)
        isPointwise = window.isPointwise
        columns = window.output.count
        depth = geometry.inputChannels * window.kernel.count
    }

    var execType: String { (columns == 1 ? "sgemv" : "sgemm") + (isPointwise ? "_pointwise" : "_im2col") }
    var reads: [Int] { [input, weights] + finish.reads }

    mutating func fuse(_ epilogue: Epilogue) {
        output = epilogue.output
        finish = Finish(epilogue)
    }

    /// The same convolution by Winograd's algorithm, where that is faster and the filters are constant.
    func byWinograd(in graph: GraphView, host: Host) throws(VireoError) -> WinogradConvolution? {
        guard WinogradConvolution.suits(geometry), let filters = graph.values[weights].floats else { return nil }
        return try WinogradConvolution(
            geometry, input: input, output: output, finish: finish, weights: filters, host: host)
    }

    func workspaceCount(threads: Int) -> Int {
        let plan = Plan(self, threads: threads)
        guard !isPointwise else { return 0 }
        let panels = plan.dividesPanels ? threads : 1
        return panels * plan.panelWorkspace + threads * plan.bandWorkspace
    }

    /// How the work is divided.
    private struct Plan {
        let panelColumns: Int
        let panels: Int
        /// Whether threads take panels, or else work on one panel together.
        let dividesPanels: Bool
        let panelWorkspace: Int
        let bandWorkspace: Int

        init(_ product: ConvolutionProduct, threads: Int) {
            let (geometry, columns) = (product.geometry, product.columns)
            let widest = max(ConvolutionProduct.panelCount / product.depth, ConvolutionProduct.fewestColumns)
            let images = geometry.batch * geometry.groups
            var count = (columns + widest - 1) / widest
            if images < threads, columns >= threads * ConvolutionProduct.fewestColumns {
                count = (count + threads - 1) / threads * threads
            }
            let even = (columns + count - 1) / count
            panelColumns = min(columns, (even + 15) / 16 * 16)
            panels = (columns + panelColumns - 1) / panelColumns
            dividesPanels = panels * images >= threads
            let width = geometry.window.output.width
            let rows = min(geometry.window.output.height, (panelColumns + width - 2) / width + 1)
            panelWorkspace = (panelColumns * product.depth + 15) / 16 * 16
            bandWorkspace = (product.band.count(outputRows: rows) + 15) / 16 * 16
        }
    }

    func run(_ run: Run) {
        let plan = Plan(self, threads: run.threads)
        let images = geometry.batch * geometry.groups
        let bands = run.workspace + (plan.dividesPanels ? run.threads : 1) * plan.panelWorkspace
        let rows = 0..<geometry.outputChannels
        if plan.dividesPanels {
            run.forEach(images * plan.panels) { index, thread in
                let part = panel(index % plan.panels, plan)
                let matrix = run.workspace + thread * plan.panelWorkspace
                if !isPointwise {
                    for channel in 0..<geometry.inputChannels {
                        copy(
                            channel, index / plan.panels, part, to: matrix,
                            band: bands + thread * plan.bandWorkspace, run)
                    }
                }
                multiply(index / plan.panels, part, rows, matrix, run)
            }
            return
        }
        for index in 0..<images * plan.panels {
            let (image, part) = (index / plan.panels, panel(index % plan.panels, plan))
            if !isPointwise {
                run.forEach(geometry.inputChannels) { channel, thread in
                    copy(
                        channel, image, part, to: run.workspace, band: bands + thread * plan.bandWorkspace, run)
                }
            }
            let tiles = min(run.threads, rows.count)
            run.forEach(tiles) { tile, _ in
                let tileRows = rows.count * tile / tiles..<rows.count * (tile + 1) / tiles
                multiply(image, part, tileRows, run.workspace, run)
            }
        }
    }

    private func panel(_ index: Int, _ plan: Plan) -> Range<Int> {
        index * plan.panelColumns..<min(columns, (index + 1) * plan.panelColumns)
    }

    /// Multiplies the filters `rows` of an image's group with the columns `part`, and finishes what comes out.
    private func multiply(
        _ image: Int, _ part: Range<Int>, _ rows: Range<Int>, _ matrix: UnsafeMutablePointer<Float>, _ run: Run
    ) {
        let firstChannel = image % geometry.groups * geometry.outputChannels + rows.lowerBound
        let offset =
            (image / geometry.groups * geometry.groups * geometry.outputChannels + firstChannel) * columns
            + part.lowerBound
        let destination = run[output] + offset
        let source =
            isPointwise
            ? OpenBLASLibrary.Matrix(
                run[input] + image * depth * columns + part.lowerBound, stride: columns)
            : OpenBLASLibrary.Matrix(matrix, stride: part.count)
        let filters = OpenBLASLibrary.Matrix(
            run[weights] + firstChannel * depth, stride: depth, isTransposed: columns == 1)
        if columns == 1 {
            run.blas.multiply(vector: source.elements, filters, into: destination, columns: rows.count, depth: depth)
        } else {
            run.blas.multiply(
                filters, source, into: destination, stride: columns, rows: rows.count, columns: part.count, depth: depth
            )
        }
        guard !finish.isNothing else { return }
        let residual = finish.residual.map { UnsafePointer(run[$0] + offset) }
        for row in 0..<rows.count {
            finish.channel(
                firstChannel + row, destination + row * columns, part.count,
                adding: residual.map { $0 + row * columns })
        }
    }

    /// Copies one input channel's rows of the matrix, for the columns `part`.
    private func copy(
        _ channel: Int, _ image: Int, _ part: Range<Int>, to matrix: UnsafeMutablePointer<Float>,
        band memory: UnsafeMutablePointer<Float>, _ run: Run
    ) {
        let window = geometry.window
        let width = window.output.width
        let rows = part.lowerBound / width..<(part.upperBound - 1) / width + 1
        let plane = run[input] + (image * geometry.inputChannels + channel) * window.input.count
        band.fill(memory, from: plane, outputRows: rows, padding: 0)
        var destination = matrix + channel * window.kernel.count * part.count
        for offset in band.tapOffsets {
            var source = UnsafePointer(memory + offset)
            var start = part.lowerBound - rows.lowerBound * width
            var rest = part.count
            while rest > 0 {
                let length = min(width - start, rest)
                copyRow(source + start, destination, length, room: rest)
                destination += length
                rest -= length
                start = 0
                source += band.outputRowStride
            }
        }
    }

    /// Copies in whole vectors while there is room. What is too much is overwritten by the next row.
    @inline(__always)
    private func copyRow(
        _ source: UnsafePointer<Float>, _ destination: UnsafeMutablePointer<Float>, _ count: Int, room: Int
    ) {
        guard (count + 7) & ~7 <= room else {
            destination.update(from: source, count: count)
            return
        }
        var index = 0
        while index < count {
            let numbers: SIMD8<Float> = VectorMath.load(source + index)
            VectorMath.store(numbers, destination + index)
            index += 8
        }
    }
}
