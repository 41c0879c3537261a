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
        let (shape, strides) = try Tensor.placement(
            of: layout, count: images.count, height: first.height, width: first.width)
        var tensor = try Tensor(zeros: elementType, shape)
        switch elementType {
        case .u8:
            guard preprocessing.keepsValues else {
                throw VireoError(
                    .invalidArgument, "u8 elements cannot hold \(preprocessing)", remedy: "make a tensor of f32")
            }
            tensor.fill(images, strides, preprocessing.channelOrder, preprocessing.table { UInt8($0) })
        case .f32: tensor.fill(images, strides, preprocessing.channelOrder, preprocessing.table { $0 })
        case .f16: tensor.fill(images, strides, preprocessing.channelOrder, preprocessing.table { Float16($0) })
        default:
            throw VireoError(
                .unsupported, "images cannot become a tensor of \(elementType)", remedy: "use u8, f32 or f16")
        }
        self = tensor
    }

    private struct Strides {
        let image: Int
        let channel: Int
        let row: Int
        let column: Int
    }

    private static func placement(
        of layout: Layout, count: Int, height: Int, width: Int
    ) throws(VireoError) -> (Shape, Strides) {
        guard layout.axes.count == 4, let n = layout.index(of: "N"), let c = layout.index(of: "C"),
            let h = layout.index(of: "H"), let w = layout.index(of: "W")
        else {
            throw VireoError(.invalidArgument, "images do not fit layout \(layout)", remedy: "use NCHW or NHWC")
        }
        var dimensions = [0, 0, 0, 0]
        dimensions[n] = count
        dimensions[c] = 3
        dimensions[h] = height
        dimensions[w] = width
        let shape = try Shape(validating: dimensions)
        let strides = shape.strides
        return (shape, Strides(image: strides[n], channel: strides[c], row: strides[h], column: strides[w]))
    }

    private mutating func fill<Element: TensorElement>(
        _ images: [Image], _ strides: Strides, _ order: ChannelOrder, _ table: [[Element]]
    ) {
        withUnsafeMutableElements(of: Element.self) { elements in
            for (index, image) in images.enumerated() {
                for (channel, source) in order.sources.enumerated() {
                    let start = index * strides.image + channel * strides.channel
                    image.pixels.withUnsafeBufferPointer { pixels in
                        table[channel].withUnsafeBufferPointer { values in
                            for y in 0..<image.height {
                                var target = start + y * strides.row
                                var pixel = y * image.width * 3 + source
                                for _ in 0..<image.width {
                                    elements[target] = values[Int(pixels[pixel])]
                                    target &+= strides.column
                                    pixel &+= 3
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
