import Dispatch
import Synchronization

/// The results of `body` for each number below `count`.
/// - Parameter limit: how many are computed at a time; 1 or less for one after the other on the calling thread.
/// - Throws: what the lowest number that fails throws; numbers above it may not have been computed.
func concurrently<Result: Sendable>(
    _ count: Int, atATime limit: Int, _ body: @escaping @Sendable (Int) throws -> Result
) throws -> [Result] {
    guard limit > 1, count > 1 else { return try (0..<count).map(body) }
    let work = ConcurrentWork(count, body)
    let finished = DispatchGroup()
    for _ in 1..<min(limit, count) {
        finished.enter()
        Worker().perform {
            work.run()
            finished.leave()
        }
    }
    work.run()
    finished.wait()
    return try work.results()
}

private final class ConcurrentWork<Result: Sendable>: Sendable {
    private struct State {
        var next = 0
        var results: [Swift.Result<Result, any Error>?]
        var hasFailed = false
    }

    private let count: Int
    private let body: @Sendable (Int) throws -> Result
    private let state: Mutex<State>

    init(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Result) {
        self.count = count
        self.body = body
        state = Mutex(State(results: (0..<count).map { _ in nil }))
    }

    /// Takes numbers until there are none, or one has failed.
    func run() {
        while let number = take() {
            let result = Swift.Result { try body(number) }
            state.withLock { state in
                state.results[number] = result
                if case .failure = result { state.hasFailed = true }
            }
        }
    }

    private func take() -> Int? {
        state.withLock { state in
            guard !state.hasFailed, state.next < count else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    /// Numbers are taken in order, so that what was not computed comes after what failed.
    func results() throws -> [Result] { try state.withLock { try $0.results.compactMap { try $0?.get() } } }
}
