import Foundation
import FoundationXML
import Testing
import VireoIR
import VireoSerialization
import VireoTestSupport

@Suite("Inferred types")
struct InferredShapesTests {
    @Test("are those that OpenVINO wrote into the ports", arguments: IRFixtures.all)
    func agreeWithPorts(path: String) throws {
        let model = try Model(irFile: path + ".xml")
        let nodes = Dictionary(uniqueKeysWithValues: model.nodes.map { ($0.name, $0) })
        let document = try XMLDocument(contentsOf: URL(fileURLWithPath: path + ".xml"))
        var compared = 0
        for case let layer as XMLElement in try document.nodes(forXPath: "/net/layers/layer") {
            let name = try #require(layer.attribute(forName: "name")?.stringValue)
            let node = try #require(nodes[name])
            let ports = layer.elements(forName: "output").flatMap { $0.elements(forName: "port") }
            #expect(ports.count == node.outputs.count)
            for (port, output) in zip(ports, node.outputs) {
                let written = port.elements(forName: "dim").compactMap { $0.stringValue.flatMap { Int($0) } }
                let inferred = output.type.shape.dimensions?.map { $0.value ?? -1 } ?? []
                #expect(written == inferred, "\(node.label)")
                let precision = port.attribute(forName: "precision")?.stringValue
                #expect(precision == precisionNames["\(output.type.elementType)"], "\(node.label)")
                compared += 1
            }
        }
        #expect(compared > 0)
    }

    @Test("are compared for every operation of the operation set, here or with the outputs of single operations")
    func everyOperation() throws {
        var covered = Set(SingleOperationCase.all.map(\.operation.type))
        for sample in SampledCase.all { covered.insert(try sample.operation().type) }
        for name in IRFixtures.names {
            let model = try Model(irFile: "\(IRFixtures.folder)/\(name).xml")
            covered.formUnion(model.nodes.map(\.type))
        }
        #expect(Set(OperationSet.entries.map(\.type)).subtracting(covered) == [])
    }

    private let precisionNames = [
        "f64": "FP64", "f32": "FP32", "f16": "FP16", "i64": "I64", "i32": "I32", "i16": "I16", "i8": "I8", "i4": "I4",
        "u64": "U64", "u32": "U32", "u16": "U16", "u8": "U8", "u4": "U4", "u1": "BIN", "boolean": "BOOL",
    ]

    @Test(
        "of a trained detector are static throughout", .enabled(if: ModelsFolder.isPresent, "set VIREO_MODELS"),
        arguments: IRFixtures.shared)
    func staticThroughout(name: String) throws {
        let model = try Model(irFile: ModelsFolder.file(name + ".xml"))
        for node in model.nodes {
            for output in node.outputs { #expect(output.type.shape.isStatic, "\(node.label)") }
        }
        #expect(model.results.map { model.type(of: model[$0].inputs[0]).description } == ["f32[1,1,200,7]"])
    }
}
