import Vireo

/// Two convolutions whose inputs and weights are rounded to 8 bits, as post-training quantization writes them.
enum QuantizedNetwork {
    static let inputShape: Shape = [1, 16, 12, 12]

    static func model() throws -> Model {
        var model = Model(name: "quantized")
        let input = Output(try model.add(Parameter(.f32, PartialShape(inputShape)), name: "input"))
        var value = input
        for number in 0..<2 {
            let data = try rounded(value, 0, 2, levels: 256, "conv\(number)/data", &model)
            let numbers = (0..<16 * 16 * 9).map { Float(($0 * 7 + number) % 11) / 11 - 0.5 }
            let constant = try model.addConstant(Tensor(numbers, [16, 16, 3, 3]), name: "conv\(number)/weights")
            let weights = try rounded(constant, -0.5, 0.5, levels: 255, "conv\(number)/weights_rounded", &model)
            let window = SlidingWindow(strides: [1, 1], padsBegin: [1, 1], padsEnd: [1, 1])
            let product = Output(try model.add(Convolution(window), [data, weights], name: "conv\(number)"))
            value = Output(try model.add(UnaryElementwise(.relu), [product], name: "relu\(number)"))
        }
        try model.add(Result(), [value], name: "result")
        return model
    }

    static func input() throws -> Tensor { try Tensor(random: .f32, inputShape, seed: 1) }

    private static func rounded(
        _ value: Output, _ low: Float, _ high: Float, levels: Int, _ name: String, _ model: inout Model
    ) throws -> Output {
        let limits = try zip([low, high, low, high], ["in_low", "in_high", "out_low", "out_high"]).map {
            try model.addConstant(Tensor([$0], []), name: "\(name)/\($1)")
        }
        return Output(try model.add(FakeQuantize(levels: levels), [value] + limits, name: name))
    }
}
