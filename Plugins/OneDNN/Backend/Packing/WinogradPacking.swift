import CDNNL

/// The weights of 3x3 convolutions as oneDNN's Winograd kernels read them: `G g Gᵀ` for each pair of channels (Lavin
/// and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016), output channels in vectors of 16.
///
/// oneDNN's own reorder into these layouts takes a hundred times as long.
struct WinogradPacking {
    private let layout: dnnl_wino_desc_t
    /// Channels in the row-major source; the layout's are filled up to whole blocks.
    private let outputs: Int
    private let inputs: Int

    private typealias Lanes = SIMD16<Float>
    private static let width = 16

    /// Nil for other layouts.
    init?(from source: MemoryDescriptor, to destination: MemoryDescriptor) {
        let extents = source.dimensions
        let wino = destination.raw.format_desc.wino_desc
        guard destination.raw.format_kind == dnnl_format_kind_wino, destination.raw.data_type == dnnl_f32,
            source.raw.data_type == dnnl_f32, source.isRowMajor, source.offset == 0, extents.count == 4,
            extents[2...] == [3, 3], wino.r == 3, wino.oc_block == 16, wino.ic_block > 0,
            wino.oc % 16 == 0, wino.ic % wino.ic_block == 0, Int(wino.oc) >= extents[0], Int(wino.ic) >= extents[1],
            [4, 6].contains(wino.alpha), WinogradPacking.isKnown(wino)
        else { return nil }
        layout = wino
        (outputs, inputs) = (extents[0], extents[1])
    }

    private static func isKnown(_ wino: dnnl_wino_desc_t) -> Bool {
        let (inputBlocks, outputBlocks) = (wino.ic / wino.ic_block, wino.oc / wino.oc_block)
        switch wino.wino_format {
        case dnnl_wino_wei_aaOio: return true
        case dnnl_wino_wei_aaOBiOo: return wino.oc2_block > 0 && outputBlocks % wino.oc2_block == 0
        case dnnl_wino_wei_OBaaIBOIio:
            return wino.oc2_block > 0 && wino.ic2_block > 0 && outputBlocks % wino.oc2_block == 0
                && inputBlocks % wino.ic2_block == 0
        default: return false
        }
    }

    /// Input channels whose weights are turned at once.
    private static let inputsAtOnce = 16

    func pack(_ source: UnsafeRawPointer, into destination: UnsafeMutableRawPointer) {
        let source = source.assumingMemoryBound(to: Float.self)
        let destination = destination.assumingMemoryBound(to: Float.self)
        let size = WinogradPacking.inputsAtOnce * 9 * 64
        withUnsafeTemporaryAllocation(byteCount: size, alignment: 64) { memory in
            let taps = memory.bindMemory(to: Float.self).baseAddress!
            for block in 0..<Int(layout.oc) / WinogradPacking.width {
                let output = block * WinogradPacking.width
                let rows = SixteenRows(
                    start: source + min(output, outputs - 1) * inputs * 9, rowStride: inputs * 9,
                    rowCount: max(0, min(16, outputs - output)))
                for first in stride(from: 0, to: Int(layout.ic), by: WinogradPacking.inputsAtOnce) {
                    let end = min(first + WinogradPacking.inputsAtOnce, Int(layout.ic))
                    let known = max(first, min(end, inputs))
                    rows.write(first * 9..<known * 9, to: taps)
                    for input in first..<known { pack(taps + (input - first) * 144, input, block, destination) }
                    if known < end { memory.initializeMemory(as: UInt8.self, repeating: 0) }
                    for input in known..<end { pack(taps, input, block, destination) }
                }
            }
        }
    }

