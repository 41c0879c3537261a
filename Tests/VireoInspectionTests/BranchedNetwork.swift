import Vireo

/// A network with names in scopes: two branches of convolution, bias and ReLU, joined by a Concat, and a sigmoid.
enum BranchedNetwork {
    static let inputShape: Shape = [1, 3, 6, 6]

    static func model() throws -> Model {
        var model = Model(name: "branched")
        let input = Output(try model.add(Parameter(.f32, PartialShape(inputShape)), name: "input"))
        let branches = try (0..<2).map { try branch($0, of: input, &model) }
        let joined = Output(try model.add(Concat(axis: 1), branches, name: "block/concat"))
        let output = Output(try model.add(UnaryElementwise(.sigmoid), [joined], name: "head/sigmoid"))
        try model.add(Result(), [output], name: "result")
        return model
    }

    static func input() throws -> Tensor { try Tensor(random: .f32, inputShape, seed: 1) }

    private static func branch(_ number: Int, of input: Output, _ model: inout Model) throws -> Output {
        let scope = "block/branch_\(number)/"
        let weights = (0..<4 * 3 * 9).map { Float(($0 * 7 + number) % 11) / 11 - 0.5 }
        let kernel = try model.addConstant(Tensor(weights, [4, 3, 3, 3]), name: scope + "weights")
        let bias = try model.addConstant(Tensor([Float(0.1), 0.2, -0.3, 0], [1, 4, 1, 1]), name: scope + "bias")
        let window = SlidingWindow(strides: [1, 1], padsBegin: [1, 1], padsEnd: [1, 1])
        let convolved = Output(try model.add(Convolution(window), [input, kernel], name: scope + "conv"))
        let sum = Output(try model.add(BinaryElementwise(.add), [convolved, bias], name: scope + "add"))
        return Output(try model.add(UnaryElementwise(.relu), [sum], name: scope + "relu"))
    }
}
