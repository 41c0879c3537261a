// The names are those of vireo.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CVireo
import Synchronization
import Vireo

// MARK: - Compiled models

/// A `vireo_compiled_model`.
final class CCompiledModel: Sendable {
    let compiled: CompiledModel
    let ports: CPorts
    private let memory = CMemory()
    nonisolated(unsafe) let name: UnsafePointer<CChar>
    /// Every text that C was given, which stays valid.
    private let texts = Mutex<[String: UInt]>([:])

    init(_ compiled: CompiledModel) {
        self.compiled = compiled
        name = memory.string(compiled.name)
        ports = CPorts(compiled)
    }

    /// A text about who runs what now; it changes while AUTO moves to another device.
    func kept(_ text: String) -> UnsafePointer<CChar>? {
        let address = texts.withLock { texts in
            let known = texts[text] ?? UInt(bitPattern: memory.string(text))
            texts[text] = known
            return known
        }
        return UnsafePointer(bitPattern: address)
    }
}

@c @implementation
public func vireo_core_compile(
    _ core: OpaquePointer!, _ model: OpaquePointer!, _ device: UnsafePointer<CChar>!,
    _ settings: UnsafePointer<vireo_setting>!, _ setting_count: Int,
    _ compiled: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
    attempt {
        let target = try place(compiled)
        var properties: [String: String] = [:]
        for setting in UnsafeBufferPointer(start: settings, count: settings == nil ? 0 : setting_count) {
            properties[try text(setting.name, "a setting's name")] = try text(setting.value, "a setting's value")
        }
        let core = try required(core, as: CCore.self).core
        let model = try required(model, as: CModel.self).model
        let result = try core.compile(model, device: text(device, "device"), properties: Configuration(properties))
        target.pointee = Handle.make(CCompiledModel(result))
    }
}

@c @implementation
public func vireo_compiled_model_release(_ compiled: OpaquePointer!) {
    Handle.release(compiled, as: CCompiledModel.self)
}

@c @implementation
public func vireo_compiled_model_input_count(_ compiled: OpaquePointer!) -> Int {
    Handle.object(compiled, as: CCompiledModel.self).ports.inputs.count
}

@c @implementation
public func vireo_compiled_model_output_count(_ compiled: OpaquePointer!) -> Int {
    Handle.object(compiled, as: CCompiledModel.self).ports.outputs.count
}

@c @implementation
public func vireo_compiled_model_input(
    _ compiled: OpaquePointer!, _ index: Int, _ port: UnsafeMutablePointer<vireo_port>!
) -> OpaquePointer! {
    attempt { try write(element(required(compiled, as: CCompiledModel.self).ports.inputs, index, "input"), to: port) }
}

@c @implementation
public func vireo_compiled_model_output(
    _ compiled: OpaquePointer!, _ index: Int, _ port: UnsafeMutablePointer<vireo_port>!
) -> OpaquePointer! {
    attempt { try write(element(required(compiled, as: CCompiledModel.self).ports.outputs, index, "output"), to: port) }
}

@c @implementation
public func vireo_compiled_model_summary(_ compiled: OpaquePointer!) -> UnsafePointer<CChar>! {
    let compiled = Handle.object(compiled, as: CCompiledModel.self)
    return compiled.kept(compiled.compiled.placement.summary)
}

@c @implementation
public func vireo_compiled_model_placement(_ compiled: OpaquePointer!) -> UnsafePointer<CChar>! {
    let compiled = Handle.object(compiled, as: CCompiledModel.self)
    return compiled.kept(compiled.compiled.placement.description)
}

@c @implementation
public func vireo_compiled_model_name(_ compiled: OpaquePointer!) -> UnsafePointer<CChar>! {
    Handle.object(compiled, as: CCompiledModel.self).name
}

@c @implementation
public func vireo_compiled_model_input_index(
    _ compiled: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ index: UnsafeMutablePointer<Int>!
) -> OpaquePointer! {
    attempt {
        let (name, inputs) = (
            try text(name, "name"), try required(compiled, as: CCompiledModel.self).compiled.inputs
        )
        guard let index else { throw VireoError(.invalidArgument, "the out-parameter is NULL") }
        guard let found = inputs.firstIndex(where: { $0.isCalled(name) }) else {
            throw VireoError(
                .invalidArgument, "no input is called \"\(name)\"",
                remedy: "the inputs are " + inputs.map(\.description).joined(separator: ", "))
        }
        index.pointee = found
    }
}

@c @implementation
public func vireo_compiled_model_properties(
    _ compiled: OpaquePointer!, _ properties: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
    attempt {
        let target = try place(properties)
        target.pointee = Handle.make(CProperties(try required(compiled, as: CCompiledModel.self).compiled.properties))
    }
}

@c @implementation
public func vireo_compiled_model_write_execution_graph(
    _ compiled: OpaquePointer!, _ xml_path: UnsafePointer<CChar>!, _ bin_path: UnsafePointer<CChar>!
) -> OpaquePointer! {
    attempt {
        let graph = try required(compiled, as: CCompiledModel.self).compiled.knownExecutionGraph()
        try graph.writeIR(xml: text(xml_path, "xml_path"), weights: text(bin_path, "bin_path"))
    }
}

extension CompiledModel {
    /// - Throws: `unavailable` as long as it is not known what runs.
    func knownExecutionGraph() throws(VireoError) -> Model {
        if let graph = executionGraph { return graph }
        throw VireoError(.unavailable, "what runs is not known yet", remedy: "run a request once")
    }
}

@c @implementation
public func vireo_compiled_model_optimal_request_count(_ compiled: OpaquePointer!) -> Int {
    Handle.object(compiled, as: CCompiledModel.self).compiled.optimalRequestCount
}
