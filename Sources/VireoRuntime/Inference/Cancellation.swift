import Synchronization
import VireoTensor

/// Calls off one run: it ends soon, with an error `cancelled`.
public final class Cancellation: Sendable {
    private struct State {
        var isCancelled = false
        /// What executes for the run now.
        var context: Context?
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    public init() {}

    public var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Ends the run. A run that has ended stays as it is. May be called from any thread, and again.
    public func cancel() {
        let action = state.withLock { state in
            state.isCancelled = true
            state.context?.cancel()
            defer { state.action = nil }
            return state.action
        }
        action?()
    }

    /// - Throws: `cancelled` when the run is called off.
    func check() throws(VireoError) {
        if isCancelled { throw Cancellation.error }
    }

    static let error = VireoError(.cancelled, "the run was cancelled")

    /// Runs `body`, in which `context` executes.
    func executing<Value>(_ context: Context, _ body: () throws -> Value) throws -> Value {
        try state.withLock { state throws(VireoError) in
            if state.isCancelled { throw Cancellation.error }
            context.prepare()
            state.context = context
        }
        defer { state.withLock { $0.context = nil } }
        let value = try body()
        try check()
        return value
    }

    /// Calls `action` once when the run is called off; now when it has been.
    func whenCancelled(_ action: @escaping @Sendable () -> Void) {
        let isCancelled = state.withLock { state in
            if !state.isCancelled { state.action = action }
            return state.isCancelled
        }
        if isCancelled { action() }
    }

    /// Forgets what is to be done when the run is called off.
    func ended() { state.withLock { $0.action = nil } }
}
