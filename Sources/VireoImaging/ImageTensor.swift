import VireoTensor

extension Image {
    /// The image as a tensor of one: `[1,3,H,W]` for NCHW, `[1,H,W,3]` for NHWC, with the values 0...255.
    /// - Throws: `invalidArgument` for a layout that is no order of N, C, H and W, `unsupported` for element types
    ///   other than u8, f32 and f16.
    public func tensor(
        layout: Layout, elementType: ElementType, channelOrder: ChannelOrder = .rgb
    ) throws(VireoError) -> Tensor {
        try tensor(layout: layout, elementType: elementType, preprocessing: Preprocessing(channelOrder: channelOrder))
    }

    /// The image as a tensor of one, its values preprocessed.
    /// - Throws: as the other form, and `invalidArgument` for u8 with a preprocessing that makes fractions.
    public func tensor(
        layout: Layout, elementType: ElementType = .f32, preprocessing: Preprocessing
    ) throws(VireoError) -> Tensor {
        try Tensor(images: [self], layout: layout, elementType: elementType, preprocessing: preprocessing)
    }
}

extension Tensor {
    /// Images of one size stacked along the batch axis: `[count,3,H,W]` for NCHW, `[count,H,W,3]` for NHWC.
    /// - Throws: `invalidArgument` for no images, for images of different sizes, for a layout that is no order of N, C,
    ///   H and W, and for u8 with a preprocessing that makes fractions; `unsupported` for other element types than u8,
    ///   f32 and f16.
    public init(
        images: [Image], layout: Layout, elementType: ElementType,
        preprocessing: Preprocessing = Preprocessing(channelOrder: .rgb)
    ) throws(VireoError) {
        guard let first = images.first else { throw VireoError(.invalidArgument, "no images to make a tensor of") }
        for (index, image) in images.enumerated() where image.width != first.width || image.height != first.height {
            throw VireoError(
                .invalidArgument,
                "image \(index) is \(image.width)x\(image.height), and image 0 is \(first.width)x\(first.height)",
                remedy: "resize them to one size before stacking")
        }
        let format = try ImageTensorFormat(
            count: images.count, height: first.height, width: first.width, layout: layout, elementType: elementType,
            preprocessing: preprocessing)
        var tensor = try Tensor(zeros: elementType, format.shape)
        let rowSize = first.width * 3
        for (index, image) in images.enumerated() {
            image.pixels.withUnsafeBufferPointer { pixels in
                format.write(to: &tensor, at: index) { write in
                    for y in 0..<image.height {
                        write(y, UnsafeBufferPointer(rebasing: pixels[y * rowSize..<(y + 1) * rowSize]))
                    }
                }
            }
        }
        self = tensor
    }
}
