import Testing
import VireoIR
import VireoRuntime
import VireoTensor

@Suite struct InputFormatTests {
    let core: Core

    init() throws { core = try Core() }

    /// `image` f32[1,3,2,2] -> itself.
    private func model() throws -> Model {
        var model = Model(name: "identity")
        let first = Output(try model.add(Parameter(.f32, PartialShape([1])), name: "first"))
        let image = Output(try model.add(Parameter(.f32, PartialShape([1, 3, 2, 2])), name: "image"))
        let last = Output(try model.add(Parameter(.f32, PartialShape([1])), name: "last"))
        model.setTensorNames(["image:0"], of: image)
        for (index, value) in [image, first, last].enumerated() {
            let zero = try model.addConstant(Tensor([0] as [Float]), name: "zero\(index)")
            let same = Output(try model.add(BinaryElementwise(.add), [value, zero], name: "same\(index)"))
            try model.add(Result(), [same], name: "result\(index)")
        }
        return model
    }

    private func run(_ model: Model, _ image: Tensor, device: String = "REFERENCE") throws -> Tensor {
        let compiled = try core.compile(model, device: device)
        #expect(compiled.inputs.map(\.name) == ["first", "image", "last"])
        let one = Tensor([1] as [Float])
        return try compiled.makeRequest().run(["first": one, "image:0": image, "last": one])["same0"]!
    }

    /// u8 [1,2,2,3]: pixel p has the channels 10p, 10p+1, 10p+2.
    private let pixels = Tensor(
        [0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32] as [UInt8], [1, 2, 2, 3])

    @Test(arguments: ["REFERENCE", "CPU"])
    func `8-bit pixels in another order become what the model takes`(device: String) throws {
        var model = try model()
        try model.setInputFormat(
            InputFormat(elementType: .u8, layout: .nhwc, reversesChannels: true, mean: [1, 2, 3], scale: [2]),
            of: "image")
        #expect(model.parameters.map { model[$0].name } == ["first", "image", "last"])
        #expect(model[model.parameters[1]].layout == .nhwc)
        let output = try run(model, pixels, device: device)
        // Plane c is (pixel's channel 2-c - mean c) / 2.
        var planes: [Float] = []
        for plane in 0..<3 {
            for pixel in 0..<4 { planes.append(Float(pixel * 10 + 1 - 2 * plane) / 2) }
        }
        #expect(output == Tensor(planes, [1, 3, 2, 2]))
    }

    @Test func `images of any size are resized to the model's`() throws {
        var model = try model()
        try model.setInputFormat(
            InputFormat(layout: .nhwc, height: .dynamic, width: .dynamic), of: "image")
        #expect(model.type(of: Output(model.parameters[1])).shape == .ranked([1, .dynamic, .dynamic, 3]))
        for (height, width) in [(2, 2), (4, 6), (8, 2)] {
            // A plane that rises linearly is resized exactly, each output in the middle of the pixels it covers.
            var values: [Float] = []
            for row in 0..<height { for column in 0..<width { values += [Float(row), Float(column), 7] } }
            let output = try run(model, Tensor(values, [1, height, width, 3]))
            let top = Float(height) / 4 - 0.5
            let bottom = Float(height) * 3 / 4 - 0.5
            let left = Float(width) / 4 - 0.5
            let right = Float(width) * 3 / 4 - 0.5
            let expected: [Float] = [top, top, bottom, bottom, left, right, left, right, 7, 7, 7, 7]
            for (value, wanted) in zip(try output.array(of: Float.self), expected) {
                // One rounding of a weight in 0...1 times a value below 8.
                #expect(abs(value - wanted) < 1e-5)
            }
        }
    }

    @Test(arguments: [
        (InputFormat(layout: .nc), "layout NC"), (InputFormat(mean: [1, 2]), "2 numbers of mean for 3 channels"),
        (InputFormat(scale: [0]), "scale"), (InputFormat(mean: [.nan]), "mean"),
    ])
    func `a format that does not fit is an error, and the model stays as it was`(format: InputFormat, part: String)
        throws
    {
        var model = try model()
        let before = model.description
        let error = #expect(throws: VireoError.self) { try model.setInputFormat(format, of: "image") }
        #expect(error?.code == .invalidArgument && error?.message.contains(part) == true)
        #expect(model.description == before)
    }

    @Test func `an input must be named when there are several`() throws {
        var model = try model()
        let error = #expect(throws: VireoError.self) { try model.setInputFormat(InputFormat(elementType: .u8)) }
        #expect(error?.remedy?.contains("\"image\" f32[1,3,2,2]") == true)
        #expect(throws: VireoError.self) { try model.setInputFormat(InputFormat(elementType: .u8), of: "picture") }
    }
}
