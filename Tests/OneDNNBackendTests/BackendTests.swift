import OneDNNBackend
import Testing
import VireoPluginKit
import VireoPluginTestSupport
import VireoTensor

@Suite("The backend")
struct BackendTests {
    private let backend: OneDNNBackend

    init() throws { backend = try OneDNNBackend(device: 0, host: TestHost.host) }

    @Test("the device is the processor")
    func probe() throws {
        let devices = try OneDNNBackend.probe()
        #expect(devices.count == 1)
        #expect(devices.first?.kind == .cpu)
        #expect(OneDNNBackend.summary.contains("oneDNN 2") || OneDNNBackend.summary.contains("oneDNN 3"))
        #expect(throws: VireoError.self) { try OneDNNBackend(device: 1, host: TestHost.host) }
    }

    @Test("every property is listed, and the mutable ones can be set")
    func properties() throws {
        let listed = try #require(backend.properties.first { $0.name == "SUPPORTED_PROPERTIES" })
        #expect(listed.value.split(separator: " ").map(String.init) == backend.properties.map(\.name))
        #expect(
            backend.properties.first { $0.name == "OPTIMIZATION_CAPABILITIES" }?.value.hasPrefix("FP32 INT8") == true)
        try backend.setProperty("INFERENCE_NUM_THREADS", to: "3")
        #expect(backend.properties.first { $0.name == "INFERENCE_NUM_THREADS" }?.value == "3")
        #expect(throws: VireoError.self) { try backend.setProperty("INFERENCE_NUM_THREADS", to: "many") }
        #expect(throws: VireoError.self) { try backend.setProperty("INFERENCE_PRECISION_HINT", to: "f16") }
        #expect(throws: VireoError.self) { try backend.setProperty("FULL_DEVICE_NAME", to: "abacus") }
    }

    private func reason(_ make: (GraphBuilder) -> Int) -> String {
        let builder = GraphBuilder()
        let output = make(builder)
        let graph = builder.graph([output])
        guard case .no(let reason)? = backend.support(for: graph).last else { return "accepted" }
        #expect(throws: VireoError.self) { try backend.compile(graph, properties: [:]) }
        return reason
    }

    @Test("what is refused is refused with its reason, and not compiled")
    func refusals() {
        let one: [String: NodeView.Attribute] = [
            "strides": .integers([1, 1]), "dilations": .integers([1, 1]), "pads_begin": .integers([0, 0]),
            "pads_end": .integers([0, 0]),
        ]
        #expect(
            reason { $0.node("NonMaxSuppression", [$0.input([2])], to: [2]) }
                == "ONEDNN has no operation NonMaxSuppression of opset1")
        #expect(
            reason { $0.node("ReLU", [$0.value(.f32, partial: .unranked)], to: [2]) }
                == "input 0: the shape [...] is not static")
        #expect(
            reason { $0.node("ReLU", [$0.value(.i32, [2])], to: [2]) }
                == "input 0: element type i32, where ONEDNN computes in f32")
        #expect(
            reason { $0.node("ReLU", [$0.input([0])], to: [0]) }
                == "output 0: the shape [0] is empty or has a dimension beyond 2^31")
        #expect(
            reason {
                $0.node("Convolution", [$0.input([1, 3, 4, 4]), $0.constant([2, 4, 1, 1])], to: [1, 2, 4, 4], one)
            }
                == "weights [2, 4, 1, 1] that do not take [1, 3, 4, 4] to [1, 2, 4, 4]")
        #expect(
            reason {
                $0.node("Convolution", [$0.input([1, 3, 4, 4]), $0.constant([2, 3, 1, 1])], to: [1, 2, 5, 4], one)
            }
            .hasPrefix("a window that does not take [4, 4] to [5, 4]"))
        #expect(
            reason { $0.node("Convolution", [$0.input([1, 3, 4, 4]), $0.constant([2, 3, 1, 1])], to: [1, 2, 4, 4]) }
                .contains("needs the attribute \"strides\""))
        #expect(
            reason {
                $0.node(
                    "Pad", [$0.input([4]), $0.integers([1]), $0.integers([1])], to: [6],
                    ["pad_mode": .string("reflect")])
            } == "the pad mode reflect")
        #expect(
            reason { $0.node("SoftMax", [$0.input([2, 3])], to: [2, 3], ["axis": .integers([2])]) }
                == "the axes [2] of a tensor of rank 2")
        #expect(
            reason { $0.node("Swish", [$0.input([4]), $0.input([])], to: [4]) }
                == "Swish with a parameter that is missing or not a constant scalar")
        #expect(
            reason {
                $0.node(
                    "LRN", [$0.input([1, 4, 2, 2]), $0.integers([1])], to: [1, 4, 2, 2],
                    ["alpha": .numbers([1]), "beta": .numbers([1]), "bias": .numbers([1]), "size": .integers([4])])
            } == "a local response normalization over 4 elements, not an odd number")
        #expect(
            reason { $0.node("Transpose", [$0.input([2, 3]), $0.integers([0, 0])], to: [2, 2]) }
                == "the axes [0, 0] of a tensor of rank 2")
        #expect(reason { $0.node("ReLU", [], to: [2]) } == "ReLU without input 0")
    }

    @Test("absurd attributes are refused, never trapped on")
    func absurdAttributes() {
        for number in [Int.max, Int.min, -1, 0, 1 << 40] {
            for key in ["strides", "dilations", "pads_begin", "pads_end"] {
                var attributes: [String: NodeView.Attribute] = [
                    "strides": .integers([1, 1]), "dilations": .integers([1, 1]), "pads_begin": .integers([0, 0]),
                    "pads_end": .integers([0, 0]), "kernel": .integers([2, 2]), "exclude-pad": .integers([0]),
                ]
                if number == 0, key.hasPrefix("pads") { continue }
                attributes[key] = .integers([number, 1])
                for opType in ["Convolution", "MaxPool", "AvgPool"] {
                    let refusal = reason {
                        $0.node(
                            opType, [$0.input([1, 2, 4, 4]), $0.constant([2, 2, 2, 2])], to: [1, 2, 3, 3], attributes)
                    }
                    #expect(refusal != "accepted", "\(opType) with \(key) of \(number)")
                }
            }
            let window = reason {
                $0.node(
                    "MaxPool", [$0.input([1, 2, 4, 4])], to: [1, 2, 3, 3],
                    [
                        "strides": .integers([1, 1]), "pads_begin": .integers([0, 0]), "pads_end": .integers([0, 0]),
                        "kernel": .integers([number, 2]),
                    ])
            }
            #expect(window != "accepted")
            #expect(
                reason {
                    $0.node(
                        "SoftMax", [$0.input([4])], to: [4],
                        ["axis": .integers([number == 0 ? 1 : number - (number == -1 ? 1 : 0)])])
                }
                    != "accepted")
            #expect(
                reason {
                    $0.node(
                        "Pad", [$0.input([4]), $0.integers([number == 0 ? 1 : number]), $0.integers([1])], to: [5],
                        ["pad_mode": .string("constant")])
                } != "accepted")
        }
    }
}
