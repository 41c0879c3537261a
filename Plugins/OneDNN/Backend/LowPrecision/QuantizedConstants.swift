import VireoPluginKit
import VireoTensor

/// A graph whose quantized weights are constants, and the integers behind them.
///
/// Whoever computes in f32 reads the rounded weights as any constant; whoever computes in integers asks for those.
struct QuantizedConstants {
    let graph: GraphView
    /// The FakeQuantize nodes that are constants now.
    let folded: [NodeView]
    private let weights: [Int: QuantizedWeights]

    init(folding given: GraphView, into memory: ConstantMemory) throws {
        var weights: [Int: QuantizedWeights] = [:]
        var blocks: [Int: UnsafeRawBufferPointer] = [:]
        folded = given.nodes.filter { isConstantQuantization($0, in: given) }
        for node in folded {
            let quantized = try QuantizedWeights(of: node, in: given)
            let count = quantized.elementCount
            let block = try memory.allocate(byteCount: count * MemoryLayout<Float>.stride)
            quantized.write(to: block.bindMemory(to: Float.self, capacity: count))
            weights[node.outputs[0]] = quantized
            blocks[node.outputs[0]] = UnsafeRawBufferPointer(
                start: block, count: count * MemoryLayout<Float>.stride)
        }
        self.weights = weights
        if folded.isEmpty {
            graph = given
            return
        }
        let values = given.values.enumerated().map { index, value in
            ValueView(elementType: value.elementType, shape: value.shape, constant: blocks[index] ?? value.constant)
        }
        graph = GraphView(
            nodes: given.nodes.filter { !isConstantQuantization($0, in: given) }, values: values,
            inputs: given.inputs, outputs: given.outputs)
    }

    /// The weights behind a constant; nil when they are not quantized.
    subscript(value: Int) -> QuantizedWeights? { weights[value] }
}

func isConstantQuantization(_ node: NodeView, in graph: GraphView) -> Bool {
    node.opType == "FakeQuantize" && node.inputs.count == 5
        && node.inputs.allSatisfy { $0 >= 0 && graph.values[$0].floats != nil }
}

/// Constant weights with the ranges that they are rounded in.
struct QuantizedWeights {
    private let elements: [Float]
    private let ranges: QuantizationRanges
    private let shape: [Int]

    init(of node: NodeView, in graph: GraphView) throws {
        guard let elements = graph.values[node.inputs[0]].floats, let shape = graph.values[node.inputs[0]].dimensions
        else { throw VireoError(.unsupported, "FakeQuantize of a constant that is not f32 or f16") }
        guard !elements.isEmpty else { throw VireoError(.unsupported, "FakeQuantize of an empty constant") }
        self.elements = elements
        self.shape = shape
        ranges = try QuantizationRanges(of: node, in: graph)
    }

    var elementCount: Int { elements.count }

    /// The rounded weights.
    func write(to result: UnsafeMutablePointer<Float>) {
        forEachRun { run, range in
            let (low, high) = (ranges.inputLow[range], ranges.inputHigh[range])
            let (from, to) = (ranges.outputLow[range], ranges.outputHigh[range])
            let steps = Float(ranges.levels - 1)
            for index in run {
                let x = elements[index]
                if x <= min(low, high) {
                    result[index] = from
                } else if x > max(low, high) {
                    result[index] = to
                } else {
                    let level = ((x - low) / (high - low) * steps).rounded(.toNearestOrEven)
                    result[index] = level / steps * (to - from) + from
                }
            }
        }
    }

    /// How many elements next to each other share a range.
    private var rangeStride: Int { shape[ranges.axes.upperBound...].reduce(1, *) }

    /// Elements next to each other that share a range.
    private func forEachRun(_ body: (Range<Int>, _ range: Int) -> Void) {
        if ranges.axes.isEmpty { return body(0..<elements.count, 0) }
        let length = rangeStride
        for run in 0..<elements.count / length {
            body(run * length..<(run + 1) * length, run % ranges.inputLow.count)
        }
    }
}

/// The nearest integer; 0 for what is no number.
private func saturated(_ x: Float) -> Int8 {
    if x >= 127 { return 127 }
    if x <= -128 { return -128 }
    return x.isNaN ? 0 : Int8(x.rounded())
}

extension QuantizedWeights {
    /// Weights as signed integers with a scale for each output.
    struct Integers {
        let elements: [Int8]
        let scales: [Float]
    }

    /// `weight = scale * integer`, with one scale an output.
    ///
    /// Ranges of which 0 is the middle, and others as long as the integers of an output fit, keep their integers. Where
    /// they do not fit (TensorFlow's weights reach from -255 to 255), that output's weights are rounded once more.
    /// - Parameter outputAxes: the axes that outputs run along, outermost first.
    func integers(outputAxes: Range<Int>) throws(VireoError) -> Integers {
        guard ranges.levels <= 256 else {
            throw VireoError(.unsupported, "weights of \(ranges.levels) levels do not fit 8 bits")
        }
        guard ranges.axes.allSatisfy(outputAxes.contains) else {
            throw VireoError(
                .unsupported, "weights with ranges along axes \(Array(ranges.axes)), which are summed over")
        }
        let outputCount = outputAxes.reduce(1) { $0 * shape[$1] }
        let inner = shape[outputAxes.upperBound...].reduce(1, *)
        var rounded = [Float](unsafeUninitializedCapacity: elements.count) { buffer, count in
            if let base = buffer.baseAddress { write(to: base) }
            count = elements.count
        }
        let steps = Float(ranges.levels - 1)
        let rangeOfRun = (0..<elements.count / inner).map { run in
            ranges.axes.isEmpty ? 0 : run * inner / rangeStride % ranges.inputLow.count
        }
        func output(ofRun run: Int) -> Int { run % outputCount }
        var scales = rangeOfRun.indices.map { run -> Float in
            let range = rangeOfRun[run]
            return (ranges.outputHigh[range] - ranges.outputLow[range]) / steps
        }
        // Runs before the output axes (there are some only for matrices that are stored transposed) share an output.
        var smallest = [Float](repeating: 0, count: outputCount)
        var largest = smallest
        for run in rangeOfRun.indices {
            let scale = scales[run] > 0 ? scales[run] : 1
            scales[run] = scale
            let zero = -ranges.outputLow[rangeOfRun[run]] / scale
            let isAligned = abs(zero - zero.rounded()) < 1e-2
            for index in run * inner..<(run + 1) * inner {
                rounded[index] = isAligned ? (rounded[index] / scale).rounded() : rounded[index] / scale
                smallest[output(ofRun: run)] = min(smallest[output(ofRun: run)], rounded[index])
                largest[output(ofRun: run)] = max(largest[output(ofRun: run)], rounded[index])
            }
        }
        var integers = [Int8](repeating: 0, count: elements.count)
        var resultScales = [Float](repeating: 1, count: outputCount)
        for run in rangeOfRun.indices {
            let place = output(ofRun: run)
            let excess = max(smallest[place] / -128, largest[place] / 127, 1)
            for index in run * inner..<(run + 1) * inner {
                integers[index] = saturated(rounded[index] / excess)
            }
            resultScales[place] = scales[run] * excess
        }
        return Integers(elements: integers, scales: resultScales)
    }
}
