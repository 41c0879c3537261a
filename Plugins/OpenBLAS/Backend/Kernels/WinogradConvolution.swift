import VireoPluginKit
import VireoTensor

/// Convolution with filters of 3 x 3 in steps of one, as 36 matrix products of transformed filters and tiles.
///
/// Tiles are taken in panels of whole rows. For each panel the threads together transform the input's channels,
/// multiply the 36 pairs of matrices, and transform the products to output channels.
struct WinogradConvolution: Sendable {
    private let input: Int
    private let output: Int
    private let finish: Finish
    private let geometry: ConvolutionGeometry
    /// [position][output channel][input channel]
    private let filters: PreparedNumbers
    private let band: PaddedBand
    /// Tiles along each axis of an image.
    private let tiles: Window.Extent
    /// Rows of tiles in a panel.
    private let panelRows: Int

    /// Bytes of a panel's transformed inputs and products.
    private static let panelByteCount = 12 << 20
    /// Tiles below which a product waits for the filters more than it computes.
    private static let fewestTiles = 48

    /// Whether it is the faster way, by the numbers that each way multiplies and moves.
    static func suits(_ geometry: ConvolutionGeometry) -> Bool {
        let window = geometry.window
        guard geometry.groups == 1, window.kernel == .init(height: 3, width: 3), window.strides.count == 1,
            window.dilations.count == 1, window.output.height > 1, window.output.width > 1
        else { return false }
        let tiles = tiles(of: window)
        let products = Double(Winograd.positions * tiles.count)
        let saved = Double(Winograd.taps * window.output.count) - products
        // A tile's transformation costs about as much as this many products, for each channel on either side.
        let transformation = 700.0
        let (inputs, outputs) = (Double(geometry.inputChannels), Double(geometry.outputChannels))
        return tiles.count >= 9 && saved * inputs * outputs > transformation * Double(tiles.count) * (inputs + outputs)
    }

    private static func tiles(of window: Window) -> Window.Extent {
        Window.Extent(
            height: (window.output.height + Winograd.outputs - 1) / Winograd.outputs,
            width: (window.output.width + Winograd.outputs - 1) / Winograd.outputs)
    }

    /// - Parameter weights: the constant filters, OIHW.
    init(
        _ geometry: ConvolutionGeometry, input: Int, output: Int, finish: Finish, weights: [Float], host: Host
    ) throws(VireoError) {
        self.geometry = geometry
        self.input = input
        self.output = output
        self.finish = finish
        tiles = WinogradConvolution.tiles(of: geometry.window)
        let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
        filters = try PreparedNumbers(count: Winograd.positions * inputs * outputs, host: host) { numbers in
            weights.withUnsafeBufferPointer { weights in
                ThreadTeam.shared.forEach(outputs, threads: HostProcessor.availableCount) { output, _ in
                    for pair in output * inputs..<(output + 1) * inputs {
                        Winograd.transform(
                            filter: weights.baseAddress! + pair * Winograd.taps, into: numbers + pair,
                            stride: inputs * outputs)
                    }
                }
            }
        }
        band = PaddedBand(
            Window(tilesOf: geometry.window, inputs: Winograd.inputs, outputs: Winograd.outputs), lanes: 8)
        let fitting = WinogradConvolution.panelByteCount / (Winograd.positions * (inputs + outputs) * 4)
        let wanted = max(fitting, WinogradConvolution.fewestTiles)
        let panels = max(1, (tiles.count + wanted - 1) / wanted)
        panelRows = (tiles.height + panels - 1) / panels
    }

    var execType: String { "sgemm_winograd" }
    var reads: [Int] { [input] + finish.reads }
    var writes: [Int] { [output] }

    /// Elements between the tiles of two channels: vectors may reach past a row's last tile.
    private var panelStride: Int { (panelRows * tiles.width + 15) & ~7 }
    private var inputStride: Int { positionStride(geometry.inputChannels) }
    private var productStride: Int { positionStride(geometry.outputChannels) }
    private var inputCount: Int { Winograd.positions * inputStride }
    private var productCount: Int { Winograd.positions * productStride }

    /// Elements between two positions: an odd number of cache lines, so that the same tile of all positions does not
    /// fall into one set of a cache.
    private func positionStride(_ channels: Int) -> Int { (channels * panelStride + 15) / 16 * 16 | 16 }

    private var bandCount: Int { (band.count(outputRows: panelRows) + 15) & ~15 }
    /// Elements of one row of outputs, whole vectors of tiles.
    private var rowCount: Int { (tiles.width + 7) / 8 * 8 * Winograd.outputs }
    /// Vectors between the two axes of a transformation, and what one thread copies.
    private var scratchCount: Int { Winograd.positions * 8 + max(bandCount, Winograd.outputs * rowCount) }

    func workspaceCount(threads: Int) -> Int { inputCount + productCount + threads * scratchCount }

