import Testing
import VireoIR
import VireoTensor

@Suite("Values known before a model runs")
struct KnownValuesTests {
    private var model = Model(name: "shapes")
    private let shape: Output

    init() throws {
        let x = Output(try model.add(Parameter(.f32, PartialShape([2, 3, 5, 7])), name: "x"))
        shape = Output(try model.add(ShapeOf(), [x], name: "shape"))
    }

    private func constant(_ model: inout Model, _ values: [Int64]) throws -> Output {
        try model.addConstant(Tensor(values), name: "constant")
    }

    private func integers(_ model: Model, _ value: Output) throws -> [Int]? { try model.knownValue(value)?.integers() }

    @Test("are the shape of a static input, and nothing of a dynamic one")
    func shapes() throws {
        var model = model
        #expect(try integers(model, shape) == [2, 3, 5, 7])
        let y = Output(try model.add(Parameter(.f32, .ranked([.dynamic, 3])), name: "y"))
        let dynamic = Output(try model.add(ShapeOf(), [y], name: "dynamic"))
        #expect(model.knownValue(dynamic) == nil)
    }

    @Test("follow slices, gathers, joins and conversions")
    func rearranged() throws {
        var model = model
        let (begin, end) = (try constant(&model, [1]), try constant(&model, [-1]))
        let slice = Output(try model.add(StridedSlice(), [shape, begin, end], name: "slice"))
        #expect(try integers(model, slice) == [3, 5])
        let axis = try model.addConstant(Tensor(scalar: Int64(0)), name: "axis")
        let last = Output(try model.add(Gather(), [shape, end, axis], name: "last"))
        #expect(try integers(model, last) == [7])
        let joined = Output(try model.add(Concat(axis: 0), [last, slice], name: "joined"))
        #expect(try integers(model, joined) == [7, 3, 5])
        let narrow = Output(try model.add(Convert(to: .i32), [joined], name: "narrow"))
        #expect(model.knownValue(narrow) == Tensor([7, 3, 5] as [Int32]))
        let real = Output(try model.add(Convert(to: .f32), [joined], name: "real"))
        #expect(model.knownValue(real) == nil)
        let far = try constant(&model, [4])
        let outside = Output(try model.add(Gather(), [shape, far, axis], name: "outside"))
        #expect(model.knownValue(outside) == nil)
    }

    @Test("follow reductions, and decide the shape of a Reshape")
    func reduced() throws {
        var model = model
        let axis = try constant(&model, [0])
        let product = Output(try model.add(Reduction(.product, keepDims: true), [shape, axis], name: "product"))
        #expect(try integers(model, product) == [210])
        let reshaped = Output(try model.add(Reshape(), [Output(model.parameters[0]), product], name: "flat"))
        #expect(model.type(of: reshaped).description == "f32[210]")
        let largest = Output(try model.add(Reduction(.max, keepDims: false), [shape, axis], name: "largest"))
        #expect(try integers(model, largest) == [7])
    }

    static let integerArithmetic: [(BinaryElementwise.Kind, [Int64], [Int64], [Int]?)] = [
        (.add, [1, 2], [10], [11, 12]), (.subtract, [1, 2], [10, 1], [-9, 1]), (.multiply, [3], [4, -5], [12, -15]),
        (.maximum, [3], [4, -5], [4, 3]), (.minimum, [3], [4, -5], [3, -5]),
        (.divide, [7, -7, 6, -6], [2], [3, -4, 3, -3]), (.divide, [7, -7], [-2], [-4, 3]),
        (.divide, [.min, .max], [.max], [-2, 1]), (.divide, [1], [0], nil), (.divide, [.min], [-1], nil),
        (.add, [.max], [1], nil), (.subtract, [.min], [1], nil), (.multiply, [.max], [2], nil), (.power, [2], [3], nil),
    ]

    @Test(
        "follow arithmetic, rounded down where it divides, and are unknown where it overflows",
        arguments: integerArithmetic)
    func arithmetic(kind: BinaryElementwise.Kind, left: [Int64], right: [Int64], expected: [Int]?) throws {
        var model = model
        let (a, b) = (try constant(&model, left), try constant(&model, right))
        let value = Output(try model.add(BinaryElementwise(kind), [a, b], name: "value"))
        #expect(try integers(model, value) == expected)
    }
}
