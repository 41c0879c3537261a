import Glibc
import Synchronization

/// Work that nobody waits for, except the end of the process.
enum BackgroundWork {
    private static let threads = Mutex<[pthread_t]>([])
    private static let waitsAtExit: Void = {
        atexit { BackgroundWork.wait() }
        return ()
    }()

    /// Runs `work` on a thread of its own, or right now where none can be had.
    static func run(_ work: @escaping @Sendable () -> Void) {
        _ = waitsAtExit
        let box = Unmanaged.passRetained(Box(work))
        var thread = pthread_t()
        guard pthread_create(&thread, nil, runBox, box.toOpaque()) == 0 else {
            box.release()
            return work()
        }
        threads.withLock { [thread] in $0.append(thread) }
    }

    /// Returns when all of it is done.
    static func wait() {
        while let thread = threads.withLock({ $0.popLast() }) { pthread_join(thread, nil) }
    }
}

private final class Box: Sendable {
    let work: @Sendable () -> Void
    init(_ work: @escaping @Sendable () -> Void) { self.work = work }
}

private func runBox(_ box: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let box else { return nil }
    Unmanaged<Box>.fromOpaque(box).takeRetainedValue().work()
    return nil
}
