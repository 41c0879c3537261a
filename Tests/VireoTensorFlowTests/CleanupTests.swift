import Testing
import VireoIR
import VireoTensor
import VireoTensorFlow

private func constant(_ name: String, _ tensor: Tensor, after control: String...) throws -> NodeDef {
    NodeDef(
        name, op: "Const", controlInputs: control, attributes: ["value": .tensor(try TensorProto(tensor))])
}

private func node(_ name: String, _ op: String, _ inputs: String..., attributes: [String: AttrValue] = [:]) throws
    -> NodeDef
{
    NodeDef(name, op: op, inputs: try inputs.map { try TensorRef(parsing: $0) }, attributes: attributes)
}

private func placeholder(_ name: String, _ type: DataType, _ shape: PartialShape) -> NodeDef {
    NodeDef(name, op: "Placeholder", attributes: ["dtype": .type(type), "shape": .shape(shape)])
}

private let image = placeholder("input", .float, .ranked([1, 4, 4, 2]))

/// What is computed in the converted graph, and what the user is told.
private func convert(
    _ nodes: [NodeDef], _ change: (inout ConversionOptions) throws -> Void = { _ in }
) throws -> (operations: [String], inputs: [String], warnings: [String]) {
    var options = ConversionOptions()
    try change(&options)
    var converter = Converter(options)
    converter.verifies = true
    let conversion = try converter.convert(GraphDef(nodes: nodes), name: "test")
    let model = conversion.model
    let operations = try model.topologicalOrder().map { model[$0].type }.filter {
        !["Parameter", "Constant", "Result"].contains($0)
    }
    return (operations, model.parameters.map { model[$0].name }, conversion.warnings)
}

@Suite("Clean-up of graphs that training left behind")
struct CleanupTests {
    @Test("removes dropout as TensorFlow 1 wrote it")
    func removesOldDropout() throws {
        let result = try convert([
            image, node("shape", "Shape", "input"), node("uniform", "RandomUniform", "shape"),
            constant("keep", Tensor(scalar: Float(0.8))), node("sum", "Add", "keep", "uniform"),
            node("mask", "Floor", "sum"), node("scaled", "RealDiv", "input", "keep"),
            node("dropout", "Mul", "scaled", "mask"), node("relu", "Relu", "dropout"),
        ])
        #expect(result.operations == ["ReLU"])
    }

    @Test("removes dropout with a comparison, multiplied or selected", arguments: [true, false])
    func removesNewDropout(_ selects: Bool) throws {
        let last =
            selects
            ? [try constant("zero", Tensor(scalar: Float(0))), try node("out", "SelectV2", "kept", "scaled", "zero")]
            : [try node("mask", "Cast", "kept"), try node("out", "Mul", "scaled", "mask")]
        let result = try convert(
            [
                image, node("shape", "Shape", "input"), node("uniform", "RandomUniform", "shape"),
                constant("rate", Tensor(scalar: Float(0.2))), constant("scale", Tensor(scalar: Float(1.25))),
                node("kept", "GreaterEqual", "uniform", "rate"), node("scaled", "Mul", "input", "scale"),
            ] + last + [node("relu", "Relu", "out")])
        #expect(result.operations == ["ReLU"])
    }