    func run(_ run: Run) {
        let (transformed, products) = (run.workspace, run.workspace + inputCount)
        let scratch = products + productCount
        for image in 0..<geometry.batch {
            for first in stride(from: 0, to: tiles.height, by: panelRows) {
                let rows = first..<min(first + panelRows, tiles.height)
                run.forEach(geometry.inputChannels) { channel, thread in
                    transformInput(image, channel, rows, transformed, scratch + thread * scratchCount, run)
                }
                run.forEach(Winograd.positions) { position, _ in
                    multiply(position, tileCount: rows.count * tiles.width, transformed, products, run)
                }
                run.forEach(geometry.outputChannels) { channel, thread in
                    transformProducts(image, channel, rows, products, scratch + thread * scratchCount, run)
                }
            }
        }
    }

    private func multiply(
        _ position: Int, tileCount: Int, _ transformed: UnsafeMutablePointer<Float>,
        _ products: UnsafeMutablePointer<Float>, _ run: Run
    ) {
        let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
        run.blas.multiply(
            OpenBLASLibrary.Matrix(filters.numbers + position * inputs * outputs, stride: inputs),
            OpenBLASLibrary.Matrix(transformed + position * inputStride, stride: panelStride),
            into: products + position * productStride, stride: panelStride, rows: outputs, columns: tileCount,
            depth: inputs)
    }

    private func transformInput(
        _ image: Int, _ channel: Int, _ rows: Range<Int>, _ transformed: UnsafeMutablePointer<Float>,
        _ scratch: UnsafeMutablePointer<Float>, _ run: Run
    ) {
        let memory = scratch + Winograd.positions * 8
        let plane = run[input] + (image * geometry.inputChannels + channel) * geometry.window.input.count
        band.fill(memory, from: plane, outputRows: rows, padding: 0)
        let rowStride = band.tapOffsets[Winograd.inputs]
        let positionStride = inputStride
        band.tapOffsets.withUnsafeBufferPointer { taps in
            for row in 0..<rows.count {
                let target = transformed + channel * panelStride + row * tiles.width
                for column in stride(from: 0, to: tiles.width, by: 8) {
                    let source = memory + row * band.outputRowStride + column
                    for x in 0..<Winograd.inputs {
                        let vectors = Winograd.transform(inputs: Winograd.load(source + taps[x], stride: rowStride))
                        Winograd.store(vectors, scratch + x * 8, stride: Winograd.inputs * 8)
                    }
                    for y in 0..<Winograd.inputs {
                        let line = scratch + y * Winograd.inputs * 8
                        let vectors = Winograd.transform(inputs: Winograd.load(line, stride: 8))
                        Winograd.store(
                            vectors, target + column + y * Winograd.inputs * positionStride, stride: positionStride)
                    }
                }
            }
        }
    }

    private func transformProducts(
        _ image: Int, _ channel: Int, _ rows: Range<Int>, _ products: UnsafeMutablePointer<Float>,
        _ scratch: UnsafeMutablePointer<Float>, _ run: Run
    ) {
        let lines = scratch + Winograd.positions * 8
        let extent = geometry.window.output
        let positionStride = productStride
        let plane = (image * geometry.outputChannels + channel) * extent.count
        for (index, row) in rows.enumerated() {
            let source = products + channel * panelStride + index * tiles.width
            for column in stride(from: 0, to: tiles.width, by: 8) {
                for x in 0..<Winograd.inputs {
                    let numbers = Winograd.load(
                        source + column + x * positionStride, stride: Winograd.inputs * positionStride)
                    let sums = Winograd.transform(products: numbers)
                    VectorMath.store(sums.0, scratch + x * 8)
                    VectorMath.store(sums.1, scratch + (Winograd.inputs + x) * 8)
                    VectorMath.store(sums.2, scratch + (2 * Winograd.inputs + x) * 8)
                    VectorMath.store(sums.3, scratch + (3 * Winograd.inputs + x) * 8)
                }
                for y in 0..<Winograd.outputs {
                    let numbers = Winograd.load(scratch + y * Winograd.inputs * 8, stride: 8)
                    Winograd.store(
                        row: Winograd.transform(products: numbers), lines + y * rowCount + column * Winograd.outputs)
                }
            }
            let first = row * Winograd.outputs
            let height = min(Winograd.outputs, extent.height - first)
            let offset = plane + first * extent.width
            let destination = run[output] + offset
            for y in 0..<height {
                (destination + y * extent.width).update(from: lines + y * rowCount, count: extent.width)
            }
            finish.channel(
                channel, destination, height * extent.width,
                adding: finish.residual.map { UnsafePointer(run[$0] + offset) })
        }
    }
}

/// Numbers that a kernel computes once, when a graph is compiled.
final class PreparedNumbers: @unchecked Sendable {
    private let memory: UnsafeMutablePointer<Float>
    private let host: Host

    var numbers: UnsafePointer<Float> { UnsafePointer(memory) }

    /// - Throws: `outOfMemory`.
    init(count: Int, host: Host, _ fill: (UnsafeMutablePointer<Float>) -> Void) throws(VireoError) {
        self.host = host
        memory = try host.allocate(byteCount: count * 4).bindMemory(to: Float.self, capacity: count)
        fill(memory)
    }

    deinit { host.deallocate(UnsafeMutableRawPointer(memory)) }
}
