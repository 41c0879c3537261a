import VireoPluginKit
import VireoTensor

/// The constants that a program reads: where the host has them if that is possible.
final class Constants: @unchecked Sendable {
    private var bytes: [Int: UnsafeRawPointer] = [:]
    private var expanded: [Int: UnsafeMutableRawPointer] = [:]
    private let host: Host

    /// - Parameter values: the values that are read; those that are no constants are skipped.
    /// - Throws: `invalidArgument` when a constant's bytes are not what its type and shape ask for.
    init(_ graph: GraphView, _ values: Set<Int>, host: Host) throws(VireoError) {
        self.host = host
        for value in values {
            let view = graph.values[value]
            guard let constant = view.constant else { continue }
            guard let shape = view.shape.shape, view.elementType.byteCount(of: shape.elementCount) == constant.count
            else {
                throw VireoError(
                    .invalidArgument, "a constant \(view.elementType)\(view.shape) of \(constant.count) bytes")
            }
            bytes[value] = constant.baseAddress
            if view.elementType == .f16, let numbers = view.floats {
                let copy = try host.allocate(byteCount: max(numbers.count * 4, 4))
                copy.assumingMemoryBound(to: Float.self).initialize(from: numbers, count: numbers.count)
                expanded[value] = copy
            }
        }
    }

    deinit { for copy in expanded.values { host.deallocate(copy) } }

    /// The elements as the graph has them.
    func elements(_ value: Int) -> UnsafeRawPointer? { bytes[value] }

    /// The elements as f32.
    func numbers(_ value: Int) -> UnsafeRawPointer? { expanded[value].map { UnsafeRawPointer($0) } ?? bytes[value] }
}
