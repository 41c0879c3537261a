/// The values that were used last, up to a fixed number.
struct RecentlyUsed<Key: Hashable, Value> {
    private let capacity: Int
    private var values: [Key: Value] = [:]
    /// Most recently used last.
    private var order: [Key] = []

    /// - Precondition: a capacity of at least one.
    init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
    }

    /// What was read or written last.
    var latest: Value? { order.last.flatMap { values[$0] } }

    subscript(key: Key) -> Value? {
        mutating get {
            guard let value = values[key] else { return nil }
            touch(key)
            return value
        }
        set {
            values[key] = newValue
            order.removeAll { $0 == key }
            guard newValue != nil else { return }
            order.append(key)
            if order.count > capacity { values[order.removeFirst()] = nil }
        }
    }

    private mutating func touch(_ key: Key) {
        guard order.last != key else { return }
        order.removeAll { $0 == key }
        order.append(key)
    }
}
