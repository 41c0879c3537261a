import Foundation
import Synchronization
import Testing
import Vireo
import VireoTestSupport

/// One network with one image whose output TensorFlow computed.
struct GoldenCase: Sendable, CustomTestStringConvertible {
    let network: Network
    let image: String
    let device: String
    /// EXECUTION_MODE_HINT, where it makes a difference.
    var mode: String?

    var testDescription: String { "\(network.name) on \(device)\(mode.map { " (\($0))" } ?? ""), \(image)" }

    enum Network: Hashable, Sendable {
        /// `slim/<model>` with the recipe's weights.
        case slim(String, graph: String)
        /// A graph of `slim/inception_v3_train`, with all that training left in it.
        case fineTuned(graph: String)
        /// `slim/mobilenet_v1_0.25_128_quant`, frozen with the quantization rewriter's FakeQuant nodes.
        case quantized(graph: String)
        /// A network of `trained`, mean and scale converted into the model.
        case trained(String)

        var name: String {
            switch self {
            case .slim(let model, let graph): graph == "inference_graph" ? model : "\(model) (\(graph))"
            case .fineTuned(let graph): "inception_v3_train (\(graph))"
            case .quantized(let graph): "mobilenet_v1_0.25_128_quant (\(graph))"
            case .trained(let name): "trained \(name)"
            }
        }

        /// Whether the network ends in logits, without a softmax.
        var endsInLogits: Bool {
            if case .slim(let model, _) = self { model.hasPrefix("vgg") || model.hasPrefix("alexnet") } else { false }
        }
    }

    /// The device, completed by REFERENCE for networks with operations that only it has to know.
    var completedDevice: String {
        let isComplete: Bool =
            switch network {
            case .quantized: false
            case .trained(let name): !name.hasSuffix("fakequant")
            case .slim(let model, _): !model.contains("nasnet")
            case .fineTuned: true
            }
        return isComplete || device == "REFERENCE" ? device : "HETERO:\(device),REFERENCE"
    }

    /// The largest absolute difference that is allowed.
    ///
    /// Softmax outputs: f32 rounding through a hundred layers, with the sums in another order. Logits of vgg and
    /// alexnet are of size 100. Where activations are rounded to 8 bits, a sum that is a hair off falls to the
    /// neighbouring level now and then: OpenVINO's own reading of these graphs is up to 0.023 away, and TensorFlow's,
    /// when its convolutions are computed in double precision or FakeQuant is spelled out, up to 0.033 from itself.
    /// OPENCL's drivers may round transcendental functions otherwise. Winograd convolutions, which PERFORMANCE allows,
    /// hold the same bounds here.
    var tolerance: Double {
        switch network {
        case .quantized: 2e-2
        case .trained(let name) where name.hasSuffix("fakequant"): 3e-2
        case _ where network.endsInLogits: 2e-4
        default: device.hasPrefix("OPENCL") ? 2e-5 : 5e-6
        }
    }
}

extension GoldenCase {
    /// How far TensorFlow's best class is above the second where it has to be the best here too: 8-bit rounding decides
    /// between closer ones.
    var leastMargin: Double {
        switch network {
        case .quantized: 0.02
        case .trained(let name) where name.hasSuffix("fakequant"): 0.02
        default: 0
        }
    }
}

extension GoldenCase {
    static let core: Core? = try? Core()

    /// A part that takes a minute; every network of the library and every graph of each when the environment variable
    /// VIREO_GOLDENS is "all". On every device that is there, or those that VIREO_GOLDEN_DEVICES lists.
    static let all: [GoldenCase] = {
        let environment = ProcessInfo.processInfo.environment
        let devices =
            environment["VIREO_GOLDEN_DEVICES"]?.split(separator: ",").map(String.init)
            ?? core?.devices.map(\.name) ?? []
        return (environment["VIREO_GOLDENS"] == "all" ? everything : subset).flatMap { network in
            images(of: network).flatMap { image in
                devices.flatMap { device in
                    modes(of: device).map { GoldenCase(network: network, image: image, device: device, mode: $0) }
                }
            }
        }
    }()

    private static func modes(of device: String) -> [String?] {
        device == "ONEDNN" || device == "OPENBLAS" ? ["ACCURACY", "PERFORMANCE"] : [nil]
    }

    private static let subset: [Network] =
        ["mobilenet_v1_0.25_128", "inception_v1", "resnet_v1_50", "resnet_v2_50", "nasnet_mobile", "vgg_16"].map {
            .slim($0, graph: "inference_graph")
        } + [
            .fineTuned(graph: "export_is_training"), .quantized(graph: "frozen"),
            .trained("mobilenet_v1_0.25_128_fakequant"), .trained("mobilenet_v1_1.0_224"),
        ]

    private static let everything: [Network] = {
        let special = ["inception_v3_train", "mobilenet_v1_0.25_128_quant"]
        let folder = (try? ModelsFolder.file("slim")) ?? ""
        let models = (try? FileManager.default.contentsOfDirectory(atPath: folder).sorted()) ?? []
        let slim = models.filter { !$0.hasSuffix(".npy") && !special.contains($0) }.flatMap { model -> [Network] in
            let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(model)").sorted()) ?? []
            return files.filter { $0.hasSuffix(".pb") }.map { .slim(model, graph: String($0.dropLast(3))) }
        }
        let fineTuned = [
            "export_eval", "export_is_training", "export_is_training_dropout_tf1", "export_placeholder", "train_graph",
        ]
        return slim + fineTuned.map { .fineTuned(graph: $0) }
            + ["frozen", "frozen_tf1"].map { .quantized(graph: $0) }
            + ["mobilenet_v1_0.25_128_fakequant", "mobilenet_v1_1.0_224"].map { .trained($0) }
    }()