    @Test("keeps a product with random numbers that is no dropout")
    func keepsOtherRandomNumbers() throws {
        #expect(throws: VireoError.self) {
            try convert([
                image, node("shape", "Shape", "input"), node("uniform", "RandomUniform", "shape"),
                node("noisy", "Mul", "input", "uniform"),
            ])
        }
    }

    /// `input` goes through Tanh in training and through Relu otherwise, by a condition of TensorFlow 1.
    private func branches(on predicate: NodeDef) throws -> [NodeDef] {
        [
            image, predicate, try node("cond/Switch", "Switch", predicate.name, predicate.name),
            try node("cond/switch_t", "Identity", "cond/Switch:1"),
            try node("cond/switch_f", "Identity", "cond/Switch"),
            try node("cond/pred_id", "Identity", predicate.name),
            try node("cond/Tanh/Switch", "Switch", "input", "cond/pred_id"),
            try node("cond/Tanh", "Tanh", "cond/Tanh/Switch:1"),
            try node("cond/Relu/Switch", "Switch", "input", "cond/pred_id"),
            try node("cond/Relu", "Relu", "cond/Relu/Switch"),
            try node("cond/Merge", "Merge", "cond/Relu", "cond/Tanh"), try node("out", "Neg", "cond/Merge"),
        ]
    }

    @Test("sets an is_training placeholder to False, and says so")
    func freezesPlaceholder() throws {
        let result = try convert(branches(on: placeholder("is_training", .bool, .ranked([]))))
        #expect(result.operations == ["ReLU", "Negative"])
        #expect(result.inputs == ["input"])
        #expect(result.warnings.contains { $0.contains("is_training") && $0.contains("False") })
    }

    @Test("takes the value that the user gives an is_training placeholder")
    func takesGivenValue() throws {
        let nodes = try branches(on: placeholder("is_training", .bool, .ranked([])))
        let result = try convert(nodes) { options in
            options.inputs = [
                InputSpecification(PortSpecification("input")),
                InputSpecification(PortSpecification("is_training"), value: [1]),
            ]
        }
        #expect(result.operations == ["Tanh", "Negative"])
        #expect(result.warnings.isEmpty)
    }

    @Test("follows a constant predicate", arguments: [true, false])
    func followsConstant(_ value: Bool) throws {
        let predicate = try constant("predicate", Tensor(.boolean, .scalar, values: [value ? 1 : 0]))
        #expect(try convert(branches(on: predicate)).operations == [value ? "Tanh" : "ReLU", "Negative"])
    }

    @Test("a constant in a branch that is not taken does not reach the Merge")
    func deadConstants() throws {
        let result = try convert([
            image, constant("predicate", Tensor(.boolean, .scalar, values: [0])),
            node("cond/Switch", "Switch", "predicate", "predicate"),
            node("cond/switch_t", "Identity", "cond/Switch:1"), node("cond/switch_f", "Identity", "cond/Switch"),
            constant("cond/Const", Tensor(scalar: Float(2)), after: "cond/switch_t"),
            constant("cond/Const_1", Tensor(scalar: Float(3)), after: "cond/switch_f"),
            node("cond/Merge", "Merge", "cond/Const", "cond/Const_1"), node("out", "Pow", "input", "cond/Merge"),
        ])
        #expect(result.operations == ["Power"])
    }

    private func normalization(isTraining: Bool, mean: String, variance: String) throws -> [NodeDef] {
        let vector = Tensor([Float(1), 2])
        return [
            image, try constant("net/gamma", vector), try constant("net/beta", vector),
            try constant("net/moving_mean", vector), try constant("net/moving_variance", vector),
            try constant("empty", Tensor([Float](), [0])), try node("net/beta/read", "Identity", "net/beta"),
            try node(
                "net/FusedBatchNorm", "FusedBatchNorm", "input", "net/gamma", "net/beta/read", mean, variance,
                attributes: ["is_training": .bool(isTraining)]),
            try node("out", "Relu", "net/FusedBatchNorm"),
        ]
    }

    @Test("uses the moving statistics where batch normalization was exported for training, and says so")
    func usesMovingStatistics() throws {
        let trained = try convert(normalization(isTraining: true, mean: "empty", variance: "empty"))
        #expect(trained.operations == ["Multiply", "Add", "ReLU"])
        #expect(trained.warnings.count { $0.contains("moving mean") } == 1)
        let exported = try convert(
            normalization(isTraining: false, mean: "net/moving_mean", variance: "net/moving_variance"))
        #expect(exported.operations == trained.operations)
        #expect(exported.warnings.isEmpty)
    }

    @Test("batch normalization for training without moving statistics is an error with a remedy")
    func needsMovingStatistics() throws {
        let nodes = try normalization(isTraining: true, mean: "empty", variance: "empty").filter {
            !$0.name.contains("moving")
        }
        #expect(throws: VireoError.self) { try convert(nodes) }
    }

    private func queue(_ shapes: [PartialShape]) throws -> [NodeDef] {
        [
            NodeDef(
                "queue", op: "FIFOQueueV2",
                attributes: [
                    "component_types": .list([.type(.float), .type(.int64)]),
                    "shapes": .list(shapes.map { .shape($0) }),
                ]),
            try node(
                "dequeue", "QueueDequeueV2", "queue",
                attributes: ["component_types": .list([.type(.float), .type(.int64)])]),
            try node("relu", "Relu", "dequeue"),
            try node("loss", "SparseSoftmaxCrossEntropyWithLogits", "relu", "dequeue:1"),
        ]
    }

    @Test("finds the input of a graph that reads a queue, and cuts the loss off")
    func findsQueueInput() throws {
        let nodes = try queue([.ranked([32, 5]), .ranked([32])]).map { each in
            each.name == "loss" ? try node("loss", each.op, "reshape", "dequeue:1") : each
        }
        let reshape = [
            try constant("shape", Tensor([Int32(32), 5, 1])), try node("reshape", "Reshape", "relu", "shape"),
        ]
        let result = try convert(nodes + reshape) { $0.batch = 1 }
        #expect(result.operations == ["ReLU", "Reshape"])
        #expect(result.inputs == ["dequeue"])
        #expect(result.warnings.contains { $0.contains("dequeue") })
    }

    @Test("names the --input to pass when several queues feed the graph")
    func asksForInput() throws {
        let second = try node(
            "other", "QueueDequeueV2", "queue", attributes: ["component_types": .list([.type(.float)])])
        let nodes = try queue([.ranked([32, 5]), .ranked([32])]) + [second, node("tanh", "Tanh", "other")]
        let error = failure { _ = try convert(nodes) }
        #expect(error?.remedy?.contains("--input dequeue:0") == true)
    }

    @Test("cuts updates, summaries and regularization off")
    func cutsTrainingLeftovers() throws {
        let result = try convert([
            image, constant("weights", Tensor([Float(1), 2])), node("sum", "BiasAdd", "input", "weights"),
            node("relu", "Relu", "sum"), constant("tag", Tensor([Float(0)])),
            node("histogram", "HistogramSummary", "tag", "relu"), node("zero", "Equal", "relu", "tag"),
            node("fraction", "Cast", "zero", attributes: ["DstT": .type(.float)]),
            node("summary", "ScalarSummary", "tag", "fraction"), node("regularizer", "L2Loss", "weights"),
            node("update", "AssignSub", "weights", "sum"), NodeDef("init", op: "NoOp", controlInputs: ["update"]),
        ])
        #expect(result.operations == ["Add", "ReLU"])
    }
}
