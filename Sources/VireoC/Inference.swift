// The names are those of vireo.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CVireo
import Dispatch
import Synchronization
import Vireo

/// A `vireo_request`.
final class CRequest: Sendable {
    let request: InferRequest
    let states: CStates
    /// Calls off the run that was started last.
    private let cancellation = Mutex(Cancellation())
    private let ended = DispatchGroup()

    init(_ compiled: CompiledModel, _ trace: Trace?) throws {
        request = try compiled.makeRequest(trace: trace)
        states = CStates(of: request)
    }

    /// - Throws: what makes it impossible to start; the completion is then not called.
    func start(_ inputs: [Tensor], _ completion: @escaping @Sendable (Swift.Result<[Tensor], any Error>) -> Void) throws
    {
        let own = Cancellation()
        ended.enter()
        do {
            // A completion that starts the next run waits here until this one is known.
            try cancellation.withLock { current in
                try request.begin(inputs, cancellation: own) { [ended] result in
                    completion(result)
                    ended.leave()
                }
                current = own
            }
        } catch {
            ended.leave()
            throw error
        }
    }

    func cancel() { cancellation.withLock { $0 }.cancel() }

    func wait() { ended.wait() }
}

/// The tensors behind an array of handles.
func tensors(_ handles: UnsafePointer<OpaquePointer?>?, _ count: Int) throws -> [Tensor] {
    guard let handles else {
        guard count == 0 else { throw VireoError(.invalidArgument, "inputs is NULL") }
        return []
    }
    return try (0..<count).map { try required(handles[$0], as: CTensor.self).tensor }
}

@c @implementation
public func vireo_request_create(
    _ compiled: OpaquePointer!, _ trace: OpaquePointer!, _ request: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
    attempt {
        let target = try place(request)
        let trace = trace.map { Handle.object($0, as: Trace.self) }
        target.pointee = Handle.make(try CRequest(required(compiled, as: CCompiledModel.self).compiled, trace))
    }
}

@c @implementation
public func vireo_request_release(_ request: OpaquePointer!) { Handle.release(request, as: CRequest.self) }

@c @implementation
public func vireo_request_run(
    _ request: OpaquePointer!, _ inputs: UnsafePointer<OpaquePointer?>!, _ input_count: Int,
    _ outputs: UnsafeMutablePointer<OpaquePointer?>!, _ output_count: Int
) -> OpaquePointer! {
    attempt {
        let request = try required(request, as: CRequest.self)
        let outputs = try room(for: request.request.model, outputs, output_count)
        let results = try request.request.run(tensors(inputs, input_count))
        for (index, tensor) in results.enumerated() { outputs[index] = Handle.make(CTensor(tensor)) }
    }
}

/// Where the outputs of a model go.
func room(
    for model: CompiledModel, _ outputs: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int
) throws(VireoError) -> UnsafeMutablePointer<OpaquePointer?> {
    guard let outputs, count == model.outputs.count else {
        throw VireoError(.invalidArgument, "room for \(outputs == nil ? 0 : count) of \(model.outputs.count) outputs")
    }
    return outputs
}

@c @implementation
public func vireo_request_run_into(
    _ request: OpaquePointer!, _ inputs: UnsafePointer<OpaquePointer?>!, _ input_count: Int,
    _ outputs: UnsafeMutablePointer<OpaquePointer?>!, _ output_count: Int, _ cancellation: OpaquePointer!
) -> OpaquePointer! {
    attempt {
        let request = try required(request, as: CRequest.self).request
        let outputs = try room(for: request.model, outputs, output_count)
        let known = (0..<output_count).compactMap { outputs[$0].map { Handle.object($0, as: CTensor.self) } }
        let isReusing = known.count == output_count
        // Taken out of their handles, so that nobody shares them and their memory can be written.
        var results = isReusing ? known.map { $0.take() } : []
        defer { if isReusing { for (handle, tensor) in zip(known, results) { handle.putBack(tensor) } } }
        try request.run(
            tensors(inputs, input_count), into: &results,
            cancellation: cancellation.map { Handle.object($0, as: Cancellation.self) })
        for (index, result) in results.enumerated() {
            if isReusing, known[index].holds(result.shape) { continue }
            let old = outputs[index]
            outputs[index] = Handle.make(CTensor(result))
            Handle.release(old, as: CTensor.self)
        }
    }
}

