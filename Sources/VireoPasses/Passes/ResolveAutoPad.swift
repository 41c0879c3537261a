import VireoIR
import VireoTensor

/// Writes the pads that `auto_pad` stands for, where the shapes are known.
public struct ResolveAutoPad: Pass {
    public init() {}

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() {
            let node = model[id]
            guard let input = node.inputs.first.flatMap({ model.type(of: $0).shape.shape })?.dimensions.dropFirst(2)
            else { continue }
            func kernel(from axis: Int) -> [Int]? {
                model.type(of: node.inputs[1]).shape.shape.map { Array($0.dimensions.dropFirst(axis)) }
            }
            switch node.operation {
            case var convolution as Convolution where convolution.window.autoPad != .explicit:
                guard let kernel = kernel(from: 2) else { continue }
                convolution.window = convolution.window.resolvingAutoPad(input: Array(input), kernel: kernel)
                try model.replace(id, with: convolution)
            case var convolution as GroupConvolution where convolution.window.autoPad != .explicit:
                guard let kernel = kernel(from: 3) else { continue }
                convolution.window = convolution.window.resolvingAutoPad(input: Array(input), kernel: kernel)
                try model.replace(id, with: convolution)
            case var pool as MaxPool where pool.window.autoPad != .explicit:
                pool.window = pool.window.resolvingAutoPad(input: Array(input), kernel: pool.kernel)
                try model.replace(id, with: pool)
            case var pool as AvgPool where pool.window.autoPad != .explicit:
                pool.window = pool.window.resolvingAutoPad(input: Array(input), kernel: pool.kernel)
                try model.replace(id, with: pool)
            default: continue
            }
        }
    }
}
