import VireoPluginKit
import VireoTensor

/// Convolution where every output channel sees one input channel: a direct loop over planes.
struct DepthwiseConvolution: Sendable {
    private let input: Int
    private let weights: Int
    private(set) var output: Int
    private var finish = Finish.nothing
    private let geometry: ConvolutionGeometry
    private let planes: PlaneLoop

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
        planes = PlaneLoop(geometry.window, planes: geometry.batch * groups * geometry.outputChannels)
    }

    var reads: [Int] { [input, weights] + finish.reads }

    mutating func fuse(_ epilogue: Epilogue) {
        output = epilogue.output
        finish = Finish(epilogue)
    }

    func workspaceCount(threads: Int) -> Int { threads * planes.bandCount }

    func run(_ run: Run) {
        let channels = geometry.groups * geometry.outputChannels
        let taps = geometry.window.kernel.count
        planes.forEach(run) { plane, rows, memory in
            let channel = plane % channels
            let source = run[input] + plane / geometry.outputChannels * geometry.window.input.count
            let first = plane * geometry.window.output.count + rows.lowerBound * geometry.window.output.width
            let destination = run[output] + first
            planes.band.fill(memory, from: source, outputRows: rows, padding: 0)
            planes.band.slide(
                memory, rows: rows.count, into: destination, WeightedSum(weights: run[weights] + channel * taps))
            finish.channel(
                channel, destination, rows.count * geometry.window.output.width,
                adding: finish.residual.map { UnsafePointer(run[$0] + first) })
        }
    }

    private struct WeightedSum: TapFold {
        let weights: UnsafePointer<Float>
        var initial: Float { 0 }

        @inline(__always)
        func fold(_ sum: SIMD16<Float>, _ numbers: SIMD16<Float>, tap: Int) -> SIMD16<Float> {
            sum + numbers * weights[tap]
        }

        @inline(__always)
        func fold(_ sum: SIMD8<Float>, _ numbers: SIMD8<Float>, tap: Int) -> SIMD8<Float> {
            sum + numbers * weights[tap]
        }
    }
}

/// Divides planes into bands of output rows that stay in a core's first-level cache.
struct PlaneLoop: Sendable {
    let band: PaddedBand
    private let planes: Int
    private let rows: Int
    private let bands: Int

    private static let bandCount = 6000

    init(_ window: Window, planes: Int) {
        band = PaddedBand(window)
        self.planes = planes
        rows = band.outputRows(fitting: PlaneLoop.bandCount)
        bands = (window.output.height + rows - 1) / rows
    }

    /// Scratch memory of one thread in elements.
    var bandCount: Int { (band.count(outputRows: rows) + 15) & ~15 }

    /// Calls `body` for each band: the plane's number, its output rows, and memory for the padded copy.
    func forEach(
        _ run: Run, _ body: (_ plane: Int, _ rows: Range<Int>, _ memory: UnsafeMutablePointer<Float>) -> Void
    ) {
        let height = band.window.output.height
        let count = planes * bands
        let tasks = min(count, run.threads * 8)
        run.forEach(tasks) { task, thread in
            for index in count * task / tasks..<count * (task + 1) / tasks {
                let (plane, part) = index.quotientAndRemainder(dividingBy: bands)
                body(
                    plane, part * rows..<min(height, (part + 1) * rows), run.workspace + thread * bandCount)
            }
        }
    }
}
