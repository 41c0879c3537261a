import Foundation
import Testing
import VireoIR
import VireoRuntime
import VireoTensor
import VireoTestSupport

/// Models with variables, run step after step as OpenVINO ran them.
struct StateTests {
    private static let core: Core = {
        do { return try Core() } catch { fatalError("no plugins can be looked for: \(error)") }
    }()

    /// The devices that are there, completed by REFERENCE, and one request spread over two.
    private static let devices =
        core.devices.map(\.name).map { $0 == "REFERENCE" ? $0 : "HETERO:\($0),REFERENCE" } + [
            "AUTO:REFERENCE", "MULTI:REFERENCE,CPU",
        ]

    @Test("variables go from run to run as OpenVINO's do", arguments: devices, StatefulModel.all)
    func agreesWithOpenVINO(_ device: String, _ sample: StatefulModel) throws {
        let compiled = try StateTests.core.compile(try sample.model(), device: device)
        let request = try compiled.makeRequest()
        let states = request.queryState()
        #expect(states.map(\.name).sorted() == sample.states)
        var outputs: [Tensor] = []
        for (number, step) in sample.steps.enumerated() {
            if step.isReset { try request.resetState() }
            if let change = step.change {
                try #require(states.first { $0.name == sample.states[0] }).set(change.tensor())
            }
            try request.run(try step.inputs.map { try $0.tensor() }, into: &outputs)
            var results = outputs
            for name in sample.states { results.append(try #require(states.first { $0.name == name }).tensor) }
            let expected = try (step.outputs + step.states).map { try $0.tensor() }
            let difference = try Tolerance.of(try sample.model()).difference(of: results, from: expected)
            #expect(difference == nil, "\(device), \(sample.name), run \(number)")
        }
    }

    @Test("requests do not share variables")
    func requestsAreApart() throws {
        let sample = StatefulModel.all[0]
        let compiled = try StateTests.core.compile(try sample.model(), device: "REFERENCE")
        let inputs = try sample.steps[0].inputs.map { try $0.tensor() }
        let (first, second) = (try compiled.makeRequest(), try compiled.makeRequest())
        let results = try (0..<3).map { _ in try first.run(inputs)[0].array(of: Float.self) }
        #expect(results[0] != results[2])
        #expect(try second.run(inputs)[0].array(of: Float.self) == results[0])
    }

    @Test("a variable can be reset by itself, and refuses what does not fit it")
    func oneVariable() throws {
        let sample = StatefulModel.all[0]
        let request = try StateTests.core.compile(try sample.model(), device: "REFERENCE").makeRequest()
        let state = try #require(request.queryState().first)
        let initial = try state.tensor.array(of: Float.self)
        _ = try request.run(try sample.steps[0].inputs.map { try $0.tensor() })
        #expect(try state.tensor.array(of: Float.self) != initial)
        try state.reset()
        #expect(try state.tensor.array(of: Float.self) == initial)
        #expect(throws: VireoError.self) { try state.set(Tensor([Float](repeating: 0, count: 5))) }
    }

    @Test("a pool of requests runs a stateful model one run after the other")
    func sharedPool() async throws {
        let sample = StatefulModel.all[0]
        let compiled = try StateTests.core.compile(try sample.model(), device: "REFERENCE")
        for step in sample.steps.prefix(while: { $0.change == nil && !$0.isReset }) {
            let results = try await compiled.run(try step.inputs.map { try $0.tensor() })
            let difference = try Tolerance.of(try sample.model()).difference(
                of: results, from: try step.outputs.map { try $0.tensor() })
            #expect(difference == nil)
        }
    }

    @Test("requests with variables are not gathered in batches")
    func batches() throws {
        let model = try StatefulModel.all[0].model()
        let error = #expect(throws: VireoError.self) {
            try StateTests.core.compile(model, device: "BATCH:REFERENCE(2)")
        }
        #expect(error?.code == .unsupported && error?.remedy == "name the device without BATCH")
        #expect(error?.message.contains("[\"total\"]") == true)
    }

    @Test("a variable of unknown shape whose first value is computed is refused with what to do")
    func unknownShape() throws {
        var model = Model(name: "unknown")
        let input = try model.add(Parameter(.f32, .ranked([.dynamic, 2])), name: "x")
        let type = ValueType(.f32, PartialShape.ranked([.dynamic, 2]))
        let read = try model.add(ReadValue("v", type), [Output(input)], name: "read")
        try model.add(Assign("v"), [Output(read)], name: "assign")
        try model.add(Result(), [Output(read)], name: "result")
        let error = #expect(throws: VireoError.self) { try StateTests.core.compile(model, device: "REFERENCE") }
        #expect(error?.code == .unsupported && error?.message.contains("\"v\"") == true)
        #expect(error?.remedy == "reshape the model to static shapes")
    }

    @Test("a variable of two types is refused")
    func twoTypes() throws {
        var model = Model(name: "twice")
        let input = try model.add(Parameter(.f32, PartialShape([2])), name: "x")
        try model.add(Assign("v"), [Output(input)], name: "assign")
        let read = try model.add(ReadValue("v", ValueType(.f32, [3] as Shape)), [], name: "read")
        try model.add(Result(), [Output(read)], name: "result")
        let error = #expect(throws: VireoError.self) { try StateTests.core.compile(model, device: "REFERENCE") }
        #expect(error?.code == .malformedFile)
    }
}

/// A model with variables and what OpenVINO computed run after run; `make_state_cases.py` writes them.
struct StatefulModel: Decodable, Sendable, CustomTestStringConvertible {
    struct Step: Decodable, Sendable {
        /// Whether all variables are reset before the run.
        let isReset: Bool
        /// What the first variable is set to before the run.
        let change: RecordedTensor?
        let inputs: [RecordedTensor]
        let outputs: [RecordedTensor]
        /// What the variables hold after the run.
        let states: [RecordedTensor]
    }

    let name: String
    /// The variables' names, sorted.
    let states: [String]
    let steps: [Step]
    private let document: String
    private let weights: Data

    private enum CodingKeys: String, CodingKey {
        case name, states, steps, weights
        case document = "model"
    }

    var testDescription: String { name }

    func model() throws -> Model { try Model(irDocument: Data(document.utf8), weights: weights) }

    static let all: [StatefulModel] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "Fixtures/stateful_models.json")
        do {
            return try JSONDecoder().decode([StatefulModel].self, from: Data(contentsOf: file))
        } catch {
            fatalError("\(error)")
        }
    }()
}
