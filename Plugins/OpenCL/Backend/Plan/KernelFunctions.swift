import VireoKernels
import VireoPluginKit

/// A function of one number that kernels apply to what they computed.
struct UnaryFunction {
    let code: Int32
    var alpha: Float = 0
    var beta: Float = 0

    static let identity = UnaryFunction(code: VIREO_IDENTITY)
    static let relu = UnaryFunction(code: VIREO_CLAMP, alpha: 0, beta: .infinity)

    init(code: Int32, alpha: Float = 0, beta: Float = 0) {
        self.code = code
        self.alpha = alpha
        self.beta = beta
    }

    init(_ activation: Epilogue.Activation?) {
        switch activation {
        case nil: self = .identity
        case .relu: self = .relu
        case .clamp(let lower, let upper): self.init(code: VIREO_CLAMP, alpha: lower, beta: upper)
        case .sigmoid: self.init(code: VIREO_SIGMOID)
        case .tanh: self.init(code: VIREO_TANH)
        }
    }

    /// The kernels' last three arguments.
    var arguments: [Argument] { [.int(code), .float(alpha), .float(beta)] }
}
