import VireoPluginKit
import VireoTensor

/// A window that slides over the last two axes of NCHW tensors. One spatial axis is taken as two, the first of extent
/// 1.
struct Window: Sendable {
    struct Extent: Sendable, Equatable {
        var height: Int
        var width: Int
        var count: Int { height * width }
    }

    let input: Extent
    let output: Extent
    let kernel: Extent
    let strides: Extent
    let dilations: Extent
    let padsBegin: Extent
    let padsEnd: Extent

    /// - Parameters:
    ///   - input, output: the tensors' dimensions, N and C first.
    ///   - kernel: the window's spatial extents.
    /// - Throws: `unsupported` for other than one or two spatial axes, and where the output's dimensions are not what
    ///   the attributes say.
    init(
        _ node: NodeView, input: [Int], output: [Int], kernel: [Int], roundsUp: Bool = false
    ) throws(VireoError) {
        let spatial = input.count - 2
        guard (1...2).contains(spatial), output.count == input.count, kernel.count == spatial else {
            throw refusal("\(node.opType) with \(max(spatial, 0)) spatial axes, and 1 or 2 are implemented")
        }
        func extent(_ values: [Int], filler: Int) -> Extent {
            Extent(height: spatial == 1 ? filler : values[0], width: values[spatial - 1])
        }
        func attribute(_ key: String, _ range: ClosedRange<Int>, filler: Int, initial: Int? = nil) throws(VireoError)
            -> Extent
        {
            if node.attributes[key] == nil, let initial { return Extent(height: initial, width: initial) }
            let values = try node.integers(key)
            guard values.count == spatial, values.allSatisfy(range.contains) else {
                throw refusal("\(node.opType) with \(key) \(values)")
            }
            return extent(values, filler: filler)
        }
        let limit = 1 << 20
        self.input = extent(Array(input[2...]), filler: 1)
        self.output = extent(Array(output[2...]), filler: 1)
        self.kernel = extent(kernel, filler: 1)
        var strides = try attribute("strides", 1...limit, filler: 1)
        dilations = try attribute("dilations", 1...limit, filler: 1, initial: 1)
        padsBegin = try attribute("pads_begin", 0...limit, filler: 0)
        padsEnd = try attribute("pads_end", 0...limit, filler: 0)

        guard kernel.allSatisfy({ (1...limit).contains($0) }), self.kernel.count <= limit else {
            throw refusal("\(node.opType) with a window of \(kernel)")
        }
        for axis in [\Extent.height, \Extent.width] {
            let free =
                self.input[keyPath: axis] + padsBegin[keyPath: axis] + padsEnd[keyPath: axis]
                - dilations[keyPath: axis] * (self.kernel[keyPath: axis] - 1) - 1
            let steps = (free + (roundsUp ? strides[keyPath: axis] - 1 : 0)) / strides[keyPath: axis] + 1
            // Rounding up may add a window that starts past the data, which some frameworks then leave out.
            let expected = roundsUp ? max(1, steps - 1)...max(1, steps) : steps...steps
            guard free >= 0, expected.contains(self.output[keyPath: axis]) else {
                throw refusal("\(node.opType) of \(input) to \(output), which is not what its attributes say")
            }
        }
        // A window with a single place does not move.
        if self.output.height == 1 { strides.height = 1 }
        if self.output.width == 1 { strides.width = 1 }
        self.strides = strides
    }

    /// The windows over an input of which `outputs` neighbouring windows of `window` along each axis see `inputs`
    /// numbers.
    init(tilesOf window: Window, inputs: Int, outputs: Int) {
        func tiles(_ extent: Int) -> Int { (extent + outputs - 1) / outputs }
        input = window.input
        output = Extent(height: tiles(window.output.height), width: tiles(window.output.width))
        kernel = Extent(height: inputs, width: inputs)
        strides = Extent(height: outputs, width: outputs)
        dilations = Extent(height: 1, width: 1)
        padsBegin = window.padsBegin
        padsEnd = window.padsEnd
    }

    /// Whether every output number sees just the input number at the same place.
    var isPointwise: Bool {
        kernel.count == 1 && strides.count == 1 && !hasPads
    }

    /// How many of the window's rows lie inside the input at output row `row`.
    /// - Parameter padded: whether the padding counts as inside.
    func rowsInside(_ row: Int) -> Int {
        Window.inside(start: row * strides.height - padsBegin.height, kernel.height, dilations.height, input.height)
    }

    /// The same for columns.
    func columnsInside(_ column: Int) -> Int {
        Window.inside(start: column * strides.width - padsBegin.width, kernel.width, dilations.width, input.width)
    }

    var hasPads: Bool { padsBegin != Extent(height: 0, width: 0) || padsEnd != Extent(height: 0, width: 0) }

    private static func inside(start: Int, _ taps: Int, _ dilation: Int, _ extent: Int) -> Int {
        (0..<taps).count { (0..<extent).contains(start + $0 * dilation) }
    }
}
