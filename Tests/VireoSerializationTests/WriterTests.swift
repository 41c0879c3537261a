import Foundation
import FoundationXML
import Testing
import VireoIR
import VireoSerialization
import VireoTensor
import VireoTestSupport

@Suite("Writing an IR")
struct WriterTests {
    /// x + weights, with the given constants added one after another.
    private func sum(of constants: [Tensor]) throws -> Model {
        var model = Model(name: "sum")
        var value = Output(try model.add(Parameter(.f32, PartialShape([4])), name: "x"))
        for (index, tensor) in constants.enumerated() {
            let constant = try model.addConstant(tensor, name: "weights\(index)")
            value = Output(try model.add(BinaryElementwise(.add), [value, constant], name: "add\(index)"))
        }
        try model.add(Result(), [value], name: "result")
        return model
    }

    private func document(_ folder: TemporaryFolder, _ name: String) throws -> XMLDocument {
        try XMLDocument(contentsOf: URL(fileURLWithPath: folder.path(name + ".xml")))
    }

    private func attribute(_ document: XMLDocument, _ path: String) throws -> [String] {
        try document.nodes(forXPath: path).compactMap(\.stringValue)
    }

    @Test("numbers layers from 0 and ports from inputs to outputs")
    func numbering() throws {
        let folder = try TemporaryFolder()
        try sum(of: [Tensor([1, 2, 3, 4] as [Float])]).writeIR(directory: folder.path, name: "sum")
        let xml = try document(folder, "sum")
        #expect(try attribute(xml, "/net/@version") == ["11"])
        #expect(try attribute(xml, "//layer/@id") == ["0", "1", "2", "3"])
        #expect(try attribute(xml, "//layer/@type") == ["Parameter", "Const", "Add", "Result"])
        #expect(try attribute(xml, "//layer[@name='add0']//port/@id") == ["0", "1", "2"])
        #expect(try attribute(xml, "//layer[@name='add0']/output/port/@precision") == ["FP32"])
        #expect(try attribute(xml, "//layer[@name='result']/output") == [])
        #expect(try attribute(xml, "//edge/@from-port") == ["0", "0", "2"])
    }

    @Test("starts each blob at a multiple of 64 bytes and writes equal ones once")
    func blobs() throws {
        let folder = try TemporaryFolder()
        let a = Tensor([1, 2, 3, 4] as [Float])
        let b = Tensor([5, 6, 7, 8] as [Float])
        try sum(of: [a, b, a, Tensor([1, 2, 3, 4] as [Float]), b]).writeIR(directory: folder.path, name: "sum")
        #expect(try attribute(try document(folder, "sum"), "//data/@offset") == ["0", "64", "0", "0", "64"])
        #expect(try folder.bytes(of: "sum.bin").count == 80)
        #expect(try folder.names() == ["sum.bin", "sum.xml"])
    }

    @Test("keeps every character of a name that XML can hold, and refuses the others")
    func names() throws {
        let folder = try TemporaryFolder()
        let name = "a<b>&\"c'\t\n\r,ä→𝄞"
        var model = try sum(of: [])
        model.name = name
        model.rename(model.parameters[0], to: name)
        model.setTensorNames(["x:0", "with,comma", "\"<"], of: Output(model.parameters[0]))
        try model.writeIR(directory: folder.path, name: "names")
        let again = try Model(irFile: folder.path("names.xml"))
        #expect(again.name == name && again[again.parameters[0]].name == name)
        #expect(again[again.parameters[0]].outputs[0].tensorNames == ["x:0", "with,comma", "\"<"])
        model.rename(model.parameters[0], to: "bell\u{7}")
        let error = failure { try model.writeIR(directory: folder.path, name: "bell") }
        #expect(error?.code == .invalidArgument)
        #expect(try folder.names() == ["names.bin", "names.xml"])
    }

    @Test("writes dynamic dimensions as -1 in ports and as they are in the parameter")
    func dynamicShapes() throws {
        let folder = try TemporaryFolder()
        var model = Model(name: "dynamic")
        let shape = PartialShape.ranked([.dynamic, 3, Dimension(lower: 8, upper: 16), Dimension(lower: 2, upper: nil)])
        let x = Output(try model.add(Parameter(.f16, shape), name: "x"))
        try model.add(Result(), [x], name: "y")
        try model.writeIR(directory: folder.path, name: "dynamic")
        let xml = try document(folder, "dynamic")
        #expect(try attribute(xml, "//output/port/dim") == ["-1", "3", "-1", "-1"])
        #expect(try attribute(xml, "//data/@shape") == ["?,3,8..16,2.."])
        let again = try Model(irFile: folder.path("dynamic.xml"))
        #expect(again.type(of: Output(again.parameters[0])) == ValueType(.f16, shape))
    }

    @Test("leaves both files as they were when it fails")
    func failureLeavesFiles() throws {
        let folder = try TemporaryFolder()
        let xml = try folder.file("net.xml", "old graph".utf8)
        _ = try folder.file("net.bin", "old weights".utf8)
        var model = try sum(of: [Tensor([1, 2, 3, 4] as [Float])])
        model.rename(model.results[0], to: "\u{1}")
        #expect(throws: VireoError.self) { try model.writeIR(directory: folder.path, name: "net") }
        #expect(throws: VireoError.self) { try model.writeIR(xml: xml, weights: folder.path("absent/net.bin")) }
        #expect(throws: VireoError.self) { try model.writeIR(xml: xml, weights: xml) }
        #expect(try folder.bytes(of: "net.xml") == Array("old graph".utf8))
        #expect(try folder.bytes(of: "net.bin") == Array("old weights".utf8))
        #expect(try folder.names() == ["net.bin", "net.xml"])
    }

