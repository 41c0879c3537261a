import VireoIR
import VireoTensor

func topK(_ operation: TopK, _ call: Call) throws -> [Tensor] {
    switch call.elementType {
    case .i64: try topK(operation, call, Int64.self)
    case .f64: try topK(operation, call, Double.self)
    default: try topK(operation, call, Float.self)
    }
}

private func topK<Element: Scalar>(_ operation: TopK, _ call: Call, _ type: Element.Type) throws -> [Tensor] {
    let data = call.inputs[0]
    let axis = try normalizedAxis(operation.axis, rank: data.shape.rank)
    let (extent, count) = (data.shape[axis], call.shape[axis])
    let inner = data.shape.dimensions[(axis + 1)...].reduce(1, *)
    let isLargest = operation.mode == .max
    var places = try Tensor(zeros: .i64, call.shape)
    let values: Tensor = try data.withUnsafeElements(of: Element.self) { source in
        try .making(call.shape) { (result: UnsafeMutableBufferPointer<Element>) in
            guard !result.isEmpty else { return }
            places.withUnsafeMutableElements(of: Int64.self) { places in
                nonisolated(unsafe) let places = places
                Parallel.forEach(result.count / count, nanoseconds: Double(50 * extent)) { range in
                    for line in range {
                        let (outer, within) = line.quotientAndRemainder(dividingBy: inner)
                        let start = outer * extent * inner + within
                        func element(_ index: Int) -> Element { source[start + index * inner] }
                        func precedes(_ a: Int, _ b: Int) -> Bool {
                            let (left, right) = (element(a), element(b))
                            return left == right ? a < b : isLargest ? left > right : left < right
                        }
                        var chosen: [Int]
                        if count == 1 {
                            chosen = [(1..<extent).reduce(0) { precedes($1, $0) ? $1 : $0 }]
                        } else {
                            chosen = Array((0..<extent).sorted(by: precedes).prefix(count))
                        }
                        if operation.sort == .index { chosen.sort() }
                        for (rank, index) in chosen.enumerated() {
                            let target = (outer * count + rank) * inner + within
                            result[target] = element(index)
                            places[target] = Int64(index)
                        }
                    }
                }
            }
        }
    }
    return [values, places]
}

func oneHot(_ operation: OneHot, _ call: Call) throws -> [Tensor] {
    let indices = try call.integers(0)
    let depth = try call.integers(1)[0]
    let axis = try normalizedAxis(operation.axis, rank: call.shape.rank)
    let inner = call.shape.dimensions[(axis + 1)...].reduce(1, *)
    guard call.inputs[2].elementCount == 1, call.inputs[3].elementCount == 1 else {
        throw VireoError(.invalidArgument, "the values of OneHot must be one element each")
    }
    let width = call.inputs[2].elementType.byteWidth ?? 1
    var result = try Tensor(zeros: call.inputs[2].elementType, call.shape)
    call.inputs[2].withUnsafeBytes { chosen in
        call.inputs[3].withUnsafeBytes { other in
            result.withUnsafeMutableBytes { result in
                for element in 0..<result.count / width {
                    let (row, within) = element.quotientAndRemainder(dividingBy: inner)
                    let (outer, place) = row.quotientAndRemainder(dividingBy: max(depth, 1))
                    var index = indices[outer * inner + within]
                    if index < 0, operation.negativeIndices == .normalized { index &+= depth }
                    let isChosen = index == place
                    UnsafeMutableRawBufferPointer(rebasing: result[element * width..<(element + 1) * width])
                        .copyMemory(from: isChosen ? chosen : other)
                }
            }
        }
    }
    return [result]
}

func range(_ operation: NumberRange, _ call: Call) throws -> [Tensor] {
    let type = operation.outputType(call.inputs[0].elementType)
    let numbers = try call.inputs.map { input in
        let value = try input.doubles()[0]
        return type.isInteger ? value.rounded(.towardZero) : value
    }
    let values = (0..<call.shape[0]).map { numbers[0] + Double($0) * numbers[2] }
    return [try Tensor(type.widened, call.shape, values: values)]
}

