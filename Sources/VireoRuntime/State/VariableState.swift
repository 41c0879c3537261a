import VireoIR
import VireoTensor

/// A variable of a stateful model in one request: what the model assigned in its last run and reads in the next.
///
/// ```swift
/// let request = try compiled.makeRequest()
/// for frame in frames { print(try request.run([frame])) }
/// try request.resetState()
/// ```
public struct VariableState: Sendable {
    /// The name that the model gives the variable.
    public let name: String
    /// The element type, and what is known of the shape.
    public let type: ValueType
    private let request: InferRequest
    private let index: Int

    fileprivate init(_ variable: StateVariable, _ request: InferRequest, _ index: Int) {
        name = variable.name
        type = variable.type
        self.request = request
        self.index = index
    }

    /// What the next run reads. Before the first run that is the model's initial value, or zeros where the model
    /// computes it from its inputs.
    /// - Throws: `busy` while a run is under way.
    public var tensor: Tensor {
        get throws { try request.withStates { $0.values[index] } }
    }

    /// Gives the next run another value to read.
    /// - Throws: `invalidArgument` for a tensor of another element type or shape; `busy` while a run is under way.
    public func set(_ tensor: Tensor) throws { try request.withStates { try $0.set(index, to: tensor) } }

    /// Makes the next run begin with the initial value.
    /// - Throws: `busy` while a run is under way.
    public func reset() throws { try request.withStates { $0.reset(index) } }
}

extension InferRequest {
    /// The model's variables in this request, in the order of the model; none when it has no ReadValue and no Assign.
    public func queryState() -> [VariableState] {
        model.variables.enumerated().map { VariableState($1, self, $0) }
    }

    /// Makes the next run begin with the initial values of all variables.
    /// - Throws: `busy` while a run is under way.
    public func resetState() throws {
        guard !model.variables.isEmpty else { return }
        try withStates { runner in for index in runner.variables.indices { runner.reset(index) } }
    }

    fileprivate func withStates<Value: Sendable>(
        _ body: @Sendable (StatefulRunner) throws -> Value
    ) throws -> Value {
        try whileIdle { runner in
            guard let stateful = runner as? StatefulRunner else {
                throw VireoError(.internalError, "a request of a model with variables that has none")
            }
            return try body(stateful)
        }
    }
}

extension CompiledModel {
    var variables: [StateVariable] { (program as? StatefulProgram)?.variables ?? [] }
}
