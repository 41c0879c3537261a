import Foundation
import Testing
import VireoIR
import VireoSerialization
import VireoTensor
import VireoTestSupport

@Suite("An IR that is read and written again")
struct RoundTripTests {
    @Test("is the same model when it is read once more", arguments: IRFixtures.all)
    func sameModel(path: String) throws {
        let folder = try TemporaryFolder()
        let first = try Model(irFile: path + ".xml")
        try first.verify()
        try first.writeIR(directory: folder.path, name: "again")
        let second = try Model(irFile: folder.path("again.xml"))
        try second.verify()
        #expect(first.description == second.description)
        #expect(first.runtimeInfo == second.runtimeInfo)
        for (left, right) in zip(try ordered(first), try ordered(second)) {
            #expect(left.name == right.name && left.runtimeInfo == right.runtimeInfo)
            #expect(left.outputs.map(\.tensorNames) == right.outputs.map(\.tensorNames))
            #expect(left.outputs.map(\.runtimeInfo) == right.outputs.map(\.runtimeInfo))
            if let constant = left.operation as? Constant {
                #expect(constant.tensor == (right.operation as? Constant)?.tensor)
            }
        }
        #expect(first.parameters.map { first[$0].name } == second.parameters.map { second[$0].name })
        #expect(first.results.map { first[$0].name } == second.results.map { second[$0].name })
    }

    /// With VIREO_TEST_OUTPUT the files stay there, for `Tests/openvino/check_ir.py` to compare with the originals.
    @Test("leaves files for OpenVINO to compare", arguments: IRFixtures.all)
    func filesToCompare(path: String) throws {
        let temporary = try TemporaryFolder()
        let folder = ProcessInfo.processInfo.environment["VIREO_TEST_OUTPUT"] ?? temporary.path
        let url = URL(filePath: path)
        let isShared = !path.hasPrefix(IRFixtures.folder)
        let subfolder = folder + "/" + (isShared ? url.deletingLastPathComponent().lastPathComponent : "fixtures")
        try FileManager.default.createDirectory(atPath: subfolder, withIntermediateDirectories: true)
        let name = url.lastPathComponent
        let model = try Model(irFile: path + ".xml")
        try model.writeIR(directory: subfolder, name: name)
        try FileManager.default.createDirectory(atPath: subfolder + "/half", withIntermediateDirectories: true)
        try model.writeIR(directory: subfolder + "/half", name: name, precision: .half)
        #expect(try IRFixtures.bytes("\(subfolder)/\(name).xml").count > 0)
    }

    private func ordered(_ model: Model) throws -> [Node] { try model.topologicalOrder().map { model[$0] } }
}
