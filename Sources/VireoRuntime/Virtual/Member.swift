import Synchronization
import VireoTensor

/// One of the devices that a virtual device spreads requests over: a compiled model, and requests that wait to be used
/// again.
final class Member: Sendable {
    let model: CompiledModel

    private struct State {
        var idle: [InferRequest] = []
        var runningCount = 0
        var failure: VireoError?
    }

    private let state = Mutex(State())

    init(_ model: CompiledModel) { self.model = model }

    var name: String { model.target }

    /// What the device failed with; it is not used any more.
    var failure: VireoError? { state.withLock { $0.failure } }

    /// How much of the member's capacity is in use: 1 when as many requests run as use it fully.
    var load: Double { Double(state.withLock { $0.runningCount }) / Double(model.optimalRequestCount) }

    /// Runs the model, and counts the member out when its device fails.
    func run(_ inputs: [Tensor], into results: inout [Tensor], _ control: RunControl) throws -> InferRequest {
        let request = try take()
        do {
            try request.run(inputs, into: &results, cancellation: control.cancellation)
        } catch {
            state.withLock { state in
                state.runningCount -= 1
                // A request that failed is not used again: its context may be in any state.
                if Member.isDeviceFailure(error) { state.failure = state.failure ?? VireoError(wrapping: error) }
            }
            throw error
        }
        state.withLock { state in
            state.runningCount -= 1
            state.idle.append(request)
        }
        return request
    }

    private func take() throws -> InferRequest {
        let idle = state.withLock { state in
            state.runningCount += 1
            return state.idle.popLast()
        }
        if let idle { return idle }
        do {
            return try model.makeRequest()
        } catch {
            state.withLock { state in
                state.runningCount -= 1
                state.failure = state.failure ?? VireoError(wrapping: error)
            }
            throw error
        }
    }

    /// Whether another device may do better: what the caller did wrong stays wrong there.
    static func isDeviceFailure(_ error: any Error) -> Bool {
        guard let error = error as? VireoError else { return true }
        return error.code != .invalidArgument && error.code != .cancelled && error.code != .busy
    }
}

extension VireoError {
    /// - Parameter error: itself, or an internal error with its text.
    init(wrapping error: any Error) { self = error as? VireoError ?? VireoError(.internalError, "\(error)") }

    /// Every member of a virtual device has failed.
    init(allFailed members: [(name: String, error: VireoError)], of name: String) {
        self.init(
            .unavailable, "every device of \(name) has failed",
            in: members.map { "\($0.name): " + ([$0.error.message] + $0.error.context).joined(separator: ", ") })
    }
}