    /// - Parameter taps: tap by tap the kernels of an input channel and 16 output channels.
    private func pack(
        _ taps: UnsafeMutablePointer<Float>, _ input: Int, _ block: Int, _ destination: UnsafeMutablePointer<Float>
    ) {
        let (place, tileStride) = place(of: input, block)
        if layout.alpha == 6 {
            transform(taps, WinogradPacking.sixRows, to: destination + place, tileStride)
        } else {
            transform(taps, WinogradPacking.fourRows, to: destination + place, tileStride)
        }
    }

    /// Where the first tile of a pair of channels goes, and how far apart tiles are, in elements.
    private func place(of input: Int, _ block: Int) -> (offset: Int, tileStride: Int) {
        let blockSize = Int(layout.ic_block)
        let (inputBlock, inner) = (input / blockSize, input % blockSize)
        let inputBlocks = Int(layout.ic) / blockSize
        let width = WinogradPacking.width
        switch layout.wino_format {
        case dnnl_wino_wei_aaOio:
            return (((block * inputBlocks + inputBlock) * blockSize + inner) * width, Int(layout.ic) * Int(layout.oc))
        case dnnl_wino_wei_aaOBiOo:
            let group = Int(layout.oc2_block)
            let row = (block / group * inputBlocks + inputBlock) * blockSize + inner
            return ((row * group + block % group) * width, Int(layout.ic) * Int(layout.oc))
        default:
            let (group, inputGroup) = (Int(layout.oc2_block), Int(layout.ic2_block))
            let tileStride = Int(layout.ic) * group * width
            let tiles = Int(layout.alpha) * Int(layout.alpha)
            let part = (inputBlock / inputGroup * group + block % group) * inputGroup + inputBlock % inputGroup
            return (block / group * tiles * tileStride + (part * blockSize + inner) * width, tileStride)
        }
    }

    /// Multiplies three numbers by G.
    private typealias Rows = (_ x: Lanes, _ y: Lanes, _ z: Lanes, _ store: (Int, Lanes) -> Void) -> Void

    @inline(__always)
    private static func fourRows(_ x: Lanes, _ y: Lanes, _ z: Lanes, _ store: (Int, Lanes) -> Void) {
        let even = (x + z) * 0.5
        let odd = y * 0.5
        store(0, x)
        store(1, even + odd)
        store(2, even - odd)
        store(3, z)
    }

    /// For the interpolation points 0, ±0.625, ±1.5 and infinity.
    @inline(__always)
    private static func sixRows(_ x: Lanes, _ y: Lanes, _ z: Lanes, _ store: (Int, Lanes) -> Void) {
        let inner = x * -0.688403361344538 + z * -0.26890756302521
        let innerOdd = y * -0.430252100840336
        let outer = x * 0.119514472455649 + z * 0.26890756302521
        let outerOdd = y * 0.179271708683473
        store(0, x * 1.13777777777778)
        store(1, inner + innerOdd)
        store(2, inner - innerOdd)
        store(3, outer + outerOdd)
        store(4, outer - outerOdd)
        store(5, z)
    }

    @inline(__always)
    private func transform(
        _ taps: UnsafeMutablePointer<Float>, _ rows: Rows, to destination: UnsafeMutablePointer<Float>,
        _ tileStride: Int
    ) {
        let alpha = Int(layout.alpha)
        let columns = UnsafeRawPointer(taps).assumingMemoryBound(to: Lanes.self)
        let tiles = UnsafeMutableRawPointer(destination)
        withUnsafeTemporaryAllocation(byteCount: 3 * 6 * 64, alignment: 64) { memory in
            let half = memory.bindMemory(to: Lanes.self).baseAddress!
            for column in 0..<3 {
                rows(columns[column], columns[3 + column], columns[6 + column]) { half[$0 * 3 + column] = $1 }
            }
            for row in 0..<alpha {
                rows(half[row * 3], half[row * 3 + 1], half[row * 3 + 2]) { column, lanes in
                    tiles.storeBytes(of: lanes, toByteOffset: (row * alpha + column) * tileStride * 4, as: Lanes.self)
                }
            }
        }
    }
}
