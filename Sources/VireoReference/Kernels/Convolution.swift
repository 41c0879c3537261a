import VireoIR
import VireoTensor

func convolution(_ operation: Convolution, _ call: Call) throws -> [Tensor] {
    switch call.elementType {
    case .f64: [try correlate(operation.window, groups: 1, call, Double.self)]
    default: [try correlate(operation.window, groups: 1, call, Float.self)]
    }
}

/// Cross-correlation as a matrix product: a row of weights for each output channel by a column of input elements for
/// each place of the window. Weights are [O, I, …] or, in groups, [G, O, I, …].
func correlate<Element: Real>(
    _ window: SlidingWindow, groups: Int, _ call: Call, padValue: Element = 0, _ type: Element.Type = Element.self
) throws -> Tensor {
    let (data, weights) = (call.inputs[0], call.inputs[1])
    let kernel = Array(weights.shape.dimensions.suffix(window.spatialRank))
    let geometry = try WindowGeometry(
        window, input: Array(data.shape.dimensions[2...]), kernel: kernel, output: Array(call.shape.dimensions[2...]))
    let batches = data.shape[0]
    let outputs = call.shape[1] / max(groups, 1)
    let inputs = data.shape[1] / max(groups, 1)
    let columns = geometry.output.count
    let depth = inputs * geometry.kernel.count
    return try data.withUnsafeElements(of: Element.self) { data in
        try weights.withUnsafeElements(of: Element.self) { weights in
            try .making(call.shape) { (result: UnsafeMutableBufferPointer<Element>) in
                guard !result.isEmpty else { return }
                let image = geometry.padding(data, count: batches * groups * inputs, with: padValue)
                let patches = ImagePatches(image.base, geometry, channels: inputs)
                forEachTile(rows: outputs, columns: columns, depth: depth, batches: batches * groups) {
                    batch, rows, tile in
                    MatrixProduct(
                        left: weights.baseAddress! + batch % groups * outputs * depth,
                        right: patches.moved(by: batch * inputs * geometry.padded.count), depth: depth,
                        result: result.baseAddress! + batch * outputs * columns, resultStride: columns
                    ).compute(rows: rows, columns: tile)
                }
                withExtendedLifetime(image) {}
            }
        }
    }
}

/// The matrix whose columns are the windows of padded channels: element (k, j) is the image's element
/// `rowOffsets[k] + columnOffsets[j]`.
private struct ImagePatches<Element: Real>: PanelSource {
    private let image: UnsafePointer<Element>
    private let rowOffsets: [Int]
    private let columnOffsets: [Int]

    init(_ image: UnsafePointer<Element>, _ geometry: WindowGeometry, channels: Int) {
        let kernel = geometry.kernelOffsets
        self.init(
            image,
            rowOffsets: (0..<channels).flatMap { channel in kernel.map { channel * geometry.padded.count + $0 } },
            columnOffsets: geometry.windowOffsets)
    }

    private init(_ image: UnsafePointer<Element>, rowOffsets: [Int], columnOffsets: [Int]) {
        self.image = image
        self.rowOffsets = rowOffsets
        self.columnOffsets = columnOffsets
    }

    func moved(by offset: Int) -> ImagePatches {
        ImagePatches(image + offset, rowOffsets: rowOffsets, columnOffsets: columnOffsets)
    }

    func pack(rows: Range<Int>, columns: Range<Int>, into panels: UnsafeMutablePointer<Element>) {
        rowOffsets.withUnsafeBufferPointer { rowOffsets in
            columnOffsets.withUnsafeBufferPointer { columnOffsets in
                for column in stride(from: columns.lowerBound, to: columns.upperBound, by: 8) {
                    let panel = panels + (column - columns.lowerBound) * rows.count
                    let width = min(8, columns.upperBound - column)
                    let places = UnsafeBufferPointer(rebasing: columnOffsets[column..<column + width])
                    if width == 8, places[7] == places[0] + 7 {
                        for (index, row) in rows.enumerated() {
                            (panel + index * 8).update(from: image + rowOffsets[row] + places[0], count: 8)
                        }
                    } else {
                        for (index, row) in rows.enumerated() {
                            let source = image + rowOffsets[row]
                            for lane in 0..<width { panel[index * 8 + lane] = source[places[lane]] }
                        }
                    }
                }
            }
        }
    }
}
