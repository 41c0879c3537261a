import VireoIR
import VireoTensor

/// A whole graph as a list of operations that are evaluated one after the other: what runs the body of a Loop.
struct ModelEvaluator {
    private struct Step {
        let label: String
        let operation: any Operation
        let inputs: [Int]
        let outputs: Range<Int>
        /// Values that nobody reads after this step.
        var released: [Int] = []
    }

    private var steps: [Step] = []
    /// By value; nil for what is computed or given.
    private var constants: [Tensor?] = []
    private let parameters: [Int]
    private let results: [Int]

    init(_ model: Model) throws {
        var numbers: [Output: Int] = [:]
        for id in try model.topologicalOrder() {
            let node = model[id]
            let first = constants.count
            for index in node.outputs.indices { numbers[Output(id, index)] = first + index }
            constants += node.outputs.map { _ in (node.operation as? Constant)?.tensor }
            guard !(node.operation is Parameter), !(node.operation is Constant), !(node.operation is Result) else {
                continue
            }
            steps.append(
                Step(
                    label: node.label, operation: node.operation, inputs: node.inputs.map { numbers[$0]! },
                    outputs: first..<constants.count))
        }
        parameters = model.parameters.map { numbers[Output($0)]! }
        results = model.results.map { numbers[model[$0].inputs[0]]! }
        var lastUses: [Int: Int] = [:]
        for (index, step) in steps.enumerated() {
            for value in Array(step.outputs) + step.inputs { lastUses[value] = index }
        }
        let kept = Set(results)
        for (value, index) in lastUses where constants[value] == nil && !kept.contains(value) {
            steps[index].released.append(value)
        }
    }

    func callAsFunction(_ inputs: [Tensor]) throws -> [Tensor] {
        var values = constants
        for (value, input) in zip(parameters, inputs) { values[value] = input }
        for step in steps {
            let outputs = step.outputs.map { _ in ValueType(.dynamic, .unranked) }
            let made = try withContext("node \(step.label)") {
                try Reference.evaluate(
                    step.operation, step.inputs.map { values[$0]! }, outputs: outputs, threads: Parallel.threadLimit)
            }
            for (value, tensor) in zip(step.outputs, made) { values[value] = tensor }
            for value in step.released { values[value] = nil }
        }
        return results.map { values[$0]! }
    }
}
