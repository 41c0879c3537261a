import Foundation
import Testing
import Vireo
import VireoTestSupport

/// PoCL offers the processor twice when its environment asks for it, which drivers read once a process.
private let twice = ["POCL_DEVICES": "basic pthread"]

private let isPossible: Bool = {
    let run = try? CommandLineRun(["devices"], environment: twice)
    return run?.output.contains("OPENCL.1") == true
}()

@Suite("Several OpenCL devices", .enabled(if: isPossible, "needs PoCL (pocl-opencl-icd)"))
struct SeveralDevicesTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("devices lists each with its number, name and properties")
    func listsDevices() throws {
        struct Report: Decodable {
            struct Device: Decodable {
                struct Property: Decodable {
                    let name: String
                    let value: String
                }
                let name: String
                let fullName: String
                let properties: [Property]
            }
            let devices: [Device]
        }
        let run = try CommandLineRun(["devices", "--json"], environment: twice)
        let report = try JSONDecoder().decode(Report.self, from: Data(run.output.utf8))
        let devices = report.devices.filter { $0.name.hasPrefix("OPENCL") }
        #expect(devices.map(\.name) == ["OPENCL.0", "OPENCL.1"])
        #expect(Set(devices.map(\.fullName)).count == 2)
        for (number, device) in devices.enumerated() {
            func value(_ name: String) -> String? { device.properties.first { $0.name == name }?.value }
            #expect(value("DEVICE_ID") == String(number))
            #expect(value("FULL_DEVICE_NAME") == device.fullName)
            for size in [
                "EXECUTION_UNITS_COUNT", "DEVICE_TOTAL_MEM_SIZE", "DEVICE_LOCAL_MEM_SIZE", "MAX_WORK_GROUP_SIZE",
            ] {
                #expect(try #require(value(size).flatMap { Int($0) }) > 0, "\(size)")
            }
        }
    }

    @Test("each computes the same, alone, chosen by DEVICE_ID, in parts and in turn")
    func infersOnEach() throws {
        let network = try folder.file("small.pb", SmallNetwork.frozen)
        let input = folder.path("input.npy")
        try Tensor((0..<192).map { Float($0) / 192 }, [1, 3, 8, 8]).write(numpyFile: input)
        func infer(_ device: String, _ arguments: String...) throws -> (run: CommandLineRun, output: [Float]) {
            let out = folder.path("out-\(UUID().uuidString)")
            let run = try CommandLineRun(
                ["infer", "-m", network, "-i", "input=\(input)", "-d", device, "-o", out] + arguments,
                environment: twice)
            guard run.status == 0 else { return (run, []) }
            return (run, try Tensor(numpyFile: "\(out)/prob.npy").array(of: Float.self))
        }
        let expected = try infer("REFERENCE").output
        #expect(expected.count == 3)
        let runs = [
            try infer("OPENCL.0"), try infer("OPENCL.1"), try infer("OPENCL", "--config", "DEVICE_ID=1"),
            try infer("HETERO:OPENCL.1,OPENCL.0"), try infer("MULTI:OPENCL.0,OPENCL.1"),
        ]
        for (run, output) in runs {
            #expect(run.status == 0, "\(run.errors)")
            // The three probabilities are sums of 64 products that drivers round in other orders.
            #expect(zip(output, expected).allSatisfy { ($0 - $1).magnitude < 1e-6 } && output.count == 3)
        }
        let absent = try infer("OPENCL.2").run
        #expect(absent.status == 1)
        #expect(absent.errors.contains("OPENCL.2"), "\(absent.errors)")
    }
}
