import Foundation
import VireoIR
import VireoRuntime
import VireoTensor
import VireoTestSupport

/// Runs cases on one device and reports each as a line of JSON on the standard output.
///
/// A worker is a process of its own: a case that ends it takes no other with it, and what a library leaks goes with it.
struct Worker {
    let folder: String
    let device: String

    func run(_ cases: ArraySlice<ConformanceCase>) throws {
        let core = try Core()
        let encoder = JSONEncoder()
        for sample in cases {
            let (outcome, detail) = judge(sample, core)
            let result = CaseResult(path: sample.path, device: device, outcome: outcome, detail: detail)
            try FileHandle.standardOutput.write(contentsOf: try encoder.encode(result) + Data("\n".utf8))
        }
    }

    private func judge(_ sample: ConformanceCase, _ core: Core) -> (CaseResult.Outcome, String) {
        do {
            let compiled: CompiledModel
            let model: Model
            do {
                model = try sample.model(in: folder)
                // What Winograd's algorithm loses is bounded by the goldens of whole networks.
                compiled = try core.compile(model, device: device, properties: ["EXECUTION_MODE_HINT": "ACCURACY"])
            } catch let error as VireoError where error.code == .unsupported {
                return (.refused, error.context.last.map { "\(error.message): \($0)" } ?? error.message)
            }
            let results = try compiled.makeRequest().run(try sample.inputs(in: folder))
            let expected = try sample.outputs(in: folder)
            let tolerance = Tolerance.of(model)
            return try tolerance.difference(of: results, from: expected).map { (.failed, $0) } ?? (.passed, "")
        } catch {
            return (.failed, "\(error)")
        }
    }
}
