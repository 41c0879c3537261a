import VireoIR
import VireoTensor

/// Three extents: depth, height, width. Windows over one or two axes have ones in front.
struct Volume: Equatable {
    var depth: Int
    var height: Int
    var width: Int

    /// - Throws: `unsupported` for more than three axes.
    init(_ extents: some Collection<Int>, filling filler: Int = 1) throws(VireoError) {
        guard extents.count <= 3 else {
            throw VireoError(.unsupported, "a window over \(extents.count) axes; at most 3 are supported")
        }
        let all = [Int](repeating: filler, count: 3 - extents.count) + extents
        (depth, height, width) = (all[0], all[1], all[2])
    }

    var count: Int { depth * height * width }
    var isZero: Bool { depth == 0 && height == 0 && width == 0 }
}

/// A sliding window over an input of known extents, brought to three axes.
struct WindowGeometry {
    let input: Volume
    let output: Volume
    let kernel: Volume
    let strides: Volume
    let dilations: Volume
    let padsBegin: Volume
    let hasPads: Bool
    /// The extents of the input with pads, as far as the windows reach.
    let padded: Volume

    init(_ window: SlidingWindow, input: [Int], kernel: [Int], output: [Int]) throws(VireoError) {
        let window = window.resolvingAutoPad(input: input, kernel: kernel)
        self.input = try Volume(input)
        self.output = try Volume(output)
        self.kernel = try Volume(kernel)
        strides = try Volume(window.strides)
        dilations = try Volume(window.dilations)
        padsBegin = try Volume(window.padsBegin, filling: 0)
        hasPads = (window.padsBegin + window.padsEnd).contains { $0 != 0 }
        let reached = output.indices.map { axis in
            max((output[axis] - 1) * window.strides[axis] + (kernel[axis] - 1) * window.dilations[axis] + 1, 0)
        }
        padded = try Volume(try Shape(validating: reached).dimensions)
        guard padded.count < 1 << 32 else {
            throw VireoError(.unsupported, "windows that reach over \(padded.count) elements of a channel")
        }
    }

    /// Where each element of a window lies in a padded channel, counted from the window's first.
    var kernelOffsets: [Int] {
        var offsets: [Int] = []
        for z in 0..<kernel.depth {
            for y in 0..<kernel.height {
                for x in 0..<kernel.width {
                    offsets.append(position(z * dilations.depth, y * dilations.height, x * dilations.width))
                }
            }
        }
        return offsets
    }

    /// Where each window starts in a padded channel.
    var windowOffsets: [Int] {
        var offsets: [Int] = []
        offsets.reserveCapacity(output.count)
        for z in 0..<output.depth {
            for y in 0..<output.height {
                for x in 0..<output.width {
                    offsets.append(position(z * strides.depth, y * strides.height, x * strides.width))
                }
            }
        }
        return offsets
    }

    func position(_ z: Int, _ y: Int, _ x: Int) -> Int { (z * padded.height + y) * padded.width + x }

    /// The channels of an input with the pads around each, so that windows need no bounds.
    func padding<Element: Scalar>(
        _ channels: UnsafeBufferPointer<Element>, count: Int, with value: Element
    ) -> PaddedChannels<Element> {
        if padded == input, padsBegin.isZero { return PaddedChannels(borrowing: channels) }
        let result = UnsafeMutableBufferPointer<Element>.allocate(capacity: count * padded.count)
        result.initialize(repeating: value)
        let from = channels.baseAddress!
        let to = result.baseAddress!
        // Pads may be negative, and windows may stop short of the end: copied is what both have.
        let first = max(0, -padsBegin.width)
        let last = min(input.width, padded.width - padsBegin.width)
        guard first < last else { return PaddedChannels(owning: result) }
        Parallel.forEach(count, nanoseconds: Double(padded.count) / 4) { range in
            for channel in range {
                for z in 0..<input.depth where (0..<padded.depth).contains(z + padsBegin.depth) {
                    for y in 0..<input.height where (0..<padded.height).contains(y + padsBegin.height) {
                        let row = position(z + padsBegin.depth, y + padsBegin.height, first + padsBegin.width)
                        (to + channel * padded.count + row).update(
                            from: from + ((channel * input.depth + z) * input.height + y) * input.width + first,
                            count: last - first)
                    }
                }
            }
        }
        return PaddedChannels(owning: result)
    }
}

/// Channels with their pads: the input itself when there are none.
final class PaddedChannels<Element> {
    let base: UnsafePointer<Element>
    private let owned: UnsafeMutableBufferPointer<Element>?

    init(borrowing elements: UnsafeBufferPointer<Element>) {
        base = elements.baseAddress!
        owned = nil
    }

    init(owning elements: UnsafeMutableBufferPointer<Element>) {
        base = UnsafePointer(elements.baseAddress!)
        owned = elements
    }

    deinit { owned?.deallocate() }
}

extension WindowGeometry {
    /// Calls `body` for every window of every channel, from several threads at once, with its place in the output and
    /// where it starts in the padded channels.
    func forEachWindow(planes: Int, _ body: (_ output: Int, _ start: Int) -> Void) {
        let rows = planes * output.depth * output.height
        Parallel.forEach(rows, nanoseconds: Double(output.width * kernel.count)) { range in
            for row in range {
                let (rest, y) = row.quotientAndRemainder(dividingBy: output.height)
                let (plane, z) = rest.quotientAndRemainder(dividingBy: output.depth)
                let start = plane * padded.count + position(z * strides.depth, y * strides.height, 0)
                for x in 0..<output.width { body(row * output.width + x, start + x * strides.width) }
            }
        }
    }

    /// For each element of a padded channel its place in the input's channel, or -1 for a pad.
    var inputPlaces: [Int] {
        var places = [Int](repeating: -1, count: padded.count)
        for z in 0..<padded.depth where (0..<input.depth).contains(z - padsBegin.depth) {
            for y in 0..<padded.height where (0..<input.height).contains(y - padsBegin.height) {
                for x in 0..<padded.width where (0..<input.width).contains(x - padsBegin.width) {
                    let row = (z - padsBegin.depth) * input.height + y - padsBegin.height
                    places[position(z, y, x)] = row * input.width + x - padsBegin.width
                }
            }
        }
        return places
    }
}
