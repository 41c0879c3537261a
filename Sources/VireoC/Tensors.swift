// The names are those of vireo.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CVireo
import Synchronization
import Vireo

/// A `vireo_tensor`.
final class CTensor: @unchecked Sendable {
    /// Changed only by `vireo_tensor_mutable_data`, which the caller keeps away from other uses.
    var tensor: Tensor
    private let memory = CMemory()
    let dims: UnsafePointer<Int64>
    private let rank: Int

    private static let nothing = Tensor([] as [Float])

    init(_ tensor: Tensor) {
        self.tensor = tensor
        rank = tensor.shape.rank
        dims = memory.list(tensor.shape.dimensions.map { Int64($0) })
    }
}

extension CTensor {
    /// The tensor, which nobody holds any more.
    func take() -> Tensor {
        defer { tensor = CTensor.nothing }
        return tensor
    }

    /// Keeps a tensor of the shape that C was told; others are not for this handle.
    func putBack(_ tensor: Tensor) { if holds(tensor.shape) { self.tensor = tensor } }

    func holds(_ shape: Shape) -> Bool {
        shape.rank == rank && shape.dimensions.indices.allSatisfy { dims[$0] == Int64(shape[$0]) }
    }
}

/// Memory of C's that lives until nobody reads it.
private final class Owner: @unchecked Sendable {
    let release: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?
    let user: UnsafeMutableRawPointer?
    let isArmed = Mutex(false)

    init(_ release: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?, _ user: UnsafeMutableRawPointer?) {
        self.release = release
        self.user = user
    }

    func letGo() { if isArmed.withLock({ $0 }) { release?(user) } }
}

private func elementType(_ code: Int32) throws(VireoError) -> ElementType {
    guard let type = ElementType(rawValue: code), type != .dynamic else {
        throw VireoError(.invalidArgument, "\(code) is no element type", remedy: "use one of VIREO_TYPE_*")
    }
    return type
}

private func shape(_ dims: UnsafePointer<Int64>?, _ rank: Int) throws(VireoError) -> Shape {
    guard rank == 0 || dims != nil, rank >= 0, rank <= 64 else {
        throw VireoError(.invalidArgument, "dims of rank \(rank)", remedy: "give rank dimensions, at most 64")
    }
    return try Shape(validating: UnsafeBufferPointer(start: dims, count: rank).map { Int($0) })
}

@c @implementation
public func vireo_tensor_create(
    _ element_type: Int32, _ dims: UnsafePointer<Int64>!, _ rank: Int, _ tensor: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
    attempt {
        let target = try place(tensor)
        target.pointee = Handle.make(
            CTensor(try Tensor(zeros: elementType(element_type), shape(dims, rank))))
    }
}

@c @implementation
public func vireo_tensor_wrap(
    _ element_type: Int32, _ dims: UnsafePointer<Int64>!, _ rank: Int, _ data: UnsafeMutableRawPointer!,
    _ byte_count: Int, _ release: (@convention(c) (UnsafeMutableRawPointer?) -> Void)!,
    _ user: UnsafeMutableRawPointer!, _ tensor: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
    attempt {
        let target = try place(tensor)
        let (type, shape) = (try elementType(element_type), try shape(dims, rank))
        guard data != nil || byte_count == 0 else { throw VireoError(.invalidArgument, "data is NULL") }
        let width = type.byteWidth ?? 1
        guard Int(bitPattern: data) % width == 0 else {
            throw VireoError(.invalidArgument, "data is not aligned to the \(width) bytes of an element")
        }
        let owner = Owner(release, user)
        let storage = TensorStorage(
            adopting: UnsafeMutableRawBufferPointer(start: data, count: byte_count), isWritable: true
        ) { _ in owner.letGo() }
        let wrapped = try Tensor(type, shape, viewing: storage)
        guard wrapped.byteCount == byte_count else {
            throw VireoError(
                .invalidArgument, "\(byte_count) bytes for \(type)\(shape), which takes \(wrapped.byteCount)")
        }
        owner.isArmed.withLock { $0 = true }
        target.pointee = Handle.make(CTensor(wrapped))
    }
}

@c @implementation
public func vireo_tensor_read_npy(
    _ path: UnsafePointer<CChar>!, _ tensor: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
    attempt {
        let target = try place(tensor)
        target.pointee = Handle.make(CTensor(try Tensor(numpyFile: text(path, "path"))))
    }
}

@c @implementation
public func vireo_tensor_write_npy(_ tensor: OpaquePointer!, _ path: UnsafePointer<CChar>!) -> OpaquePointer! {
    attempt { try required(tensor, as: CTensor.self).tensor.write(numpyFile: text(path, "path")) }
}

@c @implementation
public func vireo_tensor_from_images(
    _ model: OpaquePointer!, _ paths: UnsafePointer<UnsafePointer<CChar>?>!, _ count: Int,
    _ tensor: UnsafeMutablePointer<OpaquePointer?>!
) -> OpaquePointer! {
    attempt {
        let target = try place(tensor)
        let input = try ImageInput(of: required(model, as: CModel.self).model)
        let images = try texts(paths, count, "path").map { try Image(contentsOf: $0) }
        target.pointee = Handle.make(CTensor(try input.tensor(images)))
    }
}

@c @implementation
public func vireo_tensor_release(_ tensor: OpaquePointer!) { Handle.release(tensor, as: CTensor.self) }

@c @implementation
public func vireo_tensor_element_type(_ tensor: OpaquePointer!) -> Int32 {
    Handle.object(tensor, as: CTensor.self).tensor.elementType.rawValue
}

@c @implementation
public func vireo_tensor_rank(_ tensor: OpaquePointer!) -> Int {
    Handle.object(tensor, as: CTensor.self).tensor.shape.rank
}

@c @implementation
public func vireo_tensor_dims(_ tensor: OpaquePointer!) -> UnsafePointer<Int64>! {
    Handle.object(tensor, as: CTensor.self).dims
}

@c @implementation
public func vireo_tensor_byte_count(_ tensor: OpaquePointer!) -> Int {
    Handle.object(tensor, as: CTensor.self).tensor.byteCount
}

@c @implementation
public func vireo_tensor_data(_ tensor: OpaquePointer!) -> UnsafeRawPointer! {
    // The address stays valid: memory behind a tensor does not move while the tensor lives unchanged.
    Handle.object(tensor, as: CTensor.self).tensor.withUnsafeBytes { $0.baseAddress }
}

@c @implementation
public func vireo_tensor_mutable_data(_ tensor: OpaquePointer!) -> UnsafeMutableRawPointer! {
    Handle.object(tensor, as: CTensor.self).tensor.withUnsafeMutableBytes { $0.baseAddress }
}
