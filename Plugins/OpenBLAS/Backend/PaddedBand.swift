/// A copy of the rows of one plane that some output rows need, padded and ordered so that each tap of a window reads
/// consecutive numbers for consecutive output columns: columns are grouped by their remainder modulo the stride. Vector
/// code then needs no borders and no strided loads.
struct PaddedBand: Sendable {
    let window: Window
    /// Distance from each tap's first number to the band's, for output row 0 of the band.
    let tapOffsets: [Int]
    /// Distance between the numbers of two output rows.
    let outputRowStride: Int

    /// Columns that a vector loop computes at a time: it may go past the output's width with the last vector.
    private let lanes: Int
    private let pitch: Int
    private let rowStride: Int
    private let usesRow: [Bool]
    /// The columns of a row that come from the input, one entry for each remainder that a tap meets.
    private let spans: [Span]

    private struct Span {
        /// Where the remainder's columns start in the band's row.
        let start: Int
        /// Which of them come from the input; those before and after are padding.
        let inside: Range<Int>
        /// The input's column of the first of those.
        let column: Int
    }

    init(_ window: Window, lanes: Int = 16) {
        self.window = window
        self.lanes = lanes
        let (kernel, strides, dilations) = (window.kernel, window.strides, window.dilations)
        let vectors = (window.output.width + lanes - 1) / lanes
        pitch = vectors * lanes + (kernel.width - 1) * dilations.width / strides.width + 1
        rowStride = strides.width * pitch
        outputRowStride = strides.height * rowStride
        var offsets: [Int] = []
        var usesRow = [Bool](repeating: false, count: strides.height)
        var usesPhase = [Bool](repeating: false, count: strides.width)
        for y in 0..<kernel.height {
            usesRow[y * dilations.height % strides.height] = true
            for x in 0..<kernel.width {
                let (column, phase) = (x * dilations.width).quotientAndRemainder(dividingBy: strides.width)
                usesPhase[phase] = true
                offsets.append(y * dilations.height * rowStride + phase * pitch + column)
            }
        }
        tapOffsets = offsets
        self.usesRow = usesRow
        let (step, left) = (strides.width, window.padsBegin.width)
        let pitch = pitch
        spans = usesPhase.indices.filter { usesPhase[$0] }.map { phase in
            let begin = min(pitch, max(0, (left - phase + step - 1) / step))
            let end = max(begin, min(pitch, (window.input.width + left - phase + step - 1) / step))
            return Span(start: phase * pitch, inside: begin..<end, column: begin * step + phase - left)
        }
    }

    /// The band's size in elements for `outputRows` rows. Reading a vector from any number of it is allowed.
    func count(outputRows: Int) -> Int { rows(outputRows) * rowStride + lanes }

    /// The number of output rows whose band has at most about `count` elements; at least 1.
    func outputRows(fitting count: Int) -> Int {
        let fixed = rows(1) * rowStride
        return max(1, min(window.output.height, (count - fixed) / outputRowStride + 1))
    }

    private func rows(_ outputRows: Int) -> Int {
        (outputRows - 1) * window.strides.height + (window.kernel.height - 1) * window.dilations.height + 1
    }

    /// Fills `band` from `plane` for `outputRows`.
    func fill(
        _ band: UnsafeMutablePointer<Float>, from plane: UnsafePointer<Float>, outputRows: Range<Int>, padding: Float
    ) {
        let top = outputRows.lowerBound * window.strides.height - window.padsBegin.height
        let (height, width, step) = (window.input.height, window.input.width, window.strides.width)
        let (pitch, rowStride) = (pitch, rowStride)
        usesRow.withUnsafeBufferPointer { usesRow in
            spans.withUnsafeBufferPointer { spans in
                var phase = 0
                for row in 0..<rows(outputRows.count) {
                    let isUsed = usesRow[phase]
                    phase = phase + 1 == usesRow.count ? 0 : phase + 1
                    guard isUsed else { continue }
                    let destination = band + row * rowStride
                    guard top + row >= 0, top + row < height else {
                        destination.update(repeating: padding, count: rowStride)
                        continue
                    }
                    let source = plane + (top + row) * width
                    for span in spans {
                        let target = destination + span.start
                        for index in 0..<span.inside.lowerBound { target[index] = padding }
                        copy(
                            source + span.column, target + span.inside.lowerBound, span.inside.count, step: step)
                        for index in span.inside.upperBound..<pitch { target[index] = padding }
                    }
                }
            }
        }
    }

