import Testing
import Vireo
import VireoTestSupport

@Suite("SavedModels give TensorFlow's outputs")
struct SavedModelTests {
    @Test(
        "of TensorFlow 2, with its functions inlined and its variables read from their checkpoint",
        .enabled(if: ModelsFolder.isPresent, "needs the models folder (VIREO_MODELS)"),
        arguments: ["cat_720p", "chelsea", "dragonfly", "grace_hopper", "hot_dog", "parrot"])
    func resnet8(_ photograph: String) throws {
        let folder = try ModelsFolder.file("trained/resnet8_cifar10")
        let core = try #require(GoldenCase.core)
        let model = try Model(modelFile: folder + "/saved_model_tf2")
        let image = try Tensor(numpyFile: folder + "/golden/\(photograph).u8.npy")
        let expected = try Tensor(numpyFile: folder + "/golden/\(photograph).out.npy").doubles()
        // The IR is channels-first.
        let pixels = try image.doubles()
        let planes = (0..<3).flatMap { channel in (0..<32 * 32).map { Float(pixels[$0 * 3 + channel]) } }
        let compiled = try core.compile(model, device: "REFERENCE")
        let output = try compiled.makeRequest().run([Tensor(planes, [1, 3, 32, 32])])[0].doubles()
        let worst = zip(output, expected).map { abs($0 - $1) }.max() ?? .infinity
        // Probabilities of a softmax, summed in another order.
        #expect(output.count == expected.count && worst <= 5e-6, "largest difference \(worst)")
    }

    @Test(
        "of TensorFlow 1, with the training graph around and dropout inside",
        .enabled(if: ModelsFolder.isPresent, "needs the models folder (VIREO_MODELS)"))
    func digits() throws {
        let core = try #require(GoldenCase.core)
        let model = try Model(modelFile: ModelsFolder.file("trained/mnist_conv/saved_model"))
        let compiled = try core.compile(model, device: "REFERENCE")
        var answers: [Int] = []
        for digit in 0..<10 {
            let image = try Image(contentsOf: ModelsFolder.file("images/mnist/sample\(digit).png"))
            let pixels = (0..<28 * 28).map { Float(image.pixels[$0 * 3]) / 255 }
            let output = try compiled.makeRequest().run([Tensor(pixels, [1, 1, 28, 28])])[0].doubles()
            answers.append(try #require(output.firstIndex(of: output.max() ?? .nan)))
        }
        // What TensorFlow 2.15 answers from this SavedModel, wrong digits included.
        #expect(answers == [0, 1, 2, 2, 4, 8, 6, 7, 2, 4])
    }
}