    private static func images(of network: Network) -> [String] {
        switch network {
        case .slim, .quantized: ["chelsea", "seed"]
        case .fineTuned: ["chelsea"]
        case .trained: ["cat_720p", "chelsea", "dragonfly", "grace_hopper", "hot_dog", "parrot"]
        }
    }

    /// The model's input in NCHW.
    func input() throws -> Tensor {
        switch network {
        case .trained(let name):
            let pixels = try Tensor(numpyFile: ModelsFolder.file("trained/\(name)/golden/\(image).u8.npy"))
            return try channelsFirst(pixels.converted(to: .f32))
        case .quantized:
            let file = "slim/mobilenet_v1_0.25_128_quant/golden/\(image).u8.npy"
            return try preprocessed(Tensor(numpyFile: ModelsFolder.file(file)).converted(to: .f32), "inception")
        case .fineTuned: return try slimInput("inception_v3_train")
        case .slim(let model, _): return try slimInput(model)
        }
    }

    private func slimInput(_ model: String) throws -> Tensor {
        let description = try FrozenGraphs.description(of: model)
        let size = description.inputShape[1]
        let pixels =
            image == "seed"
            ? UniformSequence.image(height: size, width: size)
            : try Tensor(numpyFile: ModelsFolder.file("slim/\(image)_\(size).u8.npy")).converted(to: .f32)
        return try preprocessed(pixels, description.preprocessing)
    }

    private func preprocessed(_ pixels: Tensor, _ preprocessing: String) throws -> Tensor {
        let values = try pixels.array(of: Float.self).enumerated().map { index, value in
            preprocessing == "vgg" ? value - [123.68, 116.78, 103.94][index % 3] : value * Float(2.0 / 255) - 1
        }
        return try channelsFirst(Tensor(values, pixels.shape))
    }

    func expected() throws -> [Double] {
        let output = network.endsInLogits ? "logits" : "softmax"
        let file =
            switch network {
            case .trained(let name): "trained/\(name)/golden/\(image).out.npy"
            case .quantized: "slim/mobilenet_v1_0.25_128_quant/golden/\(image).\(output).npy"
            case .fineTuned: "slim/inception_v3_train/golden/\(image).\(output).npy"
            case .slim(let model, _): "slim/\(model)/golden/\(image).\(output).npy"
            }
        return try Tensor(numpyFile: ModelsFolder.file(file)).doubles()
    }

    private func channelsFirst(_ image: Tensor) throws -> Tensor {
        let (height, width) = (image.shape[1], image.shape[2])
        let pixels = try image.array(of: Float.self)
        var planes = [Float](repeating: 0, count: pixels.count)
        for position in 0..<height * width {
            for channel in 0..<3 { planes[channel * height * width + position] = pixels[position * 3 + channel] }
        }
        return Tensor(planes, [1, 3, height, width])
    }
}

/// Models converted once, written as IR and read back, for all cases of a network.
enum GoldenModels {
    private static let models = Mutex<[GoldenCase.Network: Model]>([:])

    static func model(_ network: GoldenCase.Network) throws -> Model {
        try models.withLock { models in
            if let known = models[network] { return known }
            // One large model at a time: VGG-16 is half a gigabyte.
            models.removeAll()
            let model = try throughIR(convert(network), named: network.name)
            models[network] = model
            return model
        }
    }

    private static func convert(_ network: GoldenCase.Network) throws -> Model {
        var options = ConversionOptions()
        options.batch = 1
        let file: String
        switch network {
        case .slim(let model, let graph): file = try FrozenGraphs.file(model, graph: graph)
        case .fineTuned(let graph):
            file = try FrozenGraphs.file("inception_v3_train", graph: graph, prunes: false)
            options.outputs = [PortSpecification("InceptionV3/Predictions/Reshape_1")]
        case .quantized(let graph): file = try ModelsFolder.file("slim/mobilenet_v1_0.25_128_quant/\(graph).pb")
        case .trained(let name):
            file = try ModelsFolder.file("trained/\(name)/frozen.pb")
            let mean = name.hasSuffix("fakequant") ? 128 : 127.5
            options.meanValues = .positional([[mean, mean, mean]])
            options.scale = mean
        }
        var converter = Converter(options)
        converter.verifies = ProcessInfo.processInfo.environment["VIREO_GOLDENS"] != "all"
        return try converter.convert(GraphDef(contentsOf: file), name: network.name).model
    }

    private static func throughIR(_ model: Model, named name: String) throws -> Model {
        let folder = FileManager.default.temporaryDirectory.appending(path: "vireo-golden-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // The weights stay mapped after the file is gone.
        defer { try? FileManager.default.removeItem(at: folder) }
        try model.writeIR(directory: folder.path, name: "model")
        return try Model(irFile: folder.path + "/model.xml")
    }
}
