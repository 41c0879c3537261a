import Glibc
import SoakAllocations
import VireoIR
import VireoRuntime
import VireoTensor

/// Runs for a long time and watches the process's memory: 100 000 inferences, 1 000 cycles of finding the devices,
/// compiling, running and letting go, and inferences by many tasks at a time. `make soak` runs it. With an argument n
/// it does an n-th of that.
///
/// Exit status 1 when the resident set grows by 2 MB or more after the warm-up, or when an inference on ONEDNN
/// allocates. What oneDNN itself allocates for the arguments of each primitive (C++) is told, and is no failure.
@main
struct Soak {
    static func main() async throws {
        vireo_count_cxx_separately()
        var report = Report()
        let devices = try Core().devices.filter { $0.kind == .cpu && $0.usesHostMemory }.map(\.name)
        for device in devices { try inferences(on: device, &report) }
        for device in devices { try cycles(on: device, &report) }
        for device in devices { try await tasks(on: device, &report) }
        exit(report.failures.isEmpty ? 0 : 1)
    }

    struct Report {
        var failures: [String] = []

        mutating func check(_ isGood: Bool, _ line: String) {
            let text = (isGood ? "ok      " : "FAILED  ") + line + "\n"
            text.withCString { _ = write(STDOUT_FILENO, $0, strlen($0)) }
            if !isGood { failures.append(line) }
        }
    }

    /// Which part of everything is done: 1 for all, 10 for a tenth.
    static let divisor = max(CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1, 1)

    /// 100 000 inferences with one request.
    static func inferences(on device: String, _ report: inout Report) throws {
        let request = try Core().compile(network(), device: device).makeRequest()
        let inputs = [pattern([1, 3, 8, 8], period: 7)]
        var outputs: [Tensor] = []
        for _ in 0..<1000 { try request.run(inputs, into: &outputs) }
        let memory = residentBytes()
        let (allocations, cxxAllocations) = (vireo_allocation_count(), vireo_cxx_allocation_count())
        let count = max(100_000 / divisor, 1000)
        for _ in 0..<count { try request.run(inputs, into: &outputs) }
        let each = Double(vireo_allocation_count() - allocations) / Double(count)
        let cxxEach = Double(vireo_cxx_allocation_count() - cxxAllocations) / Double(count)
        let growth = residentBytes() - memory
        report.check(growth < limit, "\(device): \(count) inferences, \(growth / 1024) KiB more")
        // A stray allocation of a library's timer or thread is not one of the inference.
        report.check(
            device != "ONEDNN" || each < 0.001,
            "\(device): \(each) allocations an inference, and \(cxxEach) by libraries in C++")
    }

    /// 1 000 times from finding the devices to letting everything go.
    static func cycles(on device: String, _ report: inout Report) throws {
        let model = try network()
        let input = try Tensor(zeros: .f32, [1, 3, 8, 8])
        func cycle() throws { _ = try Core().compile(model, device: device).makeRequest().run([input]) }
        for _ in 0..<100 { try cycle() }
        malloc_trim(0)
        let memory = residentBytes()
        let count = max(1000 / divisor, 10)
        for _ in 0..<count { try cycle() }
        malloc_trim(0)
        let growth = residentBytes() - memory
        report.check(growth < limit, "\(device): \(count) cycles of load and unload, \(growth / 1024) KiB more")
    }

    /// 64 tasks that share a pool of requests, some of them cancelled.
    static func tasks(on device: String, _ report: inout Report) async throws {
        let compiled = try Core().compile(network(), device: device, properties: ["NUM_STREAMS": "2"])
        let pool = try RequestPool(compiled)
        let input = try Tensor(zeros: .f32, [1, 3, 8, 8])
        func round() async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<64 {
                    group.addTask {
                        for step in 0..<20 {
                            let run = Task { try await pool.run([input]) }
                            if (task + step) % 5 == 0 { run.cancel() }
                            _ = try? await run.value
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        for _ in 0..<4 { try await round() }
        let memory = residentBytes()
        let count = max(16 / divisor, 2)
        for _ in 0..<count { try await round() }
        let growth = residentBytes() - memory
        report.check(growth < limit, "\(device): \(count * 64 * 20) inferences by 64 tasks, \(growth / 1024) KiB more")
    }

    private static let limit = 2 << 20

    /// A small network: convolution, ReLU, pooling, a matrix product, SoftMax.
    static func network() throws -> Model {
        var model = Model(name: "soak")
        let data = Output(try model.add(Parameter(.f32, PartialShape([1, 3, 8, 8])), name: "data"))
        let weights = try model.addConstant(pattern([16, 3, 3, 3], period: 5), name: "weights")
        let window = SlidingWindow(strides: [1, 1], autoPad: .sameUpper)
        let convolution = Output(try model.add(Convolution(window), [data, weights], name: "convolution"))
        let relu = Output(try model.add(UnaryElementwise(.relu), [convolution], name: "relu"))
        let pool = Output(
            try model.add(
                MaxPool(SlidingWindow(strides: [2, 2], autoPad: .valid), kernel: [2, 2], rounding: .floor), [relu],
                name: "pool"))
        let flat = try model.addConstant(Tensor([1, 256] as [Int64]), name: "flat")
        let row = Output(try model.add(Reshape(), [pool, flat], name: "row"))
        let matrix = try model.addConstant(pattern([256, 10], period: 11), name: "matrix")
        let scores = Output(try model.add(MatMul(), [row, matrix], name: "scores"))
        let probabilities = Output(try model.add(SoftMax(axis: 1), [scores], name: "probabilities"))
        try model.add(VireoIR.Result(), [probabilities], name: "result")
        return model
    }

    /// Values between -0.5 and 0.5 that repeat.
    private static func pattern(_ shape: Shape, period: Int) -> Tensor {
        Tensor((0..<shape.elementCount).map { Float($0 % period) / Float(period) - 0.5 }, shape)
    }

    /// The process's resident set, from `/proc/self/statm`.
    static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let pages = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(separator: " ")
        return (pages.count > 1 ? Int(pages[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
