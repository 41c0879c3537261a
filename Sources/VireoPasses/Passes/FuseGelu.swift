import VireoIR
import VireoTensor

/// x * (1 + erf(x / sqrt(2))) / 2 becomes Gelu, and so does its approximation x * (1 + tanh(sqrt(2/pi) * (x + 0.044715
/// * x^3))) / 2, in whatever order they multiply. Hendrycks and Gimpel, https://arxiv.org/abs/1606.08415.
public struct FuseGelu: Pass {
    public init() {}

    public func run(on model: inout Model) throws {
        // The outermost product is the one to replace: from the end, so that it comes before what it is made of.
        for id in try model.topologicalOrder().reversed() where model.contains(id) {
            guard let (data, approximation) = gelu(model[id], in: model) else { continue }
            try model.replace(id, with: Gelu(approximation), inputs: [data])
        }
    }

    private func gelu(_ node: Node, in model: Model) -> (data: Output, approximation: Gelu.Approximation)? {
        guard model.isBinary(node, .multiply) else { return nil }
        let product = Product(of: node, in: model)
        guard product.factors.count == 2, isAbout(product.number, 0.5) else { return nil }
        for (gate, data) in [(0, 1), (1, 0)].map({ (product.factors[$0.0], product.factors[$0.1]) }) {
            guard let approximation = approximation(gate, of: data, in: model),
                model.type(of: data) == node.outputs[0].type
            else { continue }
            return (data, approximation)
        }
        return nil
    }

    /// The kind of Gelu when `gate` is 1 + erf(…) or 1 + tanh(…) of `data`.
    private func approximation(_ gate: Output, of data: Output, in model: Model) -> Gelu.Approximation? {
        guard let sum = model.soleBinary(gate, .add), let (curve, one, _) = model.constantOperand(sum),
            number(one).map({ isAbout($0, 1) }) == true, model.uses(of: curve).count == 1,
            let operation = model[curve.node].operation as? UnaryElementwise
        else { return nil }
        let argument = Product(of: model[curve.node].inputs[0], in: model)
        guard argument.factors.count == 1 else { return nil }
        switch operation.kind {
        case .erf: return argument.factors[0] == data && isAbout(argument.number, 0.5.squareRoot()) ? .erf : nil
        case .tanh:
            let slope = (2 / Double.pi).squareRoot()
            return isAbout(argument.number, slope) && isCubic(argument.factors[0], of: data, in: model) ? .tanh : nil
        default: return nil
        }
    }

    /// Whether `value` is x + 0.044715 * x^3.
    private func isCubic(_ value: Output, of data: Output, in model: Model) -> Bool {
        guard let sum = model.soleBinary(value, .add), let place = sum.inputs.firstIndex(of: data) else { return false }
        let cube = Product(of: sum.inputs[1 - place], in: model)
        guard isAbout(cube.number, 0.044715) else { return false }
        if cube.factors == [data, data, data] { return true }
        guard cube.factors.count == 1, let power = model.soleBinary(cube.factors[0], .power), power.inputs[0] == data,
            let exponent = model.constant(power.inputs[1])
        else { return false }
        return number(exponent) == 3
    }

    private func isAbout(_ number: Double, _ expected: Double) -> Bool { abs(number / expected - 1) < 1e-4 }
}

/// A tree of products taken apart: what is multiplied, and the numbers among it as one.
private struct Product {
    private(set) var factors: [Output] = []
    private(set) var number = 1.0

    private static let mostFactors = 8

    init(of value: Output, in model: Model) { add(value, in: model) }

    init(of node: Node, in model: Model) {
        for input in node.inputs { add(input, in: model) }
    }

    private mutating func add(_ value: Output, in model: Model) {
        let node = model[value.node]
        if let constant = model.constant(value), let number = VireoPasses.number(constant) {
            self.number *= number
        } else if factors.count < Product.mostFactors, let product = model.soleBinary(value, .multiply) {
            for input in product.inputs { add(input, in: model) }
        } else if let quotient = model.soleBinary(value, .divide), let divisor = model.constant(node.inputs[1]),
            let number = VireoPasses.number(divisor), number != 0
        {
            self.number /= number
            add(quotient.inputs[0], in: model)
        } else {
            factors.append(value)
        }
    }
}

/// The one number that a tensor holds.
func number(_ tensor: Tensor) -> Double? {
    guard tensor.elementCount == 1, tensor.elementType.isFloatingPoint else { return nil }
    return try? tensor.doubles()[0]
}
