import Glibc
import Synchronization

/// Threads that share the iterations of a loop.
///
/// One loop runs at a time. A loop that finds the team at work runs on its caller's thread alone, so requests that run
/// side by side do not wait for each other.
public final class ThreadTeam: Sendable {
    /// One thread for each processor that this process may use, the caller's among them.
    public static let shared = ThreadTeam(count: HostProcessor.availableCount)

    /// Threads that can work on one loop, the caller's included.
    public let count: Int

    private let crew: Crew

    /// - Parameter count: threads that can work on one loop, the caller's included. They start with the first loop that
    ///   wants them and stay until the process ends.
    public init(count: Int) {
        self.count = max(count, 1)
        crew = Crew(workers: self.count - 1)
    }

    /// Calls `body` once for each index from 0 to `count` - 1, in any order and at the same time.
    /// - Parameters:
    ///   - threads: the most threads to use.
    ///   - body: gets the index, and the number of the thread that runs it: less than `threads`, and never the same in
    ///     two calls at once, so that it can select a thread's own scratch memory.
    public func forEach(_ count: Int, threads: Int, _ body: (_ index: Int, _ thread: Int) -> Void) {
        let helpers = min(threads, count, self.count) - 1
        if helpers > 0, crew.work(count, helpers: helpers, body) { return }
        for index in 0..<max(count, 0) { body(index, 0) }
    }
}

/// The workers behind a team, which live as long as the process.
private final class Crew: @unchecked Sendable {
    typealias Body = (Int, Int) -> Void

    /// Taken by the caller whose loop is running; what follows is its.
    private let isBusy = Atomic<Bool>(false)
    private let workers: Int
    private var hasStarted = false

    private var body: UnsafePointer<Body>?
    private var count = 0
    private let next = Atomic<Int>(0)
    /// The workers inside the loop; `open` is added while more may come in.
    private let gate = Atomic<Int>(0)
    private let wanted = Atomic<Int>(0)
    private static let open = 1 << 32

    /// Counts the loops, and so tells a worker that there is a new one.
    private let generation = Atomic<Int>(0)
    private let sleepers = Atomic<Int>(0)
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    /// A few microseconds: about the gap between two layers. Longer spinning would take the processor from others.
    private static let spins = 4000

    init(workers: Int) {
        self.workers = workers
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    /// Runs the loop, unless another one is running.
    func work(_ count: Int, helpers: Int, _ body: Body) -> Bool {
        guard isBusy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
            return false
        }
        defer { isBusy.store(false, ordering: .releasing) }
        if !hasStarted {
            for worker in 0..<workers { start(worker) }
            hasStarted = true
        }
        withoutActuallyEscaping(body) { body in
            withUnsafePointer(to: body) { pointer in
                self.body = pointer
                self.count = count
                next.store(0, ordering: .relaxed)
                wanted.store(helpers, ordering: .relaxed)
                gate.store(Crew.open, ordering: .sequentiallyConsistent)
                generation.add(1, ordering: .sequentiallyConsistent)
                if sleepers.load(ordering: .sequentiallyConsistent) > 0 { wake() }
                take(pointer, thread: 0)
                gate.subtract(Crew.open, ordering: .sequentiallyConsistent)
                awaitWorkers()
                self.body = nil
            }
        }
        return true
    }

    private func wake() {
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    private func awaitWorkers() {
        var spins = 0
        while gate.load(ordering: .acquiring) > 0 {
            spins += 1
            if spins > Crew.spins { sched_yield() }
        }
    }

    @inline(never)
    private func take(_ body: UnsafePointer<Body>, thread: Int) {
        while true {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            if index >= count { return }
            body.pointee(index, thread)
        }
    }

    private func start(_ worker: Int) {
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(crew: self, worker: worker))
        let failure = pthread_create(&thread, nil, runWorker, start.toOpaque())
        // A loop needs no worker: without this thread the others take its share.
        if failure != 0 { start.release() } else { pthread_detach(thread) }
    }

    fileprivate func serve(_ worker: Int) -> Never {
        var seen = 0
        while true {
            seen = awaitLoop(after: seen)
            guard enter() else { continue }
            // Inside, the loop cannot end, and so it stays the one that is read here.
            if worker < wanted.load(ordering: .relaxed), let body { take(body, thread: worker + 1) }
            gate.subtract(1, ordering: .sequentiallyConsistent)
        }
    }

    private func awaitLoop(after seen: Int) -> Int {
        for _ in 0..<Crew.spins {
            let now = generation.load(ordering: .acquiring)
            if now != seen { return now }
        }
        pthread_mutex_lock(mutex)
        sleepers.add(1, ordering: .sequentiallyConsistent)
        while generation.load(ordering: .sequentiallyConsistent) == seen { pthread_cond_wait(condition, mutex) }
        sleepers.subtract(1, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(mutex)
        return generation.load(ordering: .acquiring)
    }

    /// Joins the loop, unless it is closed.
    private func enter() -> Bool {
        var inside = gate.load(ordering: .acquiring)
        while inside >= Crew.open {
            let (exchanged, original) = gate.compareExchange(
                expected: inside, desired: inside + 1, ordering: .sequentiallyConsistent)
            if exchanged { return true }
            inside = original
        }
        return false
    }
}

private final class Start: Sendable {
    let crew: Crew
    let worker: Int

    init(crew: Crew, worker: Int) {
        self.crew = crew
        self.worker = worker
    }
}

private func runWorker(_ start: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let start else { return nil }
    let arguments = Unmanaged<Start>.fromOpaque(start).takeRetainedValue()
    arguments.crew.serve(arguments.worker)
}
