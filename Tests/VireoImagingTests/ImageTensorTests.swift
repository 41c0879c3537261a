import Testing
import VireoImaging
import VireoTensor

@Suite("An image as a tensor")
struct ImageTensorTests {
    /// Two pixels wide, one high: (1,2,3) and (4,5,6).
    static func pair() throws -> Image { try Image(width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6]) }

    @Test(
        "has the layout and the channel order asked for",
        arguments: [
            ("NHWC", .rgb, [1, 1, 2, 3], [1, 2, 3, 4, 5, 6]), ("NHWC", .bgr, [1, 1, 2, 3], [3, 2, 1, 6, 5, 4]),
            ("NCHW", .rgb, [1, 3, 1, 2], [1, 4, 2, 5, 3, 6]), ("NCHW", .bgr, [1, 3, 1, 2], [3, 6, 2, 5, 1, 4]),
            ("CHWN", .rgb, [3, 1, 2, 1], [1, 4, 2, 5, 3, 6]),
        ] as [(String, ChannelOrder, Shape, [UInt8])])
    func placement(layout: String, order: ChannelOrder, shape: Shape, values: [UInt8]) throws {
        let image = try Self.pair()
        let layout = try Layout(layout)
        #expect(try image.tensor(layout: layout, elementType: .u8, channelOrder: order) == Tensor(values, shape))
        #expect(
            try image.tensor(layout: layout, elementType: .f32, channelOrder: order)
                == Tensor(values.map { Float($0) }, shape))
        #expect(
            try image.tensor(layout: layout, elementType: .f16, channelOrder: order)
                == Tensor(values.map { Float16($0) }, shape))
    }

    @Test("subtracts the mean and divides by the scale, in the tensor's channel order")
    func preprocessing() throws {
        let preprocessing = try Preprocessing(channelOrder: .bgr, mean: [3, 2, 1], scale: [2, 4, 8])
        let tensor = try Self.pair().tensor(layout: .nhwc, preprocessing: preprocessing)
        #expect(tensor == Tensor([0, 0, 0, 1.5, 0.75, 0.375] as [Float], [1, 1, 2, 3]))
    }

    @Test(
        "describes its preprocessing in one line",
        arguments: [
            ([0], [1], "RGB, 0...255"), ([127.5], [127.5], "RGB, (x - 127.5) / 127.5"),
            ([123.68, 116.78, 103.94], [1], "RGB, x - [123.68,116.78,103.94]"), ([0], [255], "RGB, x / 255"),
        ] as [([Float], [Float], String)])
    func descriptions(mean: [Float], scale: [Float], text: String) throws {
        #expect(try Preprocessing(mean: mean, scale: scale).description == text)
    }

    @Test("refuses a preprocessing that divides by zero or has the wrong number of values")
    func impossiblePreprocessing() throws {
        for (mean, scale) in [([0], [0]), ([1, 2], [1]), ([], [1]), ([.nan], [1]), ([0], [1, 2, 3, 4])]
            as [([Float], [Float])]
        {
            #expect(throws: VireoError.self) { _ = try Preprocessing(mean: mean, scale: scale) }
        }
    }

    @Test("stacks several along the batch axis")
    func batch() throws {
        let second = try Image(width: 2, height: 1, pixels: [10, 20, 30, 40, 50, 60])
        let tensor = try Tensor(images: [Self.pair(), second], layout: .nchw, elementType: .u8)
        #expect(tensor == Tensor([1, 4, 2, 5, 3, 6, 10, 40, 20, 50, 30, 60] as [UInt8], [2, 3, 1, 2]))
    }

    @Test("refuses what cannot be one tensor")
    func refusals() throws {
        let pair = try Self.pair()
        let single = try Image(width: 1, height: 1, pixels: [1, 2, 3])
        #expect(throws: VireoError.self) { _ = try Tensor(images: [], layout: .nchw, elementType: .u8) }
        #expect(throws: VireoError.self) { _ = try Tensor(images: [pair, single], layout: .nchw, elementType: .u8) }
        #expect(throws: VireoError.self) { _ = try pair.tensor(layout: .nc, elementType: .u8) }
        #expect(throws: VireoError.self) { _ = try pair.tensor(layout: .nchw, elementType: .i64) }
        let scaled = try Preprocessing(scale: [2])
        #expect(throws: VireoError.self) { _ = try pair.tensor(layout: .nchw, elementType: .u8, preprocessing: scaled) }
        #expect(throws: VireoError.self) { _ = try Image(width: 2, height: 2, pixels: [1, 2, 3]) }
    }
}
