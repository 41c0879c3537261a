import Dispatch
import Glibc
import Synchronization

/// A thread of one's own that does jobs in order.
///
/// Native libraries keep state for each thread that calls them (OpenMP a team of threads), so that a request always
/// computes on the same one. The thread starts with the first job and ends after the last once the worker is gone.
final class Worker: Sendable {
    private let queue = Queue()
    private let hasStarted = Mutex(false)

    private final class Queue: Sendable {
        private let jobs = Mutex<[@Sendable () -> Void]>([])
        private let isClosed = Atomic(false)
        private let available = DispatchSemaphore(value: 0)

        func add(_ job: @escaping @Sendable () -> Void) {
            jobs.withLock { $0.append(job) }
            available.signal()
        }

        func close() {
            isClosed.store(true, ordering: .releasing)
            available.signal()
        }

        func work() {
            while true {
                available.wait()
                let job = jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                if let job {
                    job()
                } else if isClosed.load(ordering: .acquiring) {
                    return
                }
            }
        }
    }

    deinit { queue.close() }

    func perform(_ job: @escaping @Sendable () -> Void) {
        queue.add(job)
        hasStarted.withLock { hasStarted in
            guard !hasStarted else { return }
            hasStarted = true
            Worker.startThread(for: queue)
        }
    }

    private static func startThread(for queue: Queue) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, &attributes,
            { argument in
                Unmanaged<Queue>.fromOpaque(argument!).takeRetainedValue().work()
                return nil
            }, Unmanaged.passRetained(queue).toOpaque())
        precondition(result == 0, "no thread can be started: \(String(cString: strerror(result)))")
    }
}