    @Test(
        "to a full device fails and leaves nothing", .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func fullDevice() throws {
        let folder = try TemporaryFolder()
        let model = try sum(of: [Tensor([1, 2, 3, 4] as [Float])])
        let error = failure { try model.writeIR(xml: folder.path("net.xml"), weights: "/dev/full") }
        #expect(error?.code == .inputOutput)
        #expect(try folder.names() == [])
    }

    @Test("over the files that the model's constants are mapped from keeps their values")
    func overItself() throws {
        let folder = try TemporaryFolder()
        let weights = Tensor((0..<4).map { Float($0) })
        try sum(of: [weights]).writeIR(directory: folder.path, name: "net")
        let mapped = try Model(irFile: folder.path("net.xml"))
        try mapped.writeIR(directory: folder.path, name: "net")
        let again = try Model(irFile: folder.path("net.xml"))
        for model in [mapped, again] {
            #expect((model.node(named: "weights0")?.operation as? Constant)?.tensor == weights)
        }
    }

    @Test("needs a result")
    func withoutResult() throws {
        let folder = try TemporaryFolder()
        var model = Model(name: "empty")
        try model.add(Parameter(.f32, PartialShape([1])), name: "x")
        #expect(
            failure { try model.writeIR(directory: folder.path, name: "net") }?.message == "the model has no result")
    }
}

@Suite("Writing weights in half precision")
struct HalfPrecisionTests {
    private func model(_ values: [Float]) throws -> Model {
        var model = Model(name: "half")
        let x = Output(try model.add(Parameter(.f32, PartialShape([values.count])), name: "x"))
        let weights = try model.addConstant(Tensor(values), name: "weights")
        model.setTensorNames(["w:0"], of: weights)
        let sum = Output(try model.add(BinaryElementwise(.add), [x, weights], name: "sum"))
        let count = try model.addConstant(Tensor([Int64(values.count)]), name: "count")
        let shaped = Output(try model.add(Reshape(), [sum, count], name: "shaped"))
        let limits = try [-1, 1].map { try model.addConstant(Tensor(scalar: Float($0)), name: "limit") }
        let quantized = try model.add(FakeQuantize(levels: 256), [shaped] + limits + limits, name: "quantized")
        try model.add(Result(), [Output(quantized)], name: "y")
        return model
    }

    @Test("stores f32 weights as f16 with a marked Convert that takes their name, and nothing else")
    func structure() throws {
        let folder = try TemporaryFolder()
        let report = try model([1, 0.1, -3]).writeIR(directory: folder.path, name: "half", precision: .half)
        #expect(report == CompressionReport(compressedCount: 1))
        let read = try Model(irFile: folder.path("half.xml"))
        let convert = try #require(read.node(named: "weights"))
        #expect(convert.type == "Convert" && convert.outputs[0].tensorNames == ["w:0"])
        #expect(convert.runtimeInfo.map { $0["name"] } == ["decompression"])
        let stored = try #require(read.constant(convert.inputs[0]))
        #expect(try stored.array(of: Float16.self) == [1, 0.1, -3])
        #expect(read.producer(of: convert, 0).name == "weights_compressed")
        #expect(read.node(named: "limit")?.outputs[0].type.elementType == .f32)
        #expect(read.node(named: "count")?.outputs[0].type.elementType == .i64)
    }

    @Test("survives being written again without compression")
    func secondRoundTrip() throws {
        let folder = try TemporaryFolder()
        try model([1, 0.1, -3]).writeIR(directory: folder.path, name: "first", precision: .half)
        let first = try Model(irFile: folder.path("first.xml"))
        let report = try first.writeIR(directory: folder.path, name: "second", precision: .half)
        #expect(report.compressedCount == 0)
        #expect(try folder.bytes(of: "first.bin") == folder.bytes(of: "second.bin"))
        #expect(try folder.bytes(of: "first.xml") == folder.bytes(of: "second.xml"))
    }

    @Test("counts what overflows and what becomes zero, and keeps finite values finite")
    func losses() throws {
        let folder = try TemporaryFolder()
        let smallest = Float(Float16.leastNonzeroMagnitude)
        let values = [1e5, -1e5, 65504, 65519, .infinity, -.infinity, 1e-9, smallest / 4, smallest, 0, -0.0]
        let report = try model(values).writeIR(directory: folder.path, name: "half", precision: .half)
        #expect(report.lossyConstants.map(\.name) == ["weights"])
        #expect(report.lossyConstants.map(\.elementCount) == [11])
        #expect(report.overflowCount == 3 && report.underflowCount == 2)
        let read = try Model(irFile: folder.path("half.xml"))
        let stored = try #require((read.node(named: "weights_compressed")?.operation as? Constant)?.tensor)
        let expected: [Float16] = [65504, -65504, 65504, 65504, .infinity, -.infinity, 0, 0, Float16(smallest), 0, 0]
        #expect(try stored.array(of: Float16.self) == expected)
    }

    @Test("works in pieces")
    func large() throws {
        let folder = try TemporaryFolder()
        let values = (0..<200_000).map { Float($0 % 2048) }
        try model(values).writeIR(directory: folder.path, name: "large", precision: .half)
        let read = try Model(irFile: folder.path("large.xml"))
        let stored = try #require((read.node(named: "weights_compressed")?.operation as? Constant)?.tensor)
        #expect(try stored.array(of: Float16.self) == values.map { Float16($0) })
    }
}