    /// Copies `count` numbers, each `step` after the last.
    @inline(__always)
    private func copy(
        _ source: UnsafePointer<Float>, _ destination: UnsafeMutablePointer<Float>, _ count: Int, step: Int
    ) {
        switch step {
        case 1: destination.update(from: source, count: count)
        case 2: copyEven(source, destination, count)
        case 4: copyFourth(source, destination, count)
        default: for index in 0..<count { destination[index] = source[index * step] }
        }
    }
}

/// Copies `count` numbers, every second one from `source` on.
@inline(__always)
private func copyEven(_ source: UnsafePointer<Float>, _ destination: UnsafeMutablePointer<Float>, _ count: Int) {
    var index = 0
    // The last vector is left out: it could read past the row's end.
    while index + 9 <= count {
        let numbers: SIMD16<Float> = VectorMath.load(source + index * 2)
        VectorMath.store(numbers.evenHalf, destination + index)
        index += 8
    }
    while index < count {
        destination[index] = source[index * 2]
        index += 1
    }
}

/// Copies `count` numbers, every fourth one from `source` on.
@inline(__always)
private func copyFourth(_ source: UnsafePointer<Float>, _ destination: UnsafeMutablePointer<Float>, _ count: Int) {
    var index = 0
    // As above, the last vector is left out.
    while index + 9 <= count {
        let numbers: SIMD32<Float> = VectorMath.load(source + index * 4)
        VectorMath.store(numbers.evenHalf.evenHalf, destination + index)
        index += 8
    }
    while index < count {
        destination[index] = source[index * 4]
        index += 1
    }
}

/// How the numbers that a window covers become one.
protocol TapFold {
    var initial: Float { get }
    func fold(_ sum: SIMD16<Float>, _ numbers: SIMD16<Float>, tap: Int) -> SIMD16<Float>
    func fold(_ sum: SIMD8<Float>, _ numbers: SIMD8<Float>, tap: Int) -> SIMD8<Float>
}

extension PaddedBand {
    /// Computes `rows` output rows from a filled band.
    @inline(__always)
    func slide<Fold: TapFold>(
        _ band: UnsafePointer<Float>, rows: Int, into destination: UnsafeMutablePointer<Float>, _ fold: Fold
    ) {
        let width = window.output.width
        tapOffsets.withUnsafeBufferPointer { taps in
            for row in 0..<rows {
                let source = band + row * outputRowStride
                let target = destination + row * width
                var column = 0
                while column < width {
                    // Numbers past the row's end are overwritten by the next row, while there is one.
                    let room = (rows - row) * width - column
                    if width - column > 8, room >= 16 {
                        var sum = SIMD16<Float>(repeating: fold.initial)
                        for tap in 0..<taps.count {
                            sum = fold.fold(sum, VectorMath.load(source + column + taps[tap]), tap: tap)
                        }
                        VectorMath.store(sum, target + column)
                        column += 16
                    } else {
                        var sum = SIMD8<Float>(repeating: fold.initial)
                        for tap in 0..<taps.count {
                            sum = fold.fold(sum, VectorMath.load(source + column + taps[tap]), tap: tap)
                        }
                        if room >= 8 {
                            VectorMath.store(sum, target + column)
                        } else {
                            for lane in 0..<min(room, width - column) { target[column + lane] = sum[lane] }
                        }
                        column += 8
                    }
                }
            }
        }
    }
}
