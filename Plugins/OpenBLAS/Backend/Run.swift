import VireoPluginKit

/// What a kernel has while it runs.
struct Run {
    /// The address of each of the graph's values.
    let addresses: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    let workspace: UnsafeMutablePointer<Float>
    let threads: Int
    let blas: OpenBLASLibrary

    subscript(value: Int) -> UnsafeMutablePointer<Float> { addresses[value] }

    /// Elements of simple work that are worth a second thread.
    static let grain = 1 << 15

    /// Calls `body` once for each index, on all threads. `thread` is less than `threads`.
    func forEach(_ count: Int, _ body: (_ index: Int, _ thread: Int) -> Void) {
        ThreadTeam.shared.forEach(count, threads: threads, body)
    }

    /// Divides `count` indices that cost `cost` elements of simple work each, and calls `body` with every part.
    func forRanges(_ count: Int, cost: Int = 1, _ body: (Range<Int>) -> Void) {
        let parts = max(1, min(count, count * cost / Run.grain, threads * 4))
        forEach(parts) { part, _ in body(count * part / parts..<count * (part + 1) / parts) }
    }

    /// Copies `count` elements unless they are in place.
    func copy(_ source: UnsafePointer<Float>, to destination: UnsafeMutablePointer<Float>, count: Int) {
        guard UnsafePointer(destination) != source else { return }
        forRanges(count) { part in
            (destination + part.lowerBound).update(from: source + part.lowerBound, count: part.count)
        }
    }
}
