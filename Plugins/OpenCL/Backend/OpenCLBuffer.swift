import VireoPluginKit
import VireoTensor

/// A tensor in the memory of an OpenCL device.
final class OpenCLBuffer: DeviceBuffer {
    let memory: CLMemory
    let session: DeviceSession

    init(_ elementType: ElementType, _ shape: Shape, on session: DeviceSession) throws {
        guard let byteCount = elementType.byteCount(of: shape.elementCount) else {
            throw VireoError(.unsupported, "a buffer of \(elementType)\(shape) has no fixed size")
        }
        self.session = session
        memory = try session.allocate(byteCount: byteCount)
        try super.init(elementType, shape)
    }

    override func read(into destination: UnsafeMutableRawPointer) throws {
        try session.transfers.read(memory, byteCount: byteCount, into: destination)
    }
}
