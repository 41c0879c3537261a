import VireoIR
import VireoRuntime
import VireoTensor

/// Two runs of a model side by side, value by value.
///
/// ```swift
/// let comparison = try LayerComparison(model, on: "ONEDNN", against: .device("REFERENCE"), core, inputs: [image])
/// print(comparison.firstBeyond(1e-4)?.name ?? "the two agree")
/// ```
public struct LayerComparison: Sendable {
    /// What the device is compared with.
    public enum Reference: Sendable {
        case device(String)
        case goldens(GoldenFolder)
    }

    /// One value of the model.
    public struct Layer: Sendable {
        /// The node's name, with the port's number when it has several outputs.
        public let name: String
        /// The operation.
        public let type: String
        public let elementType: ElementType
        public let shape: Shape
        public let difference: ValueDifference
        /// Which kernel the device under test uses; empty when it does not say.
        public let kernel: String
    }

    /// In topological order.
    public let layers: [Layer]
    /// How many values exist only inside the fused kernels of one side or the other, or have no golden.
    public let skippedCount: Int

    /// Runs the model on both sides, as often as it takes to keep the values of one run below `byteLimit`.
    /// - Parameters:
    ///   - model: any model that both sides can run.
    ///   - device: the device under test.
    ///   - reference: what it is compared with.
    ///   - core: where the devices are.
    ///   - inputs: one tensor for each of the model's inputs.
    ///   - values: which values are looked at; goldens decide for themselves.
    ///   - byteLimit: how many bytes of values each side holds at a time.
    ///   - visit: is given each value of the device under test as it is compared.
    /// - Throws: what compiling and running throw; `notFound` when no golden belongs to the model.
    public init(
        _ model: Model, on device: String, against reference: Reference, _ core: Core, inputs: [Tensor],
        values: ComparedValues = .stored, byteLimit: Int = 256 << 20,
        visit: (_ name: String, Tensor) throws -> Void = { _, _ in }
    ) throws {
        let prepared = try core.prepared(model.fixed(to: inputs), for: device)
        let computed = try prepared.computedValues()
        let kernels = try KernelMap(prepared, on: device, core, inputs: inputs)
        let chosen: [Output]
        switch reference {
        case .goldens(let folder):
            chosen = computed.filter { folder.file(for: $0, in: prepared) != nil }
            guard !chosen.isEmpty else {
                throw VireoError(
                    .notFound, "no file in \(folder.path) is named after a value of \"\(model.name)\"",
                    remedy: "name each file after its node, as in " + GoldenFolder.fileName(model.outputName))
            }
        case .device(let other):
            let others = try KernelMap(prepared, on: other, core, inputs: inputs)
            chosen =
                switch values {
                case .all: computed
                case .stored:
                    computed.filter { kernels.isStored($0, in: prepared) && others.isStored($0, in: prepared) }
                }
        }
        var layers: [Layer] = []
        for chunk in prepared.chunks(of: chosen, byteLimit: byteLimit) {
            let part = try prepared.ending(in: chunk)
            let results = try core.compile(part, device: device).makeRequest().run(inputs)
            let references: [Tensor]
            switch reference {
            case .device(let other): references = try core.compile(part, device: other).makeRequest().run(inputs)
            case .goldens(let folder):
                references = try chunk.map {
                    // `chosen` holds only values with a file.
                    try folder.tensor(folder.file(for: $0, in: prepared) ?? "", as: prepared.type(of: $0))
                }
            }
            for (value, (result, reference)) in zip(chunk, zip(results, references)) {
                let node = prepared[value.node]
                let name = prepared.name(of: value)
                try visit(name, result)
                layers.append(
                    Layer(
                        name: name, type: node.type, elementType: result.elementType, shape: result.shape,
                        difference: try ValueDifference(result, from: reference),
                        kernel: kernels.kernelName(node, in: prepared)))
            }
        }
        self.layers = layers
        skippedCount = computed.count - chosen.count
    }

    /// The first value whose relative difference is above `tolerance`.
    public func firstBeyond(_ tolerance: Double) -> Layer? { layers.first { !($0.difference.relative <= tolerance) } }

    /// The values with the largest relative differences, worst first.
    public func worst(_ count: Int) -> [Layer] {
        Array(layers.sorted { $0.difference.relative > $1.difference.relative }.prefix(max(count, 0)))
    }
}

extension KernelMap {
    /// Runs a model once with counting on. A device that cannot count says nothing about its kernels.
    package init(_ model: Model, on device: String, _ core: Core, inputs: [Tensor]) throws {
        let counts = try core.properties(of: device).contains { $0.name == "PERF_COUNT" && $0.isMutable }
        guard counts else {
            self = try KernelMap([], of: model)
            return
        }
        let request = try core.compile(model, device: device, properties: ["PERF_COUNT": "YES"]).makeRequest()
        _ = try request.run(inputs)
        self = try KernelMap(request.profile, of: model)
    }

    /// The kernel that does the work of a node: its own, or that of the node into which it was fused.
    package func kernelName(_ node: Node, in model: Model) -> String {
        row(anchor(node).map { model[$0] } ?? node)?.execType ?? ""
    }
}

extension Model {
    fileprivate var outputName: String { results.first.map { self[self[$0].inputs[0].node].name } ?? "prob" }
}
