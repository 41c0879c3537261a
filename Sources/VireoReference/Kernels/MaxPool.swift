import VireoIR
import VireoTensor

func maxPool(_ operation: MaxPool, _ call: Call) throws -> [Tensor] {
    switch call.elementType {
    case .i64: try maxPool(operation, call, Int64.self)
    case .f64: try maxPool(operation, call, Double.self)
    default: try maxPool(operation, call, Float.self)
    }
}

private func maxPool<Element: Scalar>(_ operation: MaxPool, _ call: Call, _ type: Element.Type) throws -> [Tensor] {
    let data = call.inputs[0]
    let geometry = try WindowGeometry(
        operation.window, input: Array(data.shape.dimensions[2...]), kernel: operation.kernel,
        output: Array(call.shape.dimensions[2...]))
    let planes = data.shape[0] * data.shape[1]
    return try data.withUnsafeElements(of: Element.self) { elements in
        let image = geometry.padding(elements, count: planes, with: .lowest)
        let largest = try Tensor.making(call.shape) { (result: UnsafeMutableBufferPointer<Element>) in
            geometry.forEachWindow(planes: planes) { window, start in
                result[window] = largestElement(image.base + start, geometry)
            }
        }
        guard call.shapes.count == 2 else { return [largest] }
        // An index counts within the axes from `indexAxis` on.
        let axis = try normalizedAxis(operation.indexAxis, rank: data.shape.rank)
        let period = data.shape.dimensions[axis...].reduce(1, *)
        let places = geometry.inputPlaces
        let offsets = geometry.kernelOffsets
        let indices = try Tensor.making(call.shape) { (result: UnsafeMutableBufferPointer<Int64>) in
            geometry.forEachWindow(planes: planes) { window, start in
                let (plane, first) = start.quotientAndRemainder(dividingBy: geometry.padded.count)
                let place = placeOfLargest(image.base + start, offsets, places[first...])
                result[window] = Int64((plane * geometry.input.count + place) % period)
            }
        }
        return [largest, indices]
    }
}

private func largestElement<Element: Scalar>(_ window: UnsafePointer<Element>, _ geometry: WindowGeometry) -> Element {
    var largest = Element.lowest
    for z in 0..<geometry.kernel.depth {
        for y in 0..<geometry.kernel.height {
            let row = window + geometry.position(z * geometry.dilations.depth, y * geometry.dilations.height, 0)
            for x in 0..<geometry.kernel.width { largest = max(largest, row[x * geometry.dilations.width]) }
        }
    }
    return largest
}

/// The place in the input's channel of the first element that no other exceeds; pads do not count.
private func placeOfLargest<Element: Scalar>(
    _ window: UnsafePointer<Element>, _ offsets: [Int], _ places: ArraySlice<Int>
) -> Int {
    var best: (value: Element, place: Int)?
    for offset in offsets {
        let place = places[places.startIndex + offset]
        if place >= 0, best.map({ window[offset] > $0.value }) ?? true { best = (window[offset], place) }
    }
    return best?.place ?? 0
}
