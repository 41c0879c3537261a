import Glibc
import Testing
import VireoIR
import VireoRuntime
import VireoTensor

/// The plugins in plain C that are built beside the test binary.
enum Fixture: String {
    case example = "libfixture_example.so"
    case faulty = "libfixture_faulty.so"
    case flaky = "libfixture_flaky.so"

    var path: String { Fixture.folder + "/" + rawValue }

    /// The folder of the test binary.
    static let folder: String = {
        let executable = realpath("/proc/self/exe", nil)!
        defer { free(executable) }
        let path = String(cString: executable)
        return String(path[..<path.lastIndex(of: "/")!])
    }()
}

/// An operation that only EXAMPLE knows.
struct SoftShrink: Operation {
    let lambda: Double
    var type: String { "SoftShrink" }
    var version: Int { 1 }
    var attributes: [Attribute] { [Attribute("lambda", .number(lambda))] }
    func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] { [inputs[0]] }
}

extension Model {
    /// `data` [4] -> ReLU -> plus [1,2,3,4] -> SoftShrink 0.5.
    static func sample() throws -> Model {
        var model = Model(name: "sample")
        let data = Output(try model.add(Parameter(.f32, PartialShape([4])), name: "data"))
        let relu = Output(try model.add(UnaryElementwise(.relu), [data], name: "relu"))
        let offset = try model.addConstant(Tensor([1, 2, 3, 4] as [Float]), name: "offset")
        let sum = Output(try model.add(BinaryElementwise(.add), [relu, offset], name: "sum"))
        let shrunk = Output(try model.add(SoftShrink(lambda: 0.5), [sum], name: "shrunk"))
        try model.add(Result(), [shrunk], name: "result")
        model.setTensorNames(["data:0"], of: data)
        model.setTensorNames(["shrunk:0"], of: shrunk)
        return model
    }
}

/// What `Model.sample` makes of -1, 0, 1, 2.
let sampleInput = Tensor([-1, 0, 1, 2] as [Float])
let sampleOutput = Tensor([0.5, 1.5, 3.5, 5.5] as [Float])

extension Model {
    /// `data` [4] -> ReLU, which every device takes.
    static func relu() throws -> Model {
        var model = Model(name: "relu")
        let data = Output(try model.add(Parameter(.f32, PartialShape([4])), name: "data"))
        try model.add(Result(), [Output(try model.add(UnaryElementwise(.relu), [data], name: "relu"))], name: "result")
        return model
    }
}
