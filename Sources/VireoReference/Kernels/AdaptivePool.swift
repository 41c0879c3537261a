import VireoIR
import VireoTensor

func adaptivePool(_ operation: AdaptivePool, _ call: Call) throws -> [Tensor] {
    let shape = call.inputs[0].shape
    let (input, output) = (
        try Volume(Array(shape.dimensions[2...])), try Volume(Array(call.shape.dimensions[2...]))
    )
    guard input.count > 0 else { throw VireoError(.invalidArgument, "channels without elements") }
    let planes = shape[0] * shape[1]
    let data = try call.floats(0)
    func part(_ index: Int, _ extent: Int, _ count: Int) -> Range<Int> {
        index * extent / count..<((index + 1) * extent + count - 1) / count
    }
    var values = [Float](repeating: 0, count: planes * output.count)
    var places = [Int64](repeating: 0, count: operation.kind == .maximum ? values.count : 0)
    var target = 0
    for plane in 0..<planes {
        for z in 0..<output.depth {
            for y in 0..<output.height {
                for x in 0..<output.width {
                    let width = part(x, input.width, output.width)
                    var (sum, count, best) = (Float(0), 0, -1)
                    for depth in part(z, input.depth, output.depth) {
                        for row in part(y, input.height, output.height) {
                            for column in width {
                                let place = (depth * input.height + row) * input.width + column
                                let value = data[plane * input.count + place]
                                sum += value
                                count += 1
                                if best < 0 || value > data[plane * input.count + best] { best = place }
                            }
                        }
                    }
                    if operation.kind == .maximum {
                        values[target] = data[plane * input.count + best]
                        places[target] = Int64(best)
                    } else {
                        values[target] = sum / Float(count)
                    }
                    target += 1
                }
            }
        }
    }
    let pooled = Tensor(values, call.shape)
    return operation.kind == .maximum ? [pooled, Tensor(places, call.shape)] : [pooled]
}
