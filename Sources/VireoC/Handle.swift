// The names are those of vireo.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CVireo
import Glibc
import VireoTensor

/// Turns Swift objects into the opaque pointers of `vireo.h` and back.
///
/// What C passes in is trusted to be a live handle of the right type, as `vireo.h` demands.
enum Handle {
    /// A pointer that owns the object until `release`.
    static func make(_ object: some AnyObject) -> OpaquePointer {
        OpaquePointer(Unmanaged.passRetained(object).toOpaque())
    }

    static func object<Object: AnyObject>(_ handle: OpaquePointer, as type: Object.Type = Object.self) -> Object {
        Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
    }

    static func release<Object: AnyObject>(_ handle: OpaquePointer?, as type: Object.Type) {
        guard let handle else { return }
        Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle)).release()
    }
}

/// Strings and numbers for C that live as long as their owner.
final class CMemory: @unchecked Sendable {
    private var blocks: [UnsafeMutableRawPointer] = []

    deinit { for block in blocks { block.deallocate() } }

    func string(_ text: String) -> UnsafePointer<CChar> { list(Array(text.utf8CString)) }

    /// The address is never NULL, also for an empty list.
    func list<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafePointer<Element> {
        let copy = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
        copy.initialize(from: elements, count: elements.count)
        blocks.append(UnsafeMutableRawPointer(copy))
        return UnsafePointer(copy)
    }
}

/// A struct of `vireo.h` that a caller of an older version may know only in part.
protocol GrowingStruct {
    var struct_size: Int { get set }
}

extension vireo_device: GrowingStruct {}
extension vireo_plugin: GrowingStruct {}
extension vireo_property_entry: GrowingStruct {}
extension vireo_port: GrowingStruct {}
extension vireo_profile_entry: GrowingStruct {}

/// Writes as much of `value` as the caller's struct has room for.
func write<Value: GrowingStruct>(_ value: Value, to target: UnsafeMutablePointer<Value>?) throws(VireoError) {
    guard let target else { throw VireoError(.invalidArgument, "the struct to fill is NULL") }
    let size = target.pointee.struct_size
    guard size >= MemoryLayout<Int>.size, size <= 4096 else {
        throw VireoError(
            .invalidArgument, "struct_size is \(size)", remedy: "set it to sizeof the struct before the call")
    }
    var value = value
    value.struct_size = size
    withUnsafeBytes(of: value) { bytes in
        UnsafeMutableRawPointer(target).copyMemory(from: bytes.baseAddress!, byteCount: min(size, bytes.count))
    }
}

/// The element of a list that C asks for by its number.
func element<Element>(_ list: [Element], _ index: Int, _ what: String) throws(VireoError) -> Element {
    guard list.indices.contains(index) else {
        throw VireoError(.invalidArgument, "\(what) \(index) of \(list.count)")
    }
    return list[index]
}

/// A string that C passes in.
func text(_ string: UnsafePointer<CChar>?, _ what: String) throws(VireoError) -> String {
    guard let string else { throw VireoError(.invalidArgument, "\(what) is NULL") }
    return String(cString: string)
}

/// The strings of an array that C passes in.
func texts(_ strings: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int, _ what: String) throws -> [String] {
    try (0..<count).map { try text(strings?[$0], "\(what) \($0)") }
}

/// Where a handle goes; an error when C gave NULL.
func place(_ target: UnsafeMutablePointer<OpaquePointer?>?) throws(VireoError) -> UnsafeMutablePointer<OpaquePointer?> {
    guard let target else { throw VireoError(.invalidArgument, "the out-parameter is NULL") }
    return target
}

/// A handle that C passes in.
func required<Object: AnyObject>(
    _ handle: OpaquePointer?, as type: Object.Type = Object.self
) throws(VireoError) -> Object {
    guard let handle else { throw VireoError(.invalidArgument, "a handle is NULL") }
    return Handle.object(handle)
}
