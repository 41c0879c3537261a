import Synchronization

/// Which devices are the best of the models that AUTO runs, and how important those models are.
final class ModelPriorities: Sendable {
    /// A model's place among the others, which ends with the object.
    final class Claim: Sendable {
        /// The members in the order in which this model prefers them.
        let order: [Int]
        private let number: Int
        private let board: ModelPriorities

        fileprivate init(_ order: [Int], _ number: Int, on board: ModelPriorities) {
            self.order = order
            self.number = number
            self.board = board
        }

        deinit { board.end(number) }
    }

    private struct State {
        var best: [Int: (device: String, priority: ModelPriority)] = [:]
        var nextNumber = 0
    }

    private let state = Mutex(State())

    /// The order of devices for another model: those that no model of higher priority has as its best come first.
    /// - Parameter devices: best first.
    func claim(_ devices: [String], for priority: ModelPriority) -> Claim {
        let (order, number) = state.withLock { state in
            let taken = Set(state.best.values.filter { $0.priority > priority }.map(\.device))
            let order =
                devices.indices.filter { !taken.contains(devices[$0]) }
                + devices.indices.filter { taken.contains(devices[$0]) }
            state.nextNumber += 1
            if let first = order.first { state.best[state.nextNumber] = (devices[first], priority) }
            return (order, state.nextNumber)
        }
        return Claim(order, number, on: self)
    }

    private func end(_ number: Int) { state.withLock { _ = $0.best.removeValue(forKey: number) } }
}
