/// A kernel of the plugin's own, which runs from any thread.
protocol NativeKernel: Sendable {
    /// What the profile calls it.
    var name: String { get }
    /// - Parameter operand: where each of the step's places is, in the order in which they were given to `emit`.
    func run(_ operand: (Int) -> UnsafeMutablePointer<Float>)
    /// The same kernel for another layout of its operand number `operand`; nil unless that is its result, and can be
    /// written so at full speed.
    func writing(_ operand: Int, as layout: MemoryDescriptor) -> (any NativeKernel)?
}

extension NativeKernel {
    func writing(_ operand: Int, as layout: MemoryDescriptor) -> (any NativeKernel)? { nil }
}
