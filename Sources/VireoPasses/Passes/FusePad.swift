import VireoIR
import VireoTensor

/// A Pad with zeros along the spatial axes goes into the pads of the convolution that reads it.
/// Pools are left alone: their pads are minus infinity or not counted.
public struct FusePad: Pass {
    public init() {}

    public func run(on model: inout Model) throws {
        for id in try model.topologicalOrder() {
            let node = model[id]
            guard let pad = model[id].inputs.first.map({ model[$0.node] }), let pads = try zeroPads(pad, in: model)
            else { continue }
            switch node.operation {
            case var convolution as Convolution:
                guard add(pads, to: &convolution.window) else { continue }
                try model.replace(id, with: convolution, inputs: [pad.inputs[0]] + node.inputs.dropFirst())
            case var convolution as GroupConvolution:
                guard add(pads, to: &convolution.window) else { continue }
                try model.replace(id, with: convolution, inputs: [pad.inputs[0]] + node.inputs.dropFirst())
            default: continue
            }
        }
    }

    /// The spatial pads of a node that pads with zeros, and nothing else.
    private func zeroPads(_ node: Node, in model: Model) throws -> (begin: [Int], end: [Int])? {
        guard let pad = node.operation as? Pad, pad.mode == .constant,
            let begin = try model.constant(node.inputs[1])?.integers(),
            let end = try model.constant(node.inputs[2])?.integers(), begin.count > 2,
            begin[0] == 0, begin[1] == 0, end[0] == 0, end[1] == 0, (begin + end).allSatisfy({ $0 >= 0 })
        else { return nil }
        if node.inputs.count == 4 {
            guard let value = try model.constant(node.inputs[3])?.doubles(), value == [0] else { return nil }
        }
        return (Array(begin.dropFirst(2)), Array(end.dropFirst(2)))
    }

    private func add(_ pads: (begin: [Int], end: [Int]), to window: inout SlidingWindow) -> Bool {
        guard window.autoPad == .explicit || window.autoPad == .valid, pads.begin.count == window.spatialRank else {
            return false
        }
        if window.autoPad == .valid {
            window.padsBegin = pads.begin
            window.padsEnd = pads.end
        } else {
            window.padsBegin = zip(window.padsBegin, pads.begin).map { $0 + $1 }
            window.padsEnd = zip(window.padsEnd, pads.end).map { $0 + $1 }
        }
        window.autoPad = .explicit
        return true
    }
}
