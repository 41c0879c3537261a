/// Operations written as their definitions say, in double precision.
enum Naive {
    struct DoubleTensor: Sendable {
        var shape: [Int]
        var elements: [Double]

        init(_ shape: [Int], _ elements: [Double]) {
            self.shape = shape
            self.elements = elements
        }

        init(_ shape: [Int], _ elements: [Float]) { self.init(shape, elements.map { Double($0) }) }

        func map(_ function: (Double) -> Double) -> DoubleTensor { DoubleTensor(shape, elements.map(function)) }
    }

    struct Geometry: Sendable {
        var kernel = [1, 1]
        var strides = [1, 1]
        var dilations = [1, 1]
        var begin = [0, 0]
        var end = [0, 0]

        func output(_ input: [Int]) -> [Int] {
            (0..<2).map { (input[$0] + begin[$0] + end[$0] - (kernel[$0] - 1) * dilations[$0] - 1) / strides[$0] + 1 }
        }

        /// Calls `body` with each position of the window at `(y, x)` that lies in the image, and its index in the
        /// kernel.
        func window(_ y: Int, _ x: Int, in image: [Int], _ body: (_ y: Int, _ x: Int, _ tap: Int) -> Void) {
            for ky in 0..<kernel[0] {
                for kx in 0..<kernel[1] {
                    let iy = y * strides[0] - begin[0] + ky * dilations[0]
                    let ix = x * strides[1] - begin[1] + kx * dilations[1]
                    if iy >= 0, iy < image[0], ix >= 0, ix < image[1] { body(iy, ix, ky * kernel[1] + kx) }
                }
            }
        }
    }

    /// - Parameter weights: `[O,I,Y,X]` for one group, `[G,O/G,I/G,Y,X]` for more.
    static func convolution(_ source: DoubleTensor, _ weights: [Float], outputs: Int, groups: Int, _ geometry: Geometry)
        -> DoubleTensor
    {
        let (n, c, h, w) = (source.shape[0], source.shape[1], source.shape[2], source.shape[3])
        let out = geometry.output([h, w])
        let taps = geometry.kernel[0] * geometry.kernel[1]
        let (perGroup, inPerGroup) = (outputs / groups, c / groups)
        var result: [Double] = []
        for image in 0..<n {
            for o in 0..<outputs {
                for y in 0..<out[0] {
                    for x in 0..<out[1] {
                        var sum = 0.0
                        geometry.window(y, x, in: [h, w]) { iy, ix, tap in
                            for i in 0..<inPerGroup {
                                let channel = o / perGroup * inPerGroup + i
                                sum +=
                                    source.elements[((image * c + channel) * h + iy) * w + ix]
                                    * Double(weights[(o * inPerGroup + i) * taps + tap])
                            }
                        }
                        result.append(sum)
                    }
                }
            }
        }
        return DoubleTensor([n, outputs] + out, result)
    }

    enum Pool: Sendable { case max, average(excludesPads: Bool) }

    static func pool(_ kind: Pool, _ source: DoubleTensor, _ geometry: Geometry, output: [Int]? = nil) -> DoubleTensor {
        let (h, w) = (source.shape[2], source.shape[3])
        let out = output ?? geometry.output([h, w])
        var result: [Double] = []
        for plane in 0..<source.shape[0] * source.shape[1] {
            for y in 0..<out[0] {
                for x in 0..<out[1] {
                    var values: [Double] = []
                    geometry.window(y, x, in: [h, w]) { iy, ix, _ in
                        values.append(source.elements[(plane * h + iy) * w + ix])
                    }
                    switch kind {
                    case .max: result.append(values.max()!)
                    case .average(let excludesPads):
                        let count = excludesPads ? values.count : geometry.kernel[0] * geometry.kernel[1]
                        result.append(values.reduce(0, +) / Double(count))
                    }
                }
            }
        }
        return DoubleTensor(Array(source.shape.prefix(2)) + out, result)
    }

