import Dispatch
import Glibc

/// Splits the outermost loop of a kernel over threads when there is enough of it.
enum Parallel {
    /// At most this many threads; nil means every processor.
    @TaskLocal static var threadLimit: Int?

    /// Below this, waking another thread costs more than it saves.
    private static let smallestShare = 200_000.0
    private static let processorCount = max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1)

    /// Calls `body` with ranges that together cover `0..<count`, from several threads at once.
    /// - Parameter nanoseconds: about what one item takes.
    static func forEach(_ count: Int, nanoseconds: Double, _ body: (Range<Int>) -> Void) {
        guard count > 0 else { return }
        let threads = threadLimit.map { min(max($0, 1), processorCount) } ?? processorCount
        let worthwhile = Int(min(Double(count) * nanoseconds / smallestShare, 1e6)) + 1
        // Four shares a thread even out a busy machine, but only threads that may all be used can take them.
        let shares = min(count, worthwhile, threads == processorCount && threads > 1 ? threads * 4 : threads)
        guard shares > 1 else { return body(0..<count) }
        let (size, longer) = count.quotientAndRemainder(dividingBy: shares)
        withoutActuallyEscaping(body) { body in
            nonisolated(unsafe) let work = body
            DispatchQueue.concurrentPerform(iterations: shares) { share in
                let start = share * size + min(share, longer)
                work(start..<start + size + (share < longer ? 1 : 0))
            }
        }
    }
}
