/// A walk over a shape in row-major order with several operands, each at its own strides. Axes that all operands walk
/// evenly are merged, so that the last one, the run, is as long as it can be.
struct StridedLoop: Sendable {
    /// Outermost first; never empty.
    private(set) var dimensions: [Int]
    /// Elements between neighbours along each axis, for each operand.
    private(set) var strides: [[Int]]

    init(_ dimensions: [Int], strides: [[Int]]) {
        self.dimensions = []
        self.strides = strides.map { _ in [] }
        for axis in dimensions.indices where dimensions[axis] != 1 {
            let continues =
                !self.dimensions.isEmpty
                && strides.indices.allSatisfy { self.strides[$0].last! == strides[$0][axis] * dimensions[axis] }
            if continues {
                self.dimensions[self.dimensions.count - 1] *= dimensions[axis]
                for operand in strides.indices {
                    self.strides[operand][self.strides[operand].count - 1] = strides[operand][axis]
                }
            } else {
                self.dimensions.append(dimensions[axis])
                for operand in strides.indices { self.strides[operand].append(strides[operand][axis]) }
            }
        }
        if self.dimensions.isEmpty {
            self.dimensions = [1]
            self.strides = strides.map { _ in [1] }
        }
    }

    /// How often the run is repeated.
    var runs: Int { dimensions.dropLast().reduce(1, *) }
    /// The length of the run.
    var length: Int { dimensions[dimensions.count - 1] }

    /// Elements between neighbours of an operand's run.
    func step(_ operand: Int) -> Int { strides[operand][dimensions.count - 1] }

    /// Where the run number `run` of an operand starts.
    @inline(__always)
    func start(_ operand: Int, run: Int) -> Int {
        var rest = run
        var offset = 0
        for axis in stride(from: dimensions.count - 2, through: 0, by: -1) {
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: dimensions[axis])
            offset += remainder * strides[operand][axis]
            rest = quotient
        }
        return offset
    }

    /// Row-major strides of `dimensions`, repeated along the axes of `shape` that they lack: numpy's broadcasting.
    /// Nil when the two do not fit.
    static func broadcast(_ dimensions: [Int], to shape: [Int]) -> [Int]? {
        guard dimensions.count <= shape.count else { return nil }
        let padded = [Int](repeating: 1, count: shape.count - dimensions.count) + dimensions
        var strides = [Int](repeating: 0, count: shape.count)
        var stride = 1
        for axis in shape.indices.reversed() {
            guard padded[axis] == shape[axis] || padded[axis] == 1 else { return nil }
            strides[axis] = padded[axis] == 1 ? 0 : stride
            stride *= padded[axis]
        }
        return strides
    }
}

extension Run {
    /// Calls `body` for pieces of all runs, on all threads: the number of the run and the part of it.
    func forPieces(of loop: StridedLoop, cost: Int = 1, _ body: (_ run: Int, _ part: Range<Int>) -> Void) {
        let (runs, length) = (loop.runs, loop.length)
        if runs == 1 {
            forRanges(length, cost: cost) { body(0, $0) }
        } else {
            forRanges(runs, cost: length * cost) { part in
                for run in part { body(run, 0..<length) }
            }
        }
    }
}
