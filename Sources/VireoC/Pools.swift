// The names are those of vireo.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CVireo
import Vireo

// A `vireo_pool` is a `RequestPool`, and a `vireo_cancellation` a `Cancellation`.

@c @implementation
public func vireo_pool_create(
    _ compiled: OpaquePointer!, _ request_count: Int, _ trace: OpaquePointer!,
    _ pool: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
    attempt {
        let target = try place(pool)
        let model = try required(compiled, as: CCompiledModel.self).compiled
        target.pointee = Handle.make(
            try RequestPool(
                model, requestCount: request_count == 0 ? nil : request_count,
                trace: trace.map { Handle.object($0, as: Trace.self) }))
    }
}

@c @implementation
public func vireo_pool_release(_ pool: OpaquePointer!) { Handle.release(pool, as: RequestPool.self) }

@c @implementation
public func vireo_pool_request_count(_ pool: OpaquePointer!) -> Int {
    Handle.object(pool, as: RequestPool.self).requestCount
}

@c @implementation
public func vireo_pool_waiting_count(_ pool: OpaquePointer!) -> Int {
    Handle.object(pool, as: RequestPool.self).waitingCount
}

@c @implementation
public func vireo_pool_run(
    _ pool: OpaquePointer!, _ inputs: UnsafePointer<OpaquePointer?>!, _ input_count: Int,
    _ outputs: UnsafeMutablePointer<OpaquePointer?>!, _ output_count: Int
) -> OpaquePointer! {
    attempt {
        let pool = try required(pool, as: RequestPool.self)
        let outputs = try room(for: pool.model, outputs, output_count)
        let results = try pool.run(tensors(inputs, input_count))
        for (index, tensor) in results.enumerated() { outputs[index] = Handle.make(CTensor(tensor)) }
    }
}

@c @implementation
public func vireo_pool_start(
    _ pool: OpaquePointer!, _ inputs: UnsafePointer<OpaquePointer?>!, _ input_count: Int,
    _ cancellation: OpaquePointer!, _ callback: vireo_completion_callback!, _ user: UnsafeMutableRawPointer!
) -> OpaquePointer! {
    attempt {
        guard let callback else { throw VireoError(.invalidArgument, "the callback is NULL") }
        let completion = Completion(callback: callback, user: user)
        let cancellation = cancellation.map { Handle.object($0, as: Cancellation.self) } ?? Cancellation()
        try required(pool, as: RequestPool.self).start(
            tensors(inputs, input_count), cancellation: cancellation
        ) { completion.call($0) }
    }
}

// MARK: - Cancellation

@c @implementation
public func vireo_cancellation_create(_ cancellation: UnsafeMutablePointer<OpaquePointer?>!) -> OpaquePointer! {
    attempt { try place(cancellation).pointee = Handle.make(Cancellation()) }
}

@c @implementation
public func vireo_cancellation_cancel(_ cancellation: OpaquePointer!) {
    Handle.object(cancellation, as: Cancellation.self).cancel()
}

@c @implementation
public func vireo_cancellation_release(_ cancellation: OpaquePointer!) {
    Handle.release(cancellation, as: Cancellation.self)
}
