import VireoIR
import VireoTensor

func scatterUpdate(_ operation: ScatterUpdate, _ call: Call) throws -> [Tensor] {
    let (indices, updates) = (try call.integers(1), call.inputs[2])
    var result = call.inputs[0]
    guard let listed = try call.integers(3).first else { throw VireoError(.invalidArgument, "no axis") }
    let axis = try normalizedAxis(listed, rank: result.shape.rank)
    let extent = result.shape[axis]
    let outer = result.shape.dimensions[..<axis].reduce(1, *)
    let places = try indices.map { try place($0, of: extent) }
    guard result.byteCount > 0, !places.isEmpty else { return [result] }
    let slice = result.byteCount / (outer * extent)
    updates.withUnsafeBytes { updates in
        result.withUnsafeMutableBytes { result in
            for row in 0..<outer {
                for (number, place) in places.enumerated() {
                    let (from, to) = ((row * places.count + number) * slice, (row * extent + place) * slice)
                    UnsafeMutableRawBufferPointer(rebasing: result[to..<to + slice])
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: updates[from..<from + slice]))
                }
            }
        }
    }
    return [result]
}

func scatterElementsUpdate(_ operation: ScatterElementsUpdate, _ call: Call) throws -> [Tensor] {
    guard let listed = try call.integers(3).first else { throw VireoError(.invalidArgument, "no axis") }
    let places = try elementPlaces(call.inputs[1], in: call.inputs[0].shape, axis: listed)
    return [
        try scattered(
            call.inputs[0], call.inputs[2], to: places, operation.reduction, keepsInitial: operation.usesInitialValue)
    ]
}

func gatherElements(_ operation: GatherElements, _ call: Call) throws -> [Tensor] {
    let data = call.inputs[0]
    let places = try elementPlaces(call.inputs[1], in: data.shape, axis: operation.axis)
    let width = data.elementType.byteWidth ?? 1
    var result = try Tensor(zeros: data.elementType, call.shape)
    data.withUnsafeBytes { data in
        result.withUnsafeMutableBytes { result in
            for (number, place) in places.enumerated() {
                UnsafeMutableRawBufferPointer(rebasing: result[number * width..<(number + 1) * width])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: data[place * width..<(place + 1) * width]))
            }
        }
    }
    return [result]
}

func gatherTree(_ operation: GatherTree, _ call: Call) throws -> [Tensor] {
    let (count, batch, width) = (call.shape[0], call.shape[1], call.shape[2])
    let (steps, parents) = (try call.inputs[0].doubles(), try call.integers(1))
    let lengths = try call.integers(2)
    guard let end = try call.inputs[3].doubles().first else { throw VireoError(.invalidArgument, "no end") }
    var result = [Double](repeating: end, count: steps.count)
    for item in 0..<batch {
        let length = min(count, max(lengths[item], 0))
        for beam in 0..<width {
            var parent = beam
            for step in stride(from: length - 1, through: 0, by: -1) {
                let place = (step * batch + item) * width + parent
                result[(step * batch + item) * width + beam] = steps[place]
                parent = parents[place]
                guard (0..<width).contains(parent) else {
                    throw VireoError(.invalidArgument, "parent \(parent) of \(width)")
                }
            }
            var isFinished = false
            for step in 0..<length {
                let place = (step * batch + item) * width + beam
                if isFinished { result[place] = end }
                isFinished = isFinished || result[place] == end
            }
        }
    }
    return [try Tensor(call.elementType, call.shape, values: result)]
}

/// The elements of `data` with updates at the places: they replace what is there, or are reduced with it.
/// - Parameter keepsInitial: whether an element that is updated takes part itself.
func scattered(
    _ data: Tensor, _ updates: Tensor, to places: [Int], _ reduction: ScatterReduction, keepsInitial: Bool = true
) throws -> Tensor {
    let type = data.elementType
    let (data, updates) = (try data.widened(), try updates.widened())
    switch data.elementType {
    case .i64:
        return try scattered(data, updates, places, reduction, keepsInitial, Int64.self) { sum, count in
            let (quotient, remainder) = sum.quotientAndRemainder(dividingBy: Int64(count))
            return remainder < 0 ? quotient - 1 : quotient
        }.narrowed(to: type)
    case .f64:
        return try scattered(data, updates, places, reduction, keepsInitial, Double.self) { $0 / Double($1) }
    default:
        return try scattered(data, updates, places, reduction, keepsInitial, Float.self) { $0 / Float($1) }
            .narrowed(to: type)
    }
}

private func scattered<Element: Scalar>(
    _ data: Tensor, _ updates: Tensor, _ places: [Int], _ reduction: ScatterReduction, _ keepsInitial: Bool,
    _ type: Element.Type, _ mean: (Element, Int) -> Element
) throws -> Tensor {
    var values = try data.array(of: Element.self)
    var counts: [Int: Int] = [:]
    for (place, update) in zip(places, try updates.array(of: Element.self)) {
        let isFirst = counts[place] == nil
        counts[place, default: keepsInitial ? 1 : 0] += 1
        if reduction == .none || isFirst && !keepsInitial {
            values[place] = update
            continue
        }
        switch reduction {
        case .sum, .mean: values[place] += update
        case .sub: values[place] -= update
        case .prod: values[place] *= update
        case .min: values[place] = Swift.min(values[place], update)
        case .max: values[place] = Swift.max(values[place], update)
        case .none: break
        }
    }
    if reduction == .mean {
        for (place, count) in counts { values[place] = mean(values[place], count) }
    }
    return Tensor(values, data.shape)
}

/// For each index the place in `shape` that is its own but along the axis.
private func elementPlaces(_ indices: Tensor, in shape: Shape, axis: Int) throws -> [Int] {
    let axis = try normalizedAxis(axis, rank: shape.rank)
    let (own, strides) = (indices.shape, shape.strides)
    guard own.rank == shape.rank, (0..<own.rank).allSatisfy({ $0 == axis || own[$0] <= shape[$0] }) else {
        throw VireoError(.invalidArgument, "indices of shape \(own) into \(shape)")
    }
    return try indices.integers().enumerated().map { number, index in
        var (rest, result) = (number, 0)
        for dimension in (0..<own.rank).reversed() {
            result +=
                (dimension == axis ? try place(index, of: shape[axis]) : rest % own[dimension]) * strides[dimension]
            rest /= own[dimension]
        }
        return result
    }
}

/// An index, which may count from the back.
private func place(_ index: Int, of extent: Int) throws -> Int {
    let positive = index < 0 ? index &+ extent : index
    guard (0..<extent).contains(positive) else {
        throw VireoError(.invalidArgument, "index \(index) of an axis of \(extent)")
    }
    return positive
}
