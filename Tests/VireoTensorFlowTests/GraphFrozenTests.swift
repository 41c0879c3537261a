import Foundation
import Testing
import VireoTensor
import VireoTensorFlow
import VireoTestSupport

@Suite("Frozen classifiers", .enabled(if: ModelsFolder.isPresent))
struct GraphFrozenTests {
    private struct Expected: Decodable {
        let frozenOps: [String: Int]
        let params: Int
    }

    @Test(
        "a frozen graph has the operations and parameters that TensorFlow's own freezing gives",
        arguments: ["mobilenet_v1_0.25_128", "mobilenet_v2_1.0_224", "inception_v1", "resnet_v2_50"])
    func operations(_ model: String) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let file = try ModelsFolder.file("slim/\(model)/model.json")
        let expected = try decoder.decode(Expected.self, from: Data(contentsOf: URL(filePath: file)))
        let graph = try GraphDef(contentsOf: FrozenGraphs.file(model))
        #expect(Dictionary(grouping: graph.nodes, by: \.op).mapValues(\.count) == expected.frozenOps)
        #expect(try graph.topologicallySorted().count == graph.nodes.count)
    }

    @Test("every graph of the models folder can be read, and all its constants")
    func everyGraph() throws {
        let folder = try #require(ModelsFolder.path)
        let files = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
        let others = ["saved_model.pb", "fingerprint.pb", "keras_metadata.pb"]
        let graphs = files.filter { file in file.hasSuffix(".pb") && !others.contains { file.hasSuffix($0) } }
        #expect(graphs.count > 40)
        for name in graphs {
            let graph = try GraphDef(contentsOf: folder + "/" + name)
            _ = try graph.topologicallySorted()
            for node in graph.nodes where node.op == "Const" {
                let value = try node.tensor("value")
                if value.dataType == .string { _ = try value.strings() } else { _ = try value.tensor() }
            }
        }
    }
}

@Suite("The weight recipe")
struct WeightRecipeTests {
    @Test("values equal those of the numpy recipe bit for bit")
    func knownValues() throws {
        // Printed by the models folder's tools/weight_recipe.py as float32 bit patterns.
        let recipe = WeightRecipe(model: "mobilenet_v1_0.25_128")
        for (name, shape, expected) in KnownWeights.all {
            let values = try #require(recipe.values(of: name, Shape(shape)))
            #expect(values.map(\.bitPattern) == expected, "\(name)")
        }
        #expect(recipe.values(of: "global_step", []) == nil)
    }

    @Test("the seed image holds the numbers of the numpy recipe")
    func seedImage() throws {
        let image = UniformSequence.image(height: 2, width: 2)
        #expect(image.shape == [1, 2, 2, 3])
        #expect(try image.array(of: Float.self) == KnownWeights.seedImage)
    }
}
