import Testing
import VireoIR
import VireoRuntime
import VireoTensor
import VireoTestSupport

/// Runs every single-operation case on every device that is there. A device may refuse an operation with a reason; a
/// result that is wrong fails, and so does a refusal by the backend that is meant to be complete.
@Suite(.serialized)
struct NumericTests {
    /// The backend that refuses nothing that runs at all.
    private static let complete = "REFERENCE"

    private static let core: Core = {
        do { return try Core() } catch { fatalError("no plugins can be looked for: \(error)") }
    }()

    @Test("a complete backend is among the devices")
    func completeBackendIsPresent() {
        #expect(NumericTests.core.devices.contains { $0.name == NumericTests.complete })
    }

    @Test("a device computes what OpenVINO computes, or refuses with a reason", arguments: core.devices.map(\.name))
    func agreesWithOpenVINO(_ device: String) throws {
        var refusals: [String: [String]] = [:]
        var passed = 0
        for sample in SingleOperationCase.all {
            let compiled: CompiledModel
            do {
                compiled = try NumericTests.core.compile(try sample.model(), device: device)
            } catch let error as VireoError where error.code == .unsupported {
                #expect(!error.message.isEmpty)
                #expect(device != NumericTests.complete, "\(device) refuses \(sample): \(error)")
                refusals[sample.operation.type, default: []].append(error.context.last ?? error.message)
                continue
            }
            let difference = try sample.difference(of: try compiled.makeRequest().run(sample.feeds))
            #expect(difference == nil, "\(device), \(sample)")
            if difference == nil { passed += 1 }
        }
        #expect(passed > 0, "\(device) computes none of the cases")
        let refused = refusals.values.reduce(0) { $0 + $1.count }
        print("\(device): \(passed) cases of \(SingleOperationCase.all.count) agree, \(refused) are refused")
        for (operation, reasons) in refusals.sorted(by: { $0.key < $1.key }) {
            print("  \(operation): \(reasons.count) refused, such as \(reasons[0])")
        }
    }

    @Test(
        "a device computes the conformance suite's sample, or refuses with a reason",
        arguments: core.devices.map(\.name))
    func agreesOnTheSample(_ device: String) throws {
        var passed = 0
        for sample in SampledCase.all {
            let compiled: CompiledModel
            do {
                compiled = try NumericTests.core.compile(try sample.model(), device: device)
            } catch let error as VireoError where error.code == .unsupported {
                #expect(!error.message.isEmpty)
                #expect(device != NumericTests.complete, "\(device) refuses \(sample): \(error)")
                continue
            }
            let difference = try sample.difference(of: try compiled.makeRequest().run(sample.inputs))
            #expect(difference == nil, "\(device), \(sample)")
            if difference == nil { passed += 1 }
        }
        #expect(passed > 0, "\(device) computes none of the cases")
        print("\(device): \(passed) cases of \(SampledCase.all.count) of the sample agree")
    }
}