/// What C passes along; it keeps `user` safe to use from the thread of the callback.
struct Completion: @unchecked Sendable {
    let callback: vireo_completion_callback
    let user: UnsafeMutableRawPointer?

    func call(_ result: Swift.Result<[Tensor], any Error>) {
        switch result {
        case .failure(let error): callback(user, Handle.make(CError(error)), nil, 0)
        case .success(let tensors):
            var handles = tensors.map { Optional(Handle.make(CTensor($0))) }
            handles.withUnsafeMutableBufferPointer { callback(user, nil, $0.baseAddress, $0.count) }
        }
    }
}

@c @implementation
public func vireo_request_start(
    _ request: OpaquePointer!, _ inputs: UnsafePointer<OpaquePointer?>!, _ input_count: Int,
    _ callback: vireo_completion_callback!, _ user: UnsafeMutableRawPointer!
) -> OpaquePointer! {
    attempt {
        guard let callback else { throw VireoError(.invalidArgument, "the callback is NULL") }
        let completion = Completion(callback: callback, user: user)
        try required(request, as: CRequest.self).start(tensors(inputs, input_count)) { completion.call($0) }
    }
}

@c @implementation
public func vireo_request_cancel(_ request: OpaquePointer!) { Handle.object(request, as: CRequest.self).cancel() }

@c @implementation
public func vireo_request_wait(_ request: OpaquePointer!) { Handle.object(request, as: CRequest.self).wait() }

@c @implementation
public func vireo_request_write_execution_graph(
    _ request: OpaquePointer!, _ xml_path: UnsafePointer<CChar>!, _ bin_path: UnsafePointer<CChar>!
) -> OpaquePointer! {
    attempt {
        let request = try required(request, as: CRequest.self).request
        try request.model.knownExecutionGraph().timed(by: request.profile).writeIR(
            xml: text(xml_path, "xml_path"), weights: text(bin_path, "bin_path"))
    }
}

// MARK: - Traces

@c @implementation
public func vireo_trace_create(_ trace: UnsafeMutablePointer<OpaquePointer?>!) -> OpaquePointer! {
    attempt { try place(trace).pointee = Handle.make(Trace()) }
}

@c @implementation
public func vireo_trace_write(_ trace: OpaquePointer!, _ path: UnsafePointer<CChar>!) -> OpaquePointer! {
    attempt { try required(trace, as: Trace.self).write(to: text(path, "path")) }
}

@c @implementation
public func vireo_trace_release(_ trace: OpaquePointer!) { Handle.release(trace, as: Trace.self) }

// MARK: - Profiling

/// A `vireo_profile`.
final class CProfile: Sendable {
    private let memory = CMemory()
    nonisolated(unsafe) let entries: [vireo_profile_entry]

    init(_ rows: [ProfileRow]) {
        entries = rows.map { [memory] row in
            vireo_profile_entry(
                struct_size: 0, node_name: memory.string(row.nodeName), op_type: memory.string(row.opType),
                exec_type: memory.string(row.execType), status: memory.string(row.status.name),
                real_microseconds: Int64(row.realMicroseconds), cpu_microseconds: Int64(row.cpuMicroseconds))
        }
    }
}

@c @implementation
public func vireo_request_profile(
    _ request: OpaquePointer!, _ profile: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
    attempt {
        let target = try place(profile)
        target.pointee = Handle.make(CProfile(try required(request, as: CRequest.self).request.profile))
    }
}

@c @implementation
public func vireo_profile_count(_ profile: OpaquePointer!) -> Int {
    Handle.object(profile, as: CProfile.self).entries.count
}

@c @implementation
public func vireo_profile_at(
    _ profile: OpaquePointer!, _ index: Int, _ entry: UnsafeMutablePointer<vireo_profile_entry>!
) -> OpaquePointer! {
    attempt { try write(element(required(profile, as: CProfile.self).entries, index, "row"), to: entry) }
}

@c @implementation
public func vireo_profile_release(_ profile: OpaquePointer!) { Handle.release(profile, as: CProfile.self) }
