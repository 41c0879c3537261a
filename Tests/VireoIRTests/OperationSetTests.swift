import Testing
import VireoIR
import VireoTensor

@Suite("The operation set")
struct OperationSetTests {
    @Test("has each name once, with ascending versions")
    func entries() {
        #expect(Set(OperationSet.entries.map { $0.type.lowercased() }).count == OperationSet.entries.count)
        for entry in OperationSet.entries {
            #expect(!entry.versions.isEmpty && entry.versions == entry.versions.sorted())
        }
    }

    @Test("gives the newest version that an opset has")
    func versions() throws {
        func version(_ type: String, _ opset: Int) throws -> Int {
            try OperationSet.make(
                type, opset: opset, AttributeReader(["axis": .integer(1), "output_type": .string("i64")])
            )
            .version
        }
        #expect(try version("softmax", 1) == 1 && version("SoftMax", 7) == 1 && version("Softmax", 13) == 8)
        #expect(try version("ShapeOf", 2) == 1 && version("ShapeOf", 3) == 3)
        #expect(throws: VireoError.self) { try version("Mish", 3) }
        #expect(throws: VireoError.self) { try version("Nothing", 1) }
    }

    /// The text that the writer puts into the file must give the same operation again.
    @Test("reads back the attributes that it writes")
    func attributes() throws {
        let operations: [any Operation] = [
            Clamp(lower: -.infinity, upper: 0.1), Elu(alpha: 1e-5), LRN(alpha: 1e-4, beta: 0.75, bias: 1, size: 5),
            StridedSlice(beginMask: [0, 1], endMask: [], ellipsisMask: [1]), Broadcast(mode: .bidirectional),
            AvgPool(
                SlidingWindow(strides: [1, 2], autoPad: .sameLower), kernel: [3, 1], excludePad: true, rounding: .ceil),
            MaxPool(SlidingWindow(strides: [1]), kernel: [2]), Reshape(specialZero: true), MatMul(transposeB: true),
            Parameter(.bf16, .ranked([.dynamic, Dimension(lower: 2, upper: 5), 0])), Parameter(.boolean, .unranked),
            FakeQuantize(levels: 255), Convert(to: .u1), Gather(batchDims: -1), Pad(mode: .reflect), SoftMax(axis: -2),
        ]
        for operation in operations {
            let text = Dictionary(
                uniqueKeysWithValues: operation.attributes.map { ($0.key, Attribute.Value.string($0.value.text)) })
            let again = try OperationSet.make(operation.type, opset: operation.version, AttributeReader(text))
            #expect(again.version == operation.version)
            #expect(again.attributes.map { $0.value.text } == operation.attributes.map { $0.value.text })
        }
    }

    static let malformed: [(String, [String: String])] = [
        ("Concat", [:]), ("Concat", ["axis": ""]), ("Concat", ["axis": "1.5"]),
        ("Concat", ["axis": "99999999999999999999"]),
        ("Elu", ["alpha": "nan"]), ("Elu", ["alpha": "one"]), ("Reshape", ["special_zero": "yes"]), ("Reshape", [:]),
        ("Parameter", ["shape": "1,,2", "element_type": "f32"]),
        ("Parameter", ["shape": "5..2", "element_type": "f32"]),
        ("Parameter", ["shape": "-2", "element_type": "f32"]), ("Parameter", ["shape": "1", "element_type": "float"]),
        ("Add", ["auto_broadcast": "pdpd"]),
    ]

    @Test("refuses attributes that are missing or make no sense", arguments: malformed)
    func refused(type: String, attributes: [String: String]) {
        #expect(throws: VireoError.self) {
            try OperationSet.make(type, opset: 1, AttributeReader(attributes.mapValues { .string($0) }))
        }
    }
}