    /// `function` of elements that numpy's rules bring together.
    static func binary(_ a: DoubleTensor, _ b: DoubleTensor, _ function: (Double, Double) -> Double) -> DoubleTensor {
        let rank = max(a.shape.count, b.shape.count)
        let left = [Int](repeating: 1, count: rank - a.shape.count) + a.shape
        let right = [Int](repeating: 1, count: rank - b.shape.count) + b.shape
        let shape = zip(left, right).map { max($0, $1) }
        return DoubleTensor(
            shape,
            (0..<shape.reduce(1, *)).map { index in
                let position = coordinates(index, in: shape)
                return function(
                    a.elements[offset(position, in: left)], b.elements[offset(position, in: right)])
            })
    }

    static func transpose(_ a: DoubleTensor, _ order: [Int]) -> DoubleTensor {
        let shape = order.map { a.shape[$0] }
        return DoubleTensor(
            shape,
            (0..<a.elements.count).map { index in
                let position = coordinates(index, in: shape)
                var source = position
                for (axis, from) in order.enumerated() { source[from] = position[axis] }
                return a.elements[offset(source, in: a.shape)]
            })
    }

    static func concat(_ parts: [DoubleTensor], axis: Int) -> DoubleTensor {
        var shape = parts[0].shape
        shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
        return DoubleTensor(
            shape,
            (0..<shape.reduce(1, *)).map { index in
                var position = coordinates(index, in: shape)
                var part = 0
                while position[axis] >= parts[part].shape[axis] {
                    position[axis] -= parts[part].shape[axis]
                    part += 1
                }
                return parts[part].elements[offset(position, in: parts[part].shape)]
            })
    }

    /// Folds `axes` away; the result keeps them with extent 1.
    static func reduce(_ a: DoubleTensor, _ axes: [Int], _ fold: ([Double]) -> Double) -> DoubleTensor {
        let shape = a.shape.indices.map { axes.contains($0) ? 1 : a.shape[$0] }
        var groups = [[Double]](repeating: [], count: shape.reduce(1, *))
        for (index, element) in a.elements.enumerated() {
            groups[offset(coordinates(index, in: a.shape), in: shape)].append(element)
        }
        return DoubleTensor(shape, groups.map(fold))
    }

    /// The matrix product of `[…,M,K]` and `[…,K,N]`.
    static func matmul(_ a: DoubleTensor, _ b: DoubleTensor) -> DoubleTensor {
        let (m, k, n) = (a.shape[a.shape.count - 2], a.shape[a.shape.count - 1], b.shape[b.shape.count - 1])
        let aBatch = Array(a.shape.dropLast(2)), bBatch = Array(b.shape.dropLast(2))
        let rank = max(aBatch.count, bBatch.count)
        let left = [Int](repeating: 1, count: rank - aBatch.count) + aBatch
        let right = [Int](repeating: 1, count: rank - bBatch.count) + bBatch
        let batch = zip(left, right).map { max($0, $1) }
        var result: [Double] = []
        for index in 0..<batch.reduce(1, *) {
            let position = coordinates(index, in: batch)
            let (x, y) = (offset(position, in: left) * m * k, offset(position, in: right) * k * n)
            for row in 0..<m {
                for column in 0..<n {
                    result.append(
                        (0..<k).reduce(0.0) { $0 + a.elements[x + row * k + $1] * b.elements[y + $1 * n + column] })
                }
            }
        }
        return DoubleTensor(batch + [m, n], result)
    }

    static func coordinates(_ index: Int, in shape: [Int]) -> [Int] {
        var rest = index
        var position = shape
        for axis in shape.indices.reversed() {
            position[axis] = rest % shape[axis]
            rest /= shape[axis]
        }
        return position
    }

    /// The index of `position`, where an extent of 1 stays at 0.
    static func offset(_ position: [Int], in shape: [Int]) -> Int {
        zip(position, shape).reduce(0) { $0 * $1.1 + ($1.1 == 1 ? 0 : $1.0) }
    }
}
