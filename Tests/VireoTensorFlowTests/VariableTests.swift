import Testing
import VireoTensor
import VireoTensorFlow
import VireoTestSupport

@Suite("Variables as constants")
struct VariableTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func checkpoint(_ variables: [(name: String, shape: [Int], values: [Float])]) throws -> Checkpoint {
        try Checkpoint(path: BundleFixture(variables: variables).write(to: folder))
    }

    private func value(_ graph: GraphDef, _ name: String) throws -> Tensor {
        let node = try #require(graph[name])
        #expect(node.op == "Const")
        return try node.tensor("value").tensor()
    }

    @Test("reference variables become constants, and what reads them stays")
    func references() throws {
        let graph = try GraphDef(
            text: """
                node { name: "w" op: "VariableV2" \(variable([2]))
                  attr { key: "_class" value { list { s: "loc:@w" } } } }
                node { name: "old" op: "Variable" \(variable([1])) }
                node { name: "w/read" op: "Identity" input: "w" attr { key: "T" value { type: DT_FLOAT } } }
                """)
        let frozen = try graph.freezingVariables(from: checkpoint([("w", [2], [1, 2]), ("old", [1], [3])]))
        #expect(try value(frozen, "w") == Tensor([Float(1), 2]))
        #expect(try value(frozen, "old") == Tensor([Float(3)]))
        #expect(try frozen["w"]?.type("dtype") == .float)
        #expect(frozen["w"]?.attributes["shape"] == nil && frozen["w"]?.attributes["_class"] != nil)
        #expect(frozen["w/read"]?.op == "Identity" && frozen["w/read"]?.inputs == [TensorRef("w")])
    }

    @Test("resource variables become constants, and reads of them Identities and Gathers, through handles passed on")
    func resources() throws {
        let graph = try GraphDef(
            text: """
                node { name: "h" op: "VarHandleOp" \(variable([2])) attr { key: "shared_name" value { s: "w" } } }
                node { name: "p" op: "Identity" input: "h" attr { key: "T" value { type: DT_RESOURCE } } }
                node { name: "r" op: "ReadVariableOp" input: "p" attr { key: "dtype" value { type: DT_FLOAT } } }
                node { name: "i" op: "Placeholder" }
                node { name: "g" op: "ResourceGather" input: "h" input: "i"
                  attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "Tindices" value { type: DT_INT64 } } }
                """)
        let frozen = try graph.freezingVariables(from: checkpoint([("w", [2], [1, 2])]))
        #expect(try value(frozen, "h") == Tensor([Float(1), 2]))
        #expect(try frozen["p"]?.type("T") == .float)
        let read = try #require(frozen["r"])
        #expect(try read.op == "Identity" && read.type("T") == .float && read.attributes.count == 1)
        let gather = try #require(frozen["g"])
        #expect(try gather.op == "Gather" && gather.type("Tparams") == .float && gather.type("Tindices") == .int64)
    }

    @Test("a variable is found by the name that the graph saves it under, before its own")
    func savedNames() throws {
        let graph = try GraphDef(
            text: """
                node { name: "w" op: "VariableV2" \(variable([])) }
                node { name: "file" op: "Const" }
                node { name: "names" op: "Const" attr { key: "value" value { tensor { dtype: DT_STRING
                  tensor_shape { dim { size: 1 } } string_val: "w/ExponentialMovingAverage" } } } }
                node { name: "slices" op: "Const" }
                node { name: "read" op: "Identity" input: "w" }
                node { name: "save" op: "SaveV2" input: "file" input: "names" input: "slices" input: "read" }
                """)
        let both = try checkpoint([("w", [], [1]), ("w/ExponentialMovingAverage", [], [2])])
        #expect(try value(graph.freezingVariables(from: both), "w") == Tensor(scalar: Float(2)))
        let own = try checkpoint([("w", [], [1])])
        #expect(try value(graph.freezingVariables(from: own), "w") == Tensor(scalar: Float(1)))
    }

    @Test("the parts of a partitioned variable are found without the graph's savers")
    func parts() throws {
        let graph = try GraphDef(
            text: (0..<3).map { part in
                "node { name: \"table/part_\(part)\" op: \"VariableV2\" \(variable([part == 0 ? 3 : 2, 3])) }"
            }.joined(separator: "\n"))
        for version in [RecordedFiles.singleFile, nil] {
            let folder = try TemporaryFolder()
            if let version {
                _ = try folder.file("c", version)
            } else {
                _ = try folder.file("c.index", RecordedFiles.shardedIndex)
                _ = try folder.file("c.data-00000-of-00002", RecordedFiles.shardedData0)
            }
            let frozen = try graph.freezingVariables(from: Checkpoint(path: folder.path("c")))
            for (part, count) in [(0, 9), (1, 6), (2, 6)] {
                let expected = (0..<count).map { Float(part * 100 + $0) }
                #expect(try value(frozen, "table/part_\(part)").array(of: Float.self) == expected)
            }
        }
    }

    @Test("a variable without a value is an error that names it, when its value is asked for")
    func missing() throws {
        let graph = try GraphDef(text: "node { name: \"w\" op: \"VariableV2\" \(variable([2])) }")
        let none = try graph.freezingVariables(from: nil)
        #expect(failure { _ = try value(none, "w") }?.remedy?.contains("--input_checkpoint") == true)
        let other = try graph.freezingVariables(from: checkpoint([("v", [2], [1, 2])]))
        let absent = failure { _ = try value(other, "w") }
        #expect(absent?.message.contains("the variable is not in the checkpoint") == true)
        #expect(absent?.message.contains("which has \"v\"") == true)
        let wrong = try graph.freezingVariables(from: checkpoint([("w", [3], [1, 2, 3])]))
        let shapes = failure { _ = try value(wrong, "w") }
        #expect(shapes?.message.hasPrefix("the variable is float32[2], and in the checkpoint") == true)
        let path = folder.path("frozen.pb")
        let frozen = failure { try LoadedGraph(graph: other).frozen(outputs: ["w"]).write(to: path) }
        #expect(frozen?.context.first == "node \"w\" (Const)")
        #expect(try !folder.names().contains("frozen.pb"))
    }
}

/// The attributes of a float variable.
private func variable(_ shape: [Int]) -> String {
    let dimensions = shape.map { "dim { size: \($0) }" }.joined(separator: " ")
    return "attr { key: \"dtype\" value { type: DT_FLOAT } } attr { key: \"shape\" value { shape { \(dimensions) } } }"
}