func cumulativeSum(_ operation: CumSum, _ call: Call) throws -> [Tensor] {
    switch call.elementType {
    case .i64: [try cumulativeSum(operation, call) { (a: Int64, b) in a &+ b }]
    case .f64: [try cumulativeSum(operation, call) { (a: Double, b) in a + b }]
    default: [try cumulativeSum(operation, call) { (a: Float, b) in a + b }]
    }
}

private func cumulativeSum<Element: Scalar>(
    _ operation: CumSum, _ call: Call, _ add: (Element, Element) -> Element
) throws -> Tensor {
    let axis = try normalizedAxis(call.inputs.count == 2 ? call.integers(1)[0] : 0, rank: call.shape.rank)
    let extent = call.shape[axis]
    let inner = call.shape.dimensions[(axis + 1)...].reduce(1, *)
    return try call.inputs[0].withUnsafeElements(of: Element.self) { source in
        try .making(call.shape) { (result: UnsafeMutableBufferPointer<Element>) in
            guard !result.isEmpty else { return }
            for line in 0..<result.count / extent {
                let start = line / inner * extent * inner + line % inner
                var sum: Element = 0
                for step in 0..<extent {
                    let place = start + (operation.reverse ? extent - 1 - step : step) * inner
                    let next = add(sum, source[place])
                    result[place] = operation.exclusive ? sum : next
                    sum = next
                }
            }
        }
    }
}

func gatherND(_ operation: GatherND, _ call: Call) throws -> [Tensor] {
    let (data, indices) = (call.inputs[0], call.inputs[1])
    let batchDims = operation.batchDims
    let length = indices.shape.dimensions.last ?? 0
    let batches = data.shape.dimensions[..<batchDims].reduce(1, *)
    let indexed = Shape(Array(data.shape.dimensions[batchDims..<batchDims + length]))
    let places = try linearPlaces(indices, in: indexed)
    var result = try Tensor(zeros: data.elementType, call.shape)
    guard result.byteCount > 0, !places.isEmpty else { return [result] }
    let slice = result.byteCount / places.count
    let perBatch = places.count / max(batches, 1)
    data.withUnsafeBytes { data in
        result.withUnsafeMutableBytes { result in
            for (number, place) in places.enumerated() {
                let from = (number / perBatch * indexed.elementCount + place) * slice
                UnsafeMutableRawBufferPointer(rebasing: result[number * slice..<(number + 1) * slice])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: data[from..<from + slice]))
            }
        }
    }
    return [result]
}

func scatterNDUpdate(_ operation: ScatterNDUpdate, _ call: Call) throws -> [Tensor] {
    let (indices, updates) = (call.inputs[1], call.inputs[2])
    let length = indices.shape.dimensions.last ?? 0
    let places = try linearPlaces(indices, in: Shape(Array(call.shape.dimensions[..<length])))
    var result = call.inputs[0]
    guard updates.byteCount > 0, !places.isEmpty else { return [result] }
    if operation.reduction != .none {
        let count = updates.elementCount / places.count
        let elements = places.flatMap { place in (0..<count).map { place * count + $0 } }
        return [try scattered(result, updates, to: elements, operation.reduction)]
    }
    let slice = updates.byteCount / places.count
    updates.withUnsafeBytes { updates in
        result.withUnsafeMutableBytes { result in
            for (number, place) in places.enumerated() {
                UnsafeMutableRawBufferPointer(rebasing: result[place * slice..<(place + 1) * slice])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: updates[number * slice..<(number + 1) * slice]))
            }
        }
    }
    return [result]
}

/// For each list of indices along the last axis, the place in row-major order; negative indices count from the back.
private func linearPlaces(_ indices: Tensor, in shape: Shape) throws -> [Int] {
    let values = try indices.integers()
    let count = indices.shape.dimensions.dropLast().reduce(1, *)
    let strides = shape.strides
    return try (0..<count).map { number in
        var place = 0
        for axis in 0..<shape.rank {
            let index = values[number * shape.rank + axis]
            let positive = index < 0 ? index &+ shape[axis] : index
            guard (0..<shape[axis]).contains(positive) else {
                throw VireoError(.invalidArgument, "index \(index) of an axis of \(shape[axis])")
            }
            place += positive * strides[axis]
        }
        return place
    }
}
