// The names are those of vireo.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CVireo
import Synchronization
import Vireo

/// The inputs and outputs of a model, for C.
final class CPorts: Sendable {
    private let memory = CMemory()
    nonisolated(unsafe) let inputs: [vireo_port]
    nonisolated(unsafe) let outputs: [vireo_port]

    typealias Port = (name: String, type: ValueType)

    init(inputs: [Port], outputs: [Port]) {
        func ports(_ list: [Port], _ memory: CMemory) -> [vireo_port] {
            list.map { memory.port($0, $1) }
        }
        self.inputs = ports(inputs, memory)
        self.outputs = ports(outputs, memory)
    }
}

extension CMemory {
    /// The description lives as long as the memory.
    func port(_ name: String, _ type: ValueType) -> vireo_port {
        let dims = type.shape.dimensions?.map { Int64($0.value ?? -1) }
        return vireo_port(
            struct_size: 0, name: string(name), element_type: type.elementType.rawValue,
            rank: Int32(dims?.count ?? -1), dims: list(dims ?? []))
    }
}

/// A `vireo_model`.
final class CModel: Sendable {
    private struct State {
        var model: Model
        var ports: CPorts
        /// Kept so that what C has been given stays valid.
        var earlier: [CPorts] = []
    }

    private let memory = CMemory()
    nonisolated(unsafe) let name: UnsafePointer<CChar>
    private let state: Mutex<State>

    init(_ model: Model) {
        name = memory.string(model.name)
        state = Mutex(State(model: model, ports: CPorts(model)))
    }

    var model: Model { state.withLock { $0.model } }
    var ports: CPorts { state.withLock { $0.ports } }

    /// Changes the model, or leaves it as it was when the change throws.
    func change(_ body: (inout Model) throws -> Void) throws {
        var model = self.model
        try body(&model)
        state.withLock {
            $0.earlier.append($0.ports)
            $0.model = model
            $0.ports = CPorts(model)
        }
    }
}

extension CPorts {
    convenience init(_ model: Model) {
        self.init(
            inputs: model.parameters.map { (model[$0].name, model[$0].outputs[0].type) },
            outputs: model.results.map { id in
                let value = model[id].inputs[0]
                let node = model[value.node]
                return (
                    node.outputs.count == 1 ? node.name : "\(node.name).\(value.index)", node.outputs[value.index].type
                )
            })
    }

    convenience init(_ compiled: CompiledModel) {
        func ports(_ list: [CompiledModel.Port]) -> [Port] {
            list.map { ($0.name, ValueType($0.elementType, $0.shape)) }
        }
        self.init(inputs: ports(compiled.inputs), outputs: ports(compiled.outputs))
    }
}

@c @implementation
public func vireo_model_read(
    _ path: UnsafePointer<CChar>!, _ model: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
    attempt {
        let target = try place(model)
        target.pointee = Handle.make(CModel(try Model(modelFile: text(path, "path"))))
    }
}

@c @implementation
public func vireo_model_release(_ model: OpaquePointer!) { Handle.release(model, as: CModel.self) }

@c @implementation
public func vireo_model_name(_ model: OpaquePointer!) -> UnsafePointer<CChar>! {
    Handle.object(model, as: CModel.self).name
}

@c @implementation
public func vireo_model_input_count(_ model: OpaquePointer!) -> Int {
    Handle.object(model, as: CModel.self).ports.inputs.count
}

@c @implementation
public func vireo_model_output_count(_ model: OpaquePointer!) -> Int {
    Handle.object(model, as: CModel.self).ports.outputs.count
}

@c @implementation
public func vireo_model_input(
    _ model: OpaquePointer!, _ index: Int, _ port: UnsafeMutablePointer<vireo_port>!
) -> OpaquePointer! {
    attempt { try write(element(required(model, as: CModel.self).ports.inputs, index, "input"), to: port) }
}

@c @implementation
public func vireo_model_output(
    _ model: OpaquePointer!, _ index: Int, _ port: UnsafeMutablePointer<vireo_port>!
) -> OpaquePointer! {
    attempt { try write(element(required(model, as: CModel.self).ports.outputs, index, "output"), to: port) }
}

