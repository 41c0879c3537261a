import OpenCLBackend
import Testing
import VireoPluginKit
import VireoPluginTestSupport
import VireoTensor

/// A graph made by hand. Constants live as long as it.
final class TestGraph {
    private var nodes: [NodeView] = []
    private var values: [ValueView] = []
    private var inputs: [Int] = []
    private var outputs: [Int] = []
    private var constants: [UnsafeMutableRawBufferPointer] = []

    deinit { for constant in constants { constant.deallocate() } }

    func input(_ dims: [Int], _ type: ElementType = .f32) -> Int {
        inputs.append(value(dims, type))
        return inputs.last!
    }

    func value(_ dims: [Int], _ type: ElementType = .f32) -> Int {
        values.append(ValueView(elementType: type, shape: PartialShape(Shape(dims))))
        return values.count - 1
    }

    func dynamicValue() -> Int {
        values.append(ValueView(elementType: .f32, shape: .ranked([1, .dynamic])))
        return values.count - 1
    }

    func constant<Element: TensorElement>(_ dims: [Int], _ elements: [Element]) -> Int {
        precondition(Shape(dims).elementCount == elements.count)
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: elements.count * MemoryLayout<Element>.stride, alignment: 64)
        elements.withUnsafeBytes { bytes.copyMemory(from: $0) }
        constants.append(bytes)
        values.append(
            ValueView(
                elementType: Element.elementType, shape: PartialShape(Shape(dims)),
                constant: UnsafeRawBufferPointer(bytes)))
        return values.count - 1
    }

    func integers(_ elements: [Int]) -> Int { constant([elements.count], elements.map { Int64($0) }) }

    @discardableResult
    func node(
        _ opType: String, _ inputs: [Int], _ dims: [Int], _ attributes: [String: NodeView.Attribute] = [:]
    ) -> Int {
        node(opType, inputs, outputs: [value(dims)], attributes)[0]
    }

    @discardableResult
    func node(
        _ opType: String, _ inputs: [Int], outputs: [Int], _ attributes: [String: NodeView.Attribute] = [:]
    ) -> [Int] {
        let name = "\(opType)_\(nodes.count)"
        nodes.append(NodeView(opType, name: name, inputs: inputs, outputs: outputs, attributes: attributes))
        return outputs
    }

    func output(_ value: Int) { outputs.append(value) }

    var view: GraphView { GraphView(nodes: nodes, values: values, inputs: inputs, outputs: outputs) }

    /// Compiles the graph, whose nodes must all be supported, and runs it once. Without properties every other form of
    /// the kernels must come to the same, as near as its arithmetic allows.
    func run(
        _ given: [[Float]], _ properties: [String: String] = [:], halfTolerance: Float = 0x1p-8
    ) throws -> [[Float]] {
        let backend = try TestDevice.backend()
        let view = view
        for verdict in backend.support(for: view) {
            if case .no(let reason) = verdict { throw VireoError(.unsupported, reason) }
        }
        let context = try backend.compile(view, properties: properties).makeContext()
        let results = try context.run(given, of: view, on: backend)
        guard properties.isEmpty else { return results }
        for form in KernelFormCase.all {
            let other = try backend.compile(view, properties: form.properties).makeContext()
            for (result, found) in zip(results, try other.run(given, of: view, on: backend)) {
                form.expectClose(found, result, halfTolerance: halfTolerance)
            }
        }
        return results
    }
}

extension PluginContext {
    func run(_ given: [[Float]], of view: GraphView, on backend: OpenCLBackend) throws -> [[Float]] {
        let buffers = try zip(view.inputs, given).map { value, elements in
            try backend.buffer(elements, view.values[value].dimensions!)
        }
        var results = [DeviceBuffer?](repeating: nil, count: view.outputs.count)
        try execute(inputs: buffers, outputs: &results)
        return try results.map { try $0!.floats() }
    }
}

