import Testing
import VireoIR
import VireoPasses
import VireoReference
import VireoTensor

/// A model under construction: one input, and operations on it.
final class Builder {
    var model: Model
    let input: Output

    init(_ shape: Shape) throws {
        var model = Model(name: "test")
        input = Output(try model.add(Parameter(.f32, PartialShape(shape)), name: "input"))
        self.model = model
    }

    func constant(_ values: [Float], _ shape: Shape) throws -> Output {
        try model.addConstant(Tensor(values, shape), name: "constant")
    }

    func indices(_ values: [Int]) throws -> Output {
        try model.addConstant(Tensor(values.map { Int64($0) }), name: "indices")
    }

    func add(_ operation: any Operation, _ inputs: Output...) throws -> Output {
        Output(try model.add(operation, inputs, name: operation.type.lowercased()))
    }

    /// The model with `value` as its result.
    func finished(_ value: Output) throws -> Model {
        var model = model
        try model.add(Result(), [value], name: "result")
        return model
    }
}

/// The types of the operations that compute something, in topological order.
func operations(_ model: Model) throws -> [String] {
    try model.topologicalOrder().map { model[$0].type }.filter { !["Parameter", "Constant", "Result"].contains($0) }
}

/// The model's result for an input of varied numbers, by the reference kernels.
func evaluate(_ model: Model, _ shape: Shape) throws -> [Float] {
    var values: [Output: Tensor] = [:]
    for id in try model.topologicalOrder() {
        let node = model[id]
        switch node.operation {
        case is Parameter:
            let numbers = (0..<shape.elementCount).map { Float(($0 * 37) % 23) - 11 }
            values[Output(id)] = Tensor(numbers, shape)
        case let constant as Constant: values[Output(id)] = constant.tensor
        case is Result: return try values[node.inputs[0]]!.array(of: Float.self)
        default:
            let outputs = try Reference.evaluate(
                node.operation, node.inputs.map { values[$0]! }, outputs: node.outputs.map(\.type))
            for (index, output) in outputs.enumerated() { values[Output(id, index)] = output }
        }
    }
    return []
}

/// Runs one pass, and checks that the model is sound and computes what it did.
func run(_ pass: any Pass, on model: Model, input: Shape) throws -> Model {
    var changed = model
    try PassPipeline([pass]).run(on: &changed, verifying: true)
    let before = try evaluate(model, input)
    let after = try evaluate(changed, input)
    #expect(before.count == after.count)
    // Merged constants are rounded once more or once less.
    for (old, new) in zip(before, after) { #expect(abs(old - new) <= 1e-4 * max(1, abs(old))) }
    return changed
}

let image: Shape = [1, 3, 5, 4]
let window = SlidingWindow(strides: [1, 1])

extension Builder {
    func convolution(_ data: Output, channels: Int = 3, _ window: SlidingWindow = window) throws
        -> Output
    {
        let weights = try constant((0..<2 * channels * 4).map { Float($0 % 5) - 2 }, [2, channels, 2, 2])
        return try add(Convolution(window), data, weights)
    }
}
