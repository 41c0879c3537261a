import VireoTensor

/// A recurrent network of one layer: one step of it (a cell), or all steps of a sequence.
///
/// Inputs of a cell: data [N, I], the hidden state [N, H], for an LSTM the cell state [N, H], weights [G*H, I],
/// recurrent weights [G*H, H] and optionally a bias [G*H]; outputs: the states. A sequence of D directions has data [N,
/// T, I], states [N, D, H], behind them the lengths [N], and weights with D in front; its first output holds every step
/// [N, D, T, H].
///
/// G is 4 for an LSTM (forget, input, cell, output; Hochreiter and Schmidhuber, 1997), 3 for a GRU (update, reset,
/// hidden; Cho et al., https://arxiv.org/abs/1406.1078), 1 for an RNN.
public struct RecurrentNetwork: Operation {
    public enum Kind: String, CaseIterable, Sendable {
        case rnn = "RNN"
        case gru = "GRU"
        case lstm = "LSTM"

        /// The parts of the weights.
        public var gateCount: Int {
            switch self {
            case .rnn: 1
            case .gru: 3
            case .lstm: 4
            }
        }

        /// The hidden state, and the cell state of an LSTM.
        public var stateCount: Int { self == .lstm ? 2 : 1 }

        fileprivate var activations: [Activation] {
            switch self {
            case .rnn: [.tanh]
            case .gru: [.sigmoid, .tanh]
            case .lstm: [.sigmoid, .tanh, .tanh]
            }
        }
    }

    public enum Activation: String, CaseIterable, Sendable {
        case relu
        case sigmoid
        case tanh
    }

    public enum Direction: String, CaseIterable, Sendable {
        case forward
        case reverse
        case bidirectional
    }

    public let kind: Kind
    public let isSequence: Bool
    public let version: Int
    public let hiddenSize: Int
    public let activations: [Activation]
    /// What the gates are clamped to before their activation; 0: nothing.
    public let clip: Double
    public let direction: Direction
    /// Whether an LSTM of version 1 says that its input gate follows from the forget gate. OpenVINO computes both all
    /// the same, and so is it done here.
    public let couplesGates: Bool
    /// Whether the reset gate of a GRU works on the product with the recurrent weights, which then has a bias of its
    /// own.
    public let linearBeforeReset: Bool

    /// A forward network with the activations of its kind.
    public init(_ kind: Kind, isSequence: Bool = false, hiddenSize: Int) {
        self.kind = kind
        self.isSequence = isSequence
        self.hiddenSize = hiddenSize
        version = isSequence ? 5 : kind == .lstm ? 4 : 3
        activations = kind.activations
        clip = 0
        direction = .forward
        couplesGates = false
        linearBeforeReset = false
    }

    init(_ kind: Kind, isSequence: Bool, _ attributes: AttributeReader, version: Int) throws {
        self.kind = kind
        self.isSequence = isSequence
        self.version = version
        hiddenSize = try attributes.integer("hidden_size")
        clip = try attributes.number("clip", default: 0)
        direction = isSequence ? try attributes.choice("direction", default: .forward) : .forward
        linearBeforeReset = kind == .gru ? try attributes.boolean("linear_before_reset", default: false) : false
        couplesGates = kind == .lstm && version < 4 ? try attributes.boolean("input_forget", default: false) : false
        let names = try attributes.string("activations", default: "").split(separator: ",").map { name in
            name.filter { !$0.isWhitespace }.lowercased()
        }
        activations =
            names.isEmpty
            ? kind.activations
            : try names.map { name in
                guard let activation = Activation(rawValue: name) else {
                    throw VireoError(.unsupported, "a recurrent network with the activation \(name)")
                }
                return activation
            }
        guard (1...1 << 20).contains(hiddenSize), clip >= 0 else {
            throw VireoError(.malformedFile, "a hidden_size of \(hiddenSize) and a clip of \(clip)")
        }
        guard activations.count == kind.activations.count else {
            throw VireoError(
                .malformedFile, "\(activations.count) activations, and \(kind.activations.count) are needed")
        }
        let format = try attributes.string("weights_format", default: "fico").lowercased()
        guard format == "fico" else { throw VireoError(.unsupported, "an LSTM with the weights_format \(format)") }
    }

    public var directionCount: Int { direction == .bidirectional ? 2 : 1 }
    /// The parts of the bias.
    public var biasCount: Int { kind.gateCount + (linearBeforeReset ? 1 : 0) }

    public var type: String { kind.rawValue + (isSequence ? "Sequence" : "Cell") }
    public var attributes: [Attribute] {
        var list = [
            Attribute("hidden_size", .integer(hiddenSize)),
            Attribute("activations", .string(activations.map(\.rawValue).joined(separator: ","))),
            Attribute("activations_alpha", .numbers([])), Attribute("activations_beta", .numbers([])),
            Attribute("clip", .number(clip)),
        ]
        if isSequence { list.append(Attribute("direction", .string(direction.rawValue))) }
        if couplesGates { list.append(Attribute("input_forget", .boolean(true))) }
        if kind == .gru { list.append(Attribute("linear_before_reset", .boolean(linearBeforeReset))) }
        return list
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        let states = kind.stateCount
        // Data, states, lengths and both weights.
        let required = 1 + states + (isSequence ? 1 : 0) + 2
        try inputs.require(isSequence ? required + 1...required + 1 : required...required + 1)
        let elementType = inputs[0].elementType
        let data = try inputs.dimensions(0, rank: isSequence ? 3...3 : 2...2)
        let state = try inputs.dimensions(1, rank: isSequence ? 3...3 : 2...2)
        let batch = (data ?? state)?[0] ?? .dynamic
        let hidden = Dimension(hiddenSize)
        let directions = isSequence ? [Dimension(directionCount)] : []
        let gates = Dimension(kind.gateCount * hiddenSize)
        for index in 1...states { try require(inputs, index, [batch] + directions + [hidden]) }
        if isSequence { try require(inputs, 1 + states, [batch]) }
        try require(inputs, required - 2, directions + [gates, data?.last ?? .dynamic])
        try require(inputs, required - 1, directions + [gates, hidden])
        if inputs.count > required { try require(inputs, required, directions + [Dimension(biasCount * hiddenSize)]) }
        let results = (0..<states).map { _ in ValueType(elementType, .ranked([batch] + directions + [hidden])) }
        guard isSequence else { return results }
        let steps = data?[1] ?? .dynamic
        return [ValueType(elementType, .ranked([batch] + directions + [steps, hidden]))] + results
    }

    private func require(_ inputs: InferenceInputs, _ index: Int, _ dimensions: [Dimension]) throws {
        let needed = PartialShape.ranked(dimensions)
        guard inputs[index].shape.isCompatible(with: needed) else {
            throw VireoError(
                .invalidArgument, "input \(index) has shape \(inputs[index].shape), and \(needed) is needed")
        }
    }
}
