import VireoTensor

/// What follows a producer (a convolution or matrix product) closely enough to run in the same kernel:
/// a bias, then a residual sum, then an activation.
public struct Epilogue {
    public enum Activation: Equatable, Sendable {
        case relu
        case clamp(lower: Float, upper: Float)
        case sigmoid
        case tanh
    }

    /// One number an output channel.
    public private(set) var bias: [Float]?
    /// The value added after the bias, of the output's own shape.
    public private(set) var residual: Int?
    public private(set) var activation: Activation?
    /// The nodes that the epilogue replaces, in order.
    public private(set) var nodes: [NodeView] = []
    /// The value that holds the result: the producer's output when nothing is fused.
    public private(set) var output: Int

    /// Which parts a kernel can do.
    public struct Abilities: OptionSet, Sendable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }
        public static let bias = Abilities(rawValue: 1)
        public static let residual = Abilities(rawValue: 2)
        public static let relu = Abilities(rawValue: 4)
        public static let clamp = Abilities(rawValue: 8)
        public static let sigmoid = Abilities(rawValue: 16)
        public static let tanh = Abilities(rawValue: 32)
        public static let activations: Abilities = [.relu, .clamp, .sigmoid, .tanh]
    }

    /// Follows `producer`'s output through the nodes that only it feeds.
    /// - Parameters:
    ///   - channelAxis: the axis that a bias runs along, counted from the front.
    ///   - isAvailable: whether a value is computed by the time the producer's last fused node would run; a residual
    ///     must be.
    public init(
        of producer: NodeView, in graph: GraphView, channelAxis: Int, abilities: Abilities,
        isAvailable: (_ value: Int) -> Bool = { _ in false }
    ) {
        output = producer.outputs[0]
        guard let shape = graph.values[output].dimensions else { return }
        while let next = graph.soleConsumer(of: output), activation == nil {
            if next.opType == "Add", next.inputs.count == 2, next.inputs[0] != next.inputs[1] {
                let other = next.inputs[0] == output ? next.inputs[1] : next.inputs[0]
                guard graph.values[next.outputs[0]].dimensions == shape else { return }
                if abilities.contains(.bias), bias == nil, residual == nil,
                    let perChannel = perChannelConstant(graph.values[other], shape, channelAxis)
                {
                    bias = perChannel
                } else if abilities.contains(.residual), residual == nil, graph.values[other].constant == nil,
                    graph.values[other].dimensions == shape, isAvailable(other)
                {
                    residual = other
                } else {
                    return
                }
            } else if let found = Epilogue.activation(next), abilities.contains(found.ability) {
                activation = found.activation
            } else {
                return
            }
            nodes.append(next)
            output = next.outputs[0]
        }
    }

    /// The activation that a node computes, when it is one of the kinds above.
    public static func activation(_ node: NodeView) -> (activation: Activation, ability: Abilities)? {
        switch node.opType {
        case "ReLU", "Relu": return (.relu, .relu)
        case "Sigmoid": return (.sigmoid, .sigmoid)
        case "Tanh": return (.tanh, .tanh)
        case "Clamp":
            guard let lower = try? node.number("min"), let upper = try? node.number("max") else { return nil }
            return (.clamp(lower: Float(lower), upper: Float(upper)), .clamp)
        default: return nil
        }
    }
}

/// The elements of `value` as one number a channel of `shape`, when it is a constant that broadcasts along the channel
/// axis only (or a single number).
public func perChannelConstant(_ value: ValueView, _ shape: [Int], _ channelAxis: Int) -> [Float]? {
    guard let elements = value.floats, let dimensions = value.dimensions, dimensions.count <= shape.count else {
        return nil
    }
    let channels = shape[channelAxis]
    if elements.count == 1 { return [Float](repeating: elements[0], count: channels) }
    let axis = channelAxis - (shape.count - dimensions.count)
    guard axis >= 0, dimensions[axis] == channels, elements.count == channels else { return nil }
    return elements
}
