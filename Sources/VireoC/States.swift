// The names are those of vireo.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CVireo
import Vireo

/// The variables of a `vireo_request`.
final class CStates: Sendable {
    let variables: [VariableState]
    private let memory = CMemory()
    nonisolated(unsafe) let ports: [vireo_port]

    init(of request: InferRequest) {
        variables = request.queryState()
        ports = variables.map { [memory] in memory.port($0.name, $0.type) }
    }
}

private func variable(_ request: OpaquePointer?, _ index: Int) throws -> VariableState {
    try element(required(request, as: CRequest.self).states.variables, index, "variable")
}

@c @implementation
public func vireo_request_state_count(_ request: OpaquePointer!) -> Int {
    Handle.object(request, as: CRequest.self).states.variables.count
}

@c @implementation
public func vireo_request_state(
    _ request: OpaquePointer!, _ index: Int, _ state: UnsafeMutablePointer<vireo_port>!
) -> OpaquePointer! {
    attempt { try write(element(required(request, as: CRequest.self).states.ports, index, "variable"), to: state) }
}

@c @implementation
public func vireo_request_state_value(
    _ request: OpaquePointer!, _ index: Int, _ value: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
    attempt {
        let target = try place(value)
        target.pointee = Handle.make(CTensor(try variable(request, index).tensor))
    }
}

@c @implementation
public func vireo_request_set_state(
    _ request: OpaquePointer!, _ index: Int, _ value: OpaquePointer!
) -> OpaquePointer! {
    attempt { try variable(request, index).set(required(value, as: CTensor.self).tensor.copied()) }
}

@c @implementation
public func vireo_request_reset_state(_ request: OpaquePointer!, _ index: Int) -> OpaquePointer! {
    attempt { try variable(request, index).reset() }
}

@c @implementation
public func vireo_request_reset_states(_ request: OpaquePointer!) -> OpaquePointer! {
    attempt { try required(request, as: CRequest.self).request.resetState() }
}

extension Tensor {
    /// The same elements in memory of its own. A run writes into what an earlier one read, and the caller's memory is not
    /// for that.
    fileprivate func copied() throws(VireoError) -> Tensor {
        var copy = try Tensor(zeros: elementType, shape)
        copy.withUnsafeMutableBytes { target in withUnsafeBytes { target.copyMemory(from: $0) } }
        return copy
    }
}