@c @implementation
public func vireo_model_write(
    _ model: OpaquePointer!, _ xml_path: UnsafePointer<CChar>!, _ bin_path: UnsafePointer<CChar>!
) -> OpaquePointer! {
    attempt {
        try required(model, as: CModel.self).model.writeIR(
            xml: text(xml_path, "xml_path"), weights: text(bin_path, "bin_path"))
    }
}

// MARK: - Changing models

@c @implementation
public func vireo_model_reshape(
    _ model: OpaquePointer!, _ input: UnsafePointer<CChar>!, _ dims: UnsafePointer<Int64>!, _ rank: Int
) -> OpaquePointer! {
    attempt {
        let name = try text(input, "input")
        guard rank == 0 || dims != nil, (0...64).contains(rank) else {
            throw VireoError(.invalidArgument, "dims of rank \(rank)", remedy: "give rank dimensions, at most 64")
        }
        let shape = PartialShape.ranked(
            try UnsafeBufferPointer(start: dims, count: rank).map { dimension in
                guard dimension >= -1 else { throw VireoError(.invalidArgument, "a dimension of \(dimension)") }
                return dimension < 0 ? .dynamic : Dimension(Int(dimension))
            })
        try required(model, as: CModel.self).change { try $0.reshape([name: shape]) }
    }
}

@c @implementation
public func vireo_model_set_input_format(
    _ model: OpaquePointer!, _ input: UnsafePointer<CChar>!, _ format: UnsafePointer<vireo_input_format>!
) -> OpaquePointer! {
    attempt {
        guard let format else { throw VireoError(.invalidArgument, "the format is NULL") }
        let known = try vireo_input_format(reading: format)
        let name = input.map { String(cString: $0) }
        try required(model, as: CModel.self).change { try $0.setInputFormat(InputFormat(known), of: name) }
    }
}

extension vireo_input_format: GrowingStruct {
    /// What the caller's struct holds; members that it does not have are zero.
    fileprivate init(reading source: UnsafePointer<vireo_input_format>) throws(VireoError) {
        let size = source.pointee.struct_size
        guard size >= MemoryLayout<Int>.size, size <= 4096 else {
            throw VireoError(
                .invalidArgument, "struct_size is \(size)", remedy: "set it to sizeof the struct before the call")
        }
        self.init()
        withUnsafeMutableBytes(of: &self) { bytes in
            bytes.copyMemory(from: UnsafeRawBufferPointer(start: source, count: min(size, bytes.count)))
        }
    }
}

extension InputFormat {
    fileprivate init(_ format: vireo_input_format) throws(VireoError) {
        func extent(_ value: Int64) -> Dimension? { value == 0 ? nil : value < 0 ? .dynamic : Dimension(Int(value)) }
        func numbers(_ list: UnsafePointer<Double>?, _ count: Int, _ name: String) throws(VireoError) -> [Double] {
            guard (0...4096).contains(count), count == 0 || list != nil else {
                throw VireoError(.invalidArgument, "\(count) numbers of \(name)")
            }
            return Array(UnsafeBufferPointer(start: list, count: count))
        }
        guard let type = ElementType(rawValue: format.element_type) else {
            throw VireoError(.invalidArgument, "\(format.element_type) is no element type")
        }
        let resampling: Resampling
        switch format.resampling {
        case VIREO_RESAMPLING_BILINEAR: resampling = .bilinear
        case VIREO_RESAMPLING_NEAREST: resampling = .nearest
        case VIREO_RESAMPLING_BICUBIC: resampling = .bicubic
        default: throw VireoError(.invalidArgument, "\(format.resampling) is no resampling")
        }
        self.init(
            elementType: type == .dynamic ? nil : type,
            layout: try format.layout.map { (text) throws(VireoError) in try Layout(String(cString: text)) },
            height: extent(format.height), width: extent(format.width), resampling: resampling,
            reversesChannels: format.reverses_channels, mean: try numbers(format.mean, format.mean_count, "mean"),
            scale: try numbers(format.scale, format.scale_count, "scale"))
    }
}
