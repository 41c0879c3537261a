import VireoIR
import VireoTensor

func unique(_ operation: Unique, _ call: Call) throws -> [Tensor] {
    let data = call.inputs[0]
    var shape = data.shape
    if call.inputs.count < 2 { shape = [shape.elementCount] }
    let axis = call.inputs.count == 2 ? try normalizedAxis(call.integers(1).first ?? 0, rank: shape.rank) : 0
    let extent = shape[axis]
    let inner = shape.dimensions[(axis + 1)...].reduce(1, *)
    let outer = shape.dimensions[..<axis].reduce(1, *)
    let values = try data.doubles()
    let slices = (0..<extent).map { index in
        (0..<outer * inner).map { values[($0 / inner * extent + index) * inner + $0 % inner] }
    }
    var numbers: [[Double]: Int] = [:]
    var firsts: [Int] = []
    var owners: [Int] = []
    for (index, slice) in slices.enumerated() {
        if numbers[slice] == nil {
            numbers[slice] = firsts.count
            firsts.append(index)
        }
        owners.append(numbers[slice]!)
    }
    if operation.isSorted {
        let order = firsts.indices.sorted { slices[firsts[$0]].lexicographicallyPrecedes(slices[firsts[$1]]) }
        var places = order
        for (place, old) in order.enumerated() { places[old] = place }
        owners = owners.map { places[$0] }
        firsts = order.map { firsts[$0] }
    }
    var counts = [Int64](repeating: 0, count: firsts.count)
    for owner in owners { counts[owner] += 1 }
    var dimensions = shape.dimensions
    dimensions[axis] = firsts.count
    let chosen = try gather(
        Gather(),
        Call(
            inputs: [try data.reshaped(to: shape), Tensor(firsts.map { Int64($0) }), Tensor([Int64(axis)])],
            shapes: [Shape(validating: dimensions)]))[0]
    return [chosen, Tensor(firsts.map { Int64($0) }), Tensor(owners.map { Int64($0) }), Tensor(counts)]
}

func searchSorted(_ operation: SearchSorted, _ call: Call) throws -> [Tensor] {
    let (rows, values) = (try call.inputs[0].doubles(), try call.inputs[1].doubles())
    let length = call.inputs[0].shape.dimensions.last ?? 0
    let width = max(call.shape.dimensions.last ?? 1, 1)
    let isShared = call.inputs[0].shape.rank == 1
    let places = values.enumerated().map { index, value -> Int64 in
        let start = isShared ? 0 : index / width * length
        let row = rows[start..<start + length]
        let end = row.firstIndex { operation.isRight ? $0 > value : $0 >= value } ?? row.endIndex
        return Int64(end - start)
    }
    return [Tensor(places, call.shape)]
}

func ctcGreedyDecoder(_ operation: CTCGreedyDecoder, _ call: Call) throws -> [Tensor] {
    let shape = call.inputs[0].shape
    let data = try call.floats(0)
    let classes = shape[2]
    let (batch, steps) = operation.hasLengths ? (shape[0], shape[1]) : (shape[1], shape[0])
    guard classes > 0 else { throw VireoError(.invalidArgument, "no classes") }
    var blank = classes - 1
    if operation.hasLengths, call.inputs.count == 3, let given = try call.integers(2).first { blank = given }
    let marks = try call.inputs[1].doubles()
    var labels = [Float](repeating: -1, count: batch * steps)
    var lengths = [Int64](repeating: 0, count: batch)
    for item in 0..<batch {
        let count =
            operation.hasLengths
            ? min(max(try call.integers(1)[item], 0), steps)
            : (0..<steps).first { marks[$0 * batch + item] == 0 } ?? steps
        var (previous, target) = (-1, item * steps)
        for step in 0..<count {
            let start = (operation.hasLengths ? item * steps + step : step * batch + item) * classes
            let best = (0..<classes).reduce(0) { data[start + $1] > data[start + $0] ? $1 : $0 }
            if best != blank, !(operation.mergesRepeated && best == previous) {
                labels[target] = Float(best)
                target += 1
            }
            previous = best
        }
        lengths[item] = Int64(target - item * steps)
    }
    guard operation.hasLengths else { return [Tensor(labels, call.shape)] }
    return [Tensor(labels.map { Int64($0) }, call.shapes[0]), Tensor(lengths)]
}