extension OpenCLBackend {
    func buffer(_ elements: [Float], _ dims: [Int]) throws -> DeviceBuffer {
        var elements = elements
        return try elements.withUnsafeMutableBytes {
            try importBuffer(.f32, Shape(dims), data: $0, keepsMemory: false)
        }
    }
}

extension DeviceBuffer {
    func floats() throws -> [Float] {
        var elements = [Float](repeating: .nan, count: shape.elementCount)
        try elements.withUnsafeMutableBytes { try read(into: $0.baseAddress!) }
        return elements
    }
}

/// The first OpenCL device, shared by the tests so that its kernels are built once.
enum TestDevice {
    private static let shared = Result { try OpenCLBackend(device: 0, host: TestHost.host) }

    static func backend() throws -> OpenCLBackend { try shared.get() }
    static let isPresent: Bool = (try? OpenCLBackend.probe()) != nil
}

/// Suites of tests that need a device are skipped where there is none.
let needsDevice: ConditionTrait = .enabled(
    if: TestDevice.isPresent, "no OpenCL device is here; install a driver such as pocl-opencl-icd")

/// A form that kernels can be compiled in, beside the usual one of the device in f32.
struct KernelFormCase: Sendable {
    let properties: [String: String]

    /// In f32 another order of the sums rounds otherwise. In f16 inputs and weights are rounded by 2^-12 each, the
    /// errors of a thousand products add up to thirty times that of one, and the sums are as much larger than 1.
    static let all = [
        KernelFormCase(properties: ["WORK_GROUP": "TILE_32x32"]),
        KernelFormCase(properties: ["INFERENCE_PRECISION_HINT": "f16"]),
        KernelFormCase(properties: ["INFERENCE_PRECISION_HINT": "f16", "WORK_GROUP": "TILE_64x64"]),
    ]

    /// Tolerances are parts of the largest number of a result, or of 1.
    func expectClose(_ found: [Float], _ expected: [Float], halfTolerance: Float) {
        let isHalf = properties["INFERENCE_PRECISION_HINT"] == "f16"
        let tolerance = isHalf ? halfTolerance : 1e-5
        let bounded = isHalf ? expected.map { Float(Float16($0)) } : expected
        let scale = max(1, bounded.filter(\.isFinite).map(\.magnitude).max() ?? 1)
        let wrong = zip(found, bounded).enumerated().first { _, pair in
            let isEqual = pair.0 == pair.1 || (pair.0.isNaN && pair.1.isNaN)
            return !isEqual && !((pair.0 - pair.1).magnitude <= tolerance * scale)
        }
        #expect(found.count == bounded.count, "with \(properties)")
        #expect(wrong == nil, "with \(properties): index, found, expected")
    }
}

/// Reproducible numbers in -1..<1.
struct Numbers {
    private var state: UInt64

    init(seed: UInt64 = 1) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(state >> 40) / Float(1 << 23) - 1
    }

    mutating func list(_ dims: [Int]) -> [Float] { (0..<dims.reduce(1, *)).map { _ in next() } }
}

/// Compares with double-precision results. The sums here have at most a thousand terms below 1, whose roundings stay
/// within 1e-5 of a sum's magnitude.
func expectClose(
    _ found: [Float], _ expected: [Double], tolerance: Double = 1e-5, _ what: String = "",
    location: SourceLocation = #_sourceLocation
) {
    guard found.count == expected.count else {
        Issue.record("\(what): \(found.count) elements, not \(expected.count)", sourceLocation: location)
        return
    }
    var worst = (error: -1.0, at: 0)
    for index in found.indices where !worst.error.isNaN {
        let error = abs(Double(found[index]) - expected[index]) / max(1, abs(expected[index]))
        if !(error <= worst.error) { worst = (error, index) }
    }
    #expect(
        worst.error <= tolerance, "\(what): element \(worst.at) is \(found[worst.at]), not \(expected[worst.at])",
        sourceLocation: location)
}
