import VireoIR
import VireoTensor

/// TensorFlow's arrays of tensors, which loops read and write: the TensorArrays of TensorFlow 1 and the TensorLists of
/// TensorFlow 2. An array is one tensor with its elements along axis 0; the handle of a TensorArray, the number of its
/// elements.
extension TensorFlowOperations {
    static let tensorArray: Translator = { graph in
        let size = try graph.input(0)
        let shape = try graph.node.shape("element_shape", default: .unranked)
        return [size, try graph.newArray(of: size, try elementType(graph.node, "dtype"), shape)]
    }

    static let reserveList: Translator = { graph in
        let dimensions = graph.type(try graph.input(0)).shape.rank == 0 ? nil : try graph.integers(0)
        let shape = dimensions.map { PartialShape.ranked($0.map { $0 < 0 ? .dynamic : Dimension($0) }) }
        let type = try elementType(graph.node, "element_dtype")
        return [try graph.newArray(of: graph.input(1), type, shape ?? .unranked)]
    }

    static func readArray(index: Int, array: Int) -> Translator {
        { graph in
            let axis = try graph.constant(Tensor(scalar: Int64(0)), "axis")
            return [try graph.emit(Gather(), [graph.writtenArray(array), graph.input(index), axis])]
        }
    }

    static func gatherArray(indices: Int, array: Int) -> Translator {
        { graph in
            let whole = try graph.writtenArray(array)
            let places = try graph.input(indices)
            if try graph.isEveryElement(places, of: whole) { return [whole] }
            let axis = try graph.constant(Tensor(scalar: Int64(0)), "axis")
            return [try graph.emit(Gather(), [whole, places, axis])]
        }
    }

    static func writeArray(index: Int, element: Int, array: Int) -> Translator {
        { graph in
            let value = try graph.input(element)
            let whole = try graph.array(graph.input(array), of: graph.type(value))
            let first = try graph.indices([0], "first")
            let place = try graph.emit(Unsqueeze(), [graph.input(index), first], "index")
            let update = try graph.emit(Unsqueeze(), [value, first], "element")
            return [
                try graph.emit(
                    ScatterUpdate(), [whole, place, update, graph.constant(Tensor(scalar: Int64(0)), "axis")])
            ]
        }
    }

    static let scatterArray: Translator = { graph in
        let (places, values) = (try graph.input(1), try graph.input(2))
        if try graph.isEveryElement(places, of: values) { return [values] }
        var element = graph.type(values)
        element.shape = .ranked(Array(try graph.dimensions(values).dropFirst()))
        let whole = try graph.array(graph.input(3), of: element)
        let axis = try graph.constant(Tensor(scalar: Int64(0)), "axis")
        return [try graph.emit(ScatterUpdate(), [whole, places, values, axis])]
    }

    /// The elements joined along their first axis, and the extent of each there.
    static func joinArray(_ array: Int) -> Translator {
        { graph in
            let whole = try graph.writtenArray(array)
            let dimensions = try graph.dimensions(whole)
            guard dimensions.count >= 2, let count = dimensions[0].value, let extent = dimensions[1].value else {
                throw VireoError(
                    .unsupported, "elements of \(graph.type(whole).shape) are joined", in: [graph.node.place],
                    remedy: "give the graph's input shape with --input_shape")
            }
            let (length, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow else {
                throw VireoError(.malformedFile, "too many elements are joined", in: [graph.node.place])
            }
            let shape = try graph.emit(ShapeOf(), [whole], "shape")
            let others = try graph.indices(Array(2..<dimensions.count), "axes")
            let zero = try graph.constant(Tensor(scalar: Int64(0)), "zero")
            let rest = try graph.emit(Gather(), [shape, others, zero], "others")
            let target = try graph.emit(Concat(axis: 0), [graph.indices([length], "length"), rest], "target")
            let joined = try graph.emit(Reshape(specialZero: false), [whole, target])
            let each = try graph.constant(Tensor(scalar: Int64(extent)), "length_of_each")
            return [joined, try graph.emit(Broadcast(), [each, graph.indices([count], "count")], "lengths")]
        }
    }

    static let arraySize: Translator = { graph in [try graph.input(0)] }

    static let wholeList: Translator = { graph in [try graph.writtenArray(0)] }

    static let listLength: Translator = { graph in
        if let count = graph.emptyArrays[try graph.input(0)]?.count { return [count] }
        let shape = try graph.emit(ShapeOf(outputType: .i32), [graph.writtenArray(0)], "shape")
        let zero = try graph.constant(Tensor(scalar: Int64(0)), "first")
        return [try graph.emit(Gather(), [shape, zero, zero])]
    }

    private static func elementType(_ node: NodeDef, _ attribute: String) throws(VireoError) -> ElementType {
        let type = try node.type(attribute)
        guard let elementType = type.elementType else {
            throw VireoError(.unsupported, "an array of \(type)", in: [node.place])
        }
        return elementType
    }
}

/// An array of which no element is known yet.
struct EmptyArray {
    let elementType: ElementType
    /// The number of its elements; nil inside of a body that gets the array from outside.
    let count: Output?
    /// Which argument of the body it is.
    let argument: Int
}

/// Thrown by the translation of a body when it turns out what the elements of an array are that it was given empty: the
/// array has to be there before the body.
struct ArrayElementFound: Error {
    let argument: Int
    let element: ValueType
}

extension GraphImporter {
    fileprivate func newArray(
        of count: Output, _ elementType: ElementType, _ element: PartialShape
    ) throws -> Output {
        // Until something is written, a single number stands for the array.
        let empty = try constant(Tensor(elementType, .scalar, values: [0]), "empty")
        emptyArrays[empty] = EmptyArray(elementType: elementType, count: count, argument: 0)
        return element.shape == nil ? empty : try array(empty, of: ValueType(elementType, element))
    }

    /// The array with all its elements in place, zeros where nothing was written yet.
    /// - Throws: `ArrayElementFound` when it comes from outside of the body that is being translated.
    func array(_ array: Output, of element: ValueType) throws -> Output {
        guard let empty = emptyArrays[array] else { return array }
        guard let count = empty.count else { throw ArrayElementFound(argument: empty.argument, element: element) }
        guard let dimensions = element.shape.shape?.dimensions, element.elementType == empty.elementType else {
            throw VireoError(
                .unsupported, "an array of \(empty.elementType) with elements of \(element)", in: [node.place],
                remedy: "give the graph's input shape with --input_shape or --batch", faq: 38)
        }
        let zero = try constant(Tensor(empty.elementType, .scalar, values: [0]), "zero")
        let length = try emit(
            Convert(to: .i64), [emit(Reshape(specialZero: false), [count, indices([1], "one")], "count")], "length")
        let shape = try emit(Concat(axis: 0), [length, indices(dimensions, "dimensions")], "array_shape")
        return try emit(Broadcast(), [zero, shape], "array")
    }

    /// Input `index`, an array that something was written to.
    fileprivate func writtenArray(_ index: Int) throws -> Output {
        let value = try input(index)
        guard emptyArrays[value] == nil else {
            throw VireoError(.unsupported, "an array is read that nothing is written to", in: [node.place])
        }
        return value
    }

    /// Whether `places` are 0, 1, … for each element of `array`.
    fileprivate func isEveryElement(_ places: Output, of array: Output) throws -> Bool {
        guard let count = try dimensions(array).first?.value, let list = try model.knownValue(places)?.integers() else {
            return false
        }
        return list.count == count && list == Array(0..<count)
    }
}
