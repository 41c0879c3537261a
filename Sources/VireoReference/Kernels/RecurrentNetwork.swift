import VireoIR
import VireoTensor

func recurrentNetwork(_ operation: RecurrentNetwork, _ call: Call) throws -> [Tensor] {
    let layer = try RecurrentLayer(operation, call)
    let states = operation.kind.stateCount
    let hidden = operation.hiddenSize
    let lines = layer.batch * operation.directionCount
    var steps = [Float](repeating: 0, count: lines * layer.steps * hidden)
    var last = (0..<states).map { _ in [Float](repeating: 0, count: lines * hidden) }
    for line in 0..<lines {
        let (item, direction) = line.quotientAndRemainder(dividingBy: operation.directionCount)
        let length = layer.lengths[item]
        let isReversed = operation.direction == .reverse || direction == 1
        var state = layer.initialState(line)
        for step in 0..<length {
            let place = isReversed ? length - 1 - step : step
            layer.advance(&state, data: (item * layer.steps + place) * layer.inputSize, direction)
            for index in 0..<hidden { steps[(line * layer.steps + place) * hidden + index] = state[0][index] }
        }
        // A sequence without steps ends in zeros.
        guard length > 0 else { continue }
        for number in 0..<states {
            for index in 0..<hidden { last[number][line * hidden + index] = state[number][index] }
        }
    }
    let results = operation.isSequence ? [steps] + last : last
    return zip(results, call.shapes).map { Tensor($0, $1) }
}

/// The inputs of a recurrent network. A cell is a sequence of one step.
private struct RecurrentLayer {
    let batch: Int
    let steps: Int
    let inputSize: Int
    /// The steps of every item of the batch.
    let lengths: [Int]
    private let operation: RecurrentNetwork
    private let data: [Float]
    private let states: [[Float]]
    private let weights: [Float]
    private let recurrentWeights: [Float]
    private let bias: [Float]

    init(_ operation: RecurrentNetwork, _ call: Call) throws {
        self.operation = operation
        let shape = call.inputs[0].shape
        let stateCount = operation.kind.stateCount
        batch = shape[0]
        steps = operation.isSequence ? shape[1] : 1
        inputSize = shape[shape.rank - 1]
        data = try call.floats(0)
        states = try (1...stateCount).map { try call.floats($0) }
        let limit = steps
        lengths =
            operation.isSequence
            ? try call.integers(1 + stateCount).map { min(max($0, 0), limit) } : Array(repeating: 1, count: batch)
        let first = 1 + stateCount + (operation.isSequence ? 1 : 0)
        weights = try call.floats(first)
        recurrentWeights = try call.floats(first + 1)
        bias =
            call.inputs.count > first + 2
            ? try call.floats(first + 2)
            : Array(repeating: 0, count: operation.directionCount * operation.biasCount * operation.hiddenSize)
    }

    func initialState(_ line: Int) -> [[Float]] {
        let hidden = operation.hiddenSize
        return states.map { Array($0[line * hidden..<(line + 1) * hidden]) }
    }

    /// One step of one item: `state` becomes the next one.
    func advance(_ state: inout [[Float]], data start: Int, _ direction: Int) {
        let hidden = operation.hiddenSize
        let input = products(weights, direction, data[start..<start + inputSize])
        let activations = operation.activations
        switch operation.kind {
        case .rnn:
            let recurrent = products(recurrentWeights, direction, state[0][...])
            state[0] = (0..<hidden).map { index in
                activated(input[index] + recurrent[index] + bias(direction, 0, index), activations[0])
            }
        case .lstm:
            let recurrent = products(recurrentWeights, direction, state[0][...])
            func gate(_ number: Int, _ index: Int, _ activation: RecurrentNetwork.Activation) -> Float {
                let place = number * hidden + index
                return activated(input[place] + recurrent[place] + bias(direction, number, index), activation)
            }
            for index in 0..<hidden {
                let forget = gate(0, index, activations[0])
                let take = gate(1, index, activations[0])
                state[1][index] = forget * state[1][index] + take * gate(2, index, activations[1])
                state[0][index] = gate(3, index, activations[0]) * value(state[1][index], activations[2])
            }
        case .gru:
            state[0] = nextOfGRU(state[0], input, direction)
        }
    }

    private func nextOfGRU(_ state: [Float], _ input: [Float], _ direction: Int) -> [Float] {
        let hidden = operation.hiddenSize
        let activations = operation.activations
        let recurrent = products(recurrentWeights, direction, state[...])
        func gate(_ number: Int, _ index: Int) -> Float {
            let place = number * hidden + index
            return activated(input[place] + recurrent[place] + bias(direction, number, index), activations[0])
        }
        let update = (0..<hidden).map { gate(0, $0) }
        let reset = (0..<hidden).map { gate(1, $0) }
        let memory: [Float]
        if operation.linearBeforeReset {
            memory = (0..<hidden).map { index in
                reset[index] * (recurrent[2 * hidden + index] + bias(direction, 3, index))
            }
        } else {
            let remembered = zip(reset, state).map { $0 * $1 }
            memory = Array(products(recurrentWeights, direction, remembered[...])[(2 * hidden)...])
        }
        return (0..<hidden).map { index in
            let candidate = activated(
                input[2 * hidden + index] + memory[index] + bias(direction, 2, index), activations[1])
            return (1 - update[index]) * candidate + update[index] * state[index]
        }
    }

    /// Every row of one direction's weights times `vector`.
    private func products(_ weights: [Float], _ direction: Int, _ vector: ArraySlice<Float>) -> [Float] {
        let rows = operation.kind.gateCount * operation.hiddenSize
        let columns = vector.count
        return (0..<rows).map { row in
            var sum: Float = 0
            var place = (direction * rows + row) * columns
            for element in vector {
                sum += weights[place] * element
                place += 1
            }
            return sum
        }
    }

    private func bias(_ direction: Int, _ gate: Int, _ index: Int) -> Float {
        bias[(direction * operation.biasCount + gate) * operation.hiddenSize + index]
    }

    private func activated(_ x: Float, _ activation: RecurrentNetwork.Activation) -> Float {
        let limit = Float(operation.clip)
        return value(limit > 0 ? min(max(x, -limit), limit) : x, activation)
    }

    private func value(_ x: Float, _ activation: RecurrentNetwork.Activation) -> Float {
        switch activation {
        case .relu: max(x, 0)
        case .sigmoid: 1 / (1 + Float.exp(-x))
        case .tanh: Float.tanh(x)
        }
    }
}
