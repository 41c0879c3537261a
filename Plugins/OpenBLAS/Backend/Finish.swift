import VireoPluginKit

/// What a kernel does with each number before it leaves: add a bias and a residual, apply an activation.
struct Finish: Sendable {
    let bias: [Float]?
    /// The value that is added, of the output's shape.
    let residual: Int?
    let activation: Epilogue.Activation?

    static let nothing = Finish(bias: nil, residual: nil, activation: nil)

    init(_ epilogue: Epilogue) {
        self.init(bias: epilogue.bias, residual: epilogue.residual, activation: epilogue.activation)
    }

    private init(bias: [Float]?, residual: Int?, activation: Epilogue.Activation?) {
        self.bias = bias
        self.residual = residual
        self.activation = activation
    }

    var isNothing: Bool { bias == nil && residual == nil && activation == nil }
    var reads: [Int] { residual.map { [$0] } ?? [] }

    /// Finishes `count` numbers of one channel, in place.
    /// - Parameter residual: the numbers to add, if any.
    @inline(__always)
    func channel(
        _ channel: Int, _ row: UnsafeMutablePointer<Float>, _ count: Int, adding residual: UnsafePointer<Float>?
    ) {
        guard !isNothing else { return }
        let bias = bias?[channel] ?? 0
        if let residual {
            finish(row, count) { row[$0] + bias + residual[$0] }
        } else {
            finish(row, count) { row[$0] + bias }
        }
    }

    /// Finishes `count` numbers of as many channels, in place.
    @inline(__always)
    func channels(
        from first: Int, _ row: UnsafeMutablePointer<Float>, _ count: Int, adding residual: UnsafePointer<Float>?
    ) {
        guard !isNothing else { return }
        if let bias {
            bias.withUnsafeBufferPointer { bias in
                let bias = bias.baseAddress! + first
                if let residual {
                    finish(row, count) { row[$0] + bias[$0] + residual[$0] }
                } else {
                    finish(row, count) { row[$0] + bias[$0] }
                }
            }
        } else if let residual {
            finish(row, count) { row[$0] + residual[$0] }
        } else {
            finish(row, count) { row[$0] }
        }
    }

    @inline(__always)
    private func finish(_ row: UnsafeMutablePointer<Float>, _ count: Int, _ sum: (Int) -> Float) {
        switch activation {
        case nil: for index in 0..<count { row[index] = sum(index) }
        case .relu:
            for index in 0..<count {
                let value = sum(index)
                row[index] = value < 0 ? 0 : value
            }
        case .clamp(let lower, let upper):
            for index in 0..<count {
                let value = sum(index)
                let raised = value < lower ? lower : value
                row[index] = raised > upper ? upper : raised
            }
        case .sigmoid: for index in 0..<count { row[index] = VectorMath.sigmoid(sum(index)) }
        case .tanh: for index in 0..<count { row[index] = VectorMath.tanh(sum(index)) }
        }
    }
}
