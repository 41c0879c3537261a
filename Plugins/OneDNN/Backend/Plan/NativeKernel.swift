/// A kernel of the plugin's own, which runs from any thread.
protocol NativeKernel: Sendable {
    /// What the profile calls it.
    var name: String { get }
    /// - Parameter operand: where each of the step's places is, in the order in which they were given to `emit`.
    func run(_ operand: (Int) -> UnsafeMutablePointer<Float>)
}
