import VireoIR
import VireoTensor

/// A small classifier: a convolution, a block with a residual sum, a mean over the image and a matrix product.
enum Network {
    static let channels = 8
    static let size = 12

    static func model() throws -> Model {
        var model = Model(name: "small")
        var numbers = Numbers(state: 7)
        func weights(_ shape: Shape, in model: inout Model) throws -> Output {
            let fanIn = Float(shape.elementCount / shape[0])
            let elements = (0..<shape.elementCount).map { _ in numbers.next() * 2 / fanIn.squareRoot() }
            return try model.addConstant(Tensor(elements, shape), name: "weights")
        }
        func layer(
            _ source: Output, _ shape: Shape, _ name: String, grouped: Bool = false, in model: inout Model
        ) throws -> Output {
            var window = SlidingWindow(strides: [1, 1])
            window.padsBegin = Array(shape.dimensions.suffix(2)).map { $0 / 2 }
            window.padsEnd = window.padsBegin
            let operation: any Operation = grouped ? GroupConvolution(window) : Convolution(window)
            let product = Output(try model.add(operation, [source, weights(shape, in: &model)], name: name))
            let bias = try model.addConstant(
                Tensor((0..<channels).map { _ in numbers.next() }, [1, channels, 1, 1]), name: "\(name)/bias")
            return Output(try model.add(BinaryElementwise(.add), [product, bias], name: "\(name)/biased"))
        }
        func relu(_ value: Output, in model: inout Model) throws -> Output {
            Output(try model.add(UnaryElementwise(.relu), [value], name: "relu"))
        }
        let input = Output(try model.add(Parameter(.f32, PartialShape([1, 3, size, size])), name: "input"))
        let stem = try relu(layer(input, [channels, 3, 3, 3], "stem", in: &model), in: &model)
        let depthwise = try relu(
            layer(stem, [channels, 1, 1, 3, 3], "depthwise", grouped: true, in: &model), in: &model)
        let branch = try layer(depthwise, [channels, channels, 1, 1], "branch", in: &model)
        let sum = Output(try model.add(BinaryElementwise(.add), [stem, branch], name: "sum"))
        let axes = try model.addConstant(Tensor([Int64(2), 3]), name: "axes")
        let mean = Output(
            try model.add(Reduction(.mean, keepDims: false), [relu(sum, in: &model), axes], name: "mean"))
        let scores = Output(
            try model.add(MatMul(transposeB: true), [mean, weights([5, channels], in: &model)], name: "scores"))
        let output = Output(try model.add(SoftMax(axis: 1), [scores], name: "probabilities"))
        try model.add(Result(), [output], name: "result")
        return model
    }

    static func sample(_ index: Int) -> [Tensor] {
        var numbers = Numbers(state: UInt64(index) &* 977 &+ 3)
        return [Tensor((0..<3 * size * size).map { _ in numbers.next() }, [1, 3, size, size])]
    }
}

/// Reproducible numbers from -1 to 1 (Steele, Lea and Flood's SplitMix64).
struct Numbers {
    var state: UInt64

    mutating func next() -> Float {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Float((mixed ^ (mixed >> 31)) >> 40) / Float(1 << 23) - 1
    }
}
