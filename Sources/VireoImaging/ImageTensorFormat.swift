import CVireoImageCodecs
import VireoTensor

/// Images of one size stacked in a tensor: where their pixels lie, and as what values.
public struct ImageTensorFormat: Sendable {
    public let elementType: ElementType
    public let shape: Shape
    let height: Int
    let width: Int
    private let count: Int
    private let imageStride: Int
    private let channelStride: Int
    private let rowStride: Int
    private let columnStride: Int
    private let preprocessing: Preprocessing
    /// Where each channel of the tensor is among red, green and blue.
    private let sources: [Int]
    private let values: Values

    /// The 256 values of each channel of the tensor.
    private enum Values {
        case u8([[UInt8]])
        case f16([[Float16]])
        case f32([[Float]])
    }

    /// - Throws: `invalidArgument` for a count or size of zero, for a layout that is no order of N, C, H and W, and for
    ///   u8 with a preprocessing that makes fractions; `unsupported` for other element types than u8, f32 and f16.
    public init(
        count: Int, height: Int, width: Int, layout: Layout, elementType: ElementType, preprocessing: Preprocessing
    ) throws(VireoError) {
        guard layout.axes.count == 4, let n = layout.index(of: "N"), let c = layout.index(of: "C"),
            let h = layout.index(of: "H"), let w = layout.index(of: "W")
        else {
            throw VireoError(.invalidArgument, "images do not fit layout \(layout)", remedy: "use NCHW or NHWC")
        }
        _ = try Image.pixelCount(width: width, height: height)
        guard count > 0 else { throw VireoError(.invalidArgument, "a tensor of \(count) images") }
        switch elementType {
        case .u8:
            guard preprocessing.keepsValues else {
                throw VireoError(
                    .invalidArgument, "u8 elements cannot hold \(preprocessing)", remedy: "make a tensor of f32")
            }
            values = .u8(preprocessing.table { UInt8($0) })
        case .f16: values = .f16(preprocessing.table { Float16($0) })
        case .f32: values = .f32(preprocessing.table { $0 })
        default:
            throw VireoError(
                .unsupported, "images cannot become a tensor of \(elementType)", remedy: "use u8, f32 or f16")
        }
        var dimensions = [0, 0, 0, 0]
        dimensions[n] = count
        dimensions[c] = 3
        dimensions[h] = height
        dimensions[w] = width
        shape = try Shape(validating: dimensions)
        let strides = shape.strides
        (imageStride, channelStride, rowStride, columnStride) = (strides[n], strides[c], strides[h], strides[w])
        (self.count, self.height, self.width, self.elementType) = (count, height, width, elementType)
        self.preprocessing = preprocessing
        sources = preprocessing.channelOrder.sources
    }

    /// Writes one image of the stack.
    /// - Parameters:
    ///   - tensor: of this type and shape.
    ///   - body: gives each row, with its number, to the function that it is given.
    /// - Precondition: the index is below the count.
    func write(
        to tensor: inout Tensor, at index: Int, _ body: ((Int, UnsafeBufferPointer<UInt8>) -> Void) -> Void
    ) {
        precondition((0..<count).contains(index) && tensor.shape == shape)
        let start = index * imageStride
        switch values {
        case .u8(let table): tensor.withUnsafeMutableElements { target in body { write($1, $0, table, target, start) } }
        case .f16(let table):
            tensor.withUnsafeMutableElements { target in body { write($1, $0, table, target, start) } }
        case .f32(let table):
            tensor.withUnsafeMutableElements { target in
                body { y, row in
                    if columnStride == 1 {
                        scale(row, y, target, start)
                    } else {
                        write(row, y, table, target, start)
                    }
                }
            }
        }
    }

    /// The values of the table, computed anew: channels that lie apart are written as vectors.
    private func scale(
        _ row: UnsafeBufferPointer<UInt8>, _ y: Int, _ elements: UnsafeMutableBufferPointer<Float>, _ start: Int
    ) {
        precondition((0..<height).contains(y) && row.count == width * 3)
        for (channel, source) in sources.enumerated() {
            let target = start + channel * channelStride + y * rowStride
            vireo_scale_channel(
                row.baseAddress! + source, width, preprocessing.mean[channel], preprocessing.scale[channel],
                elements.baseAddress! + target)
        }
    }

    @inline(__always)
    private func write<Element: TensorElement>(
        _ row: UnsafeBufferPointer<UInt8>, _ y: Int, _ table: [[Element]],
        _ elements: UnsafeMutableBufferPointer<Element>,
        _ start: Int
    ) {
        precondition((0..<height).contains(y) && row.count == width * 3)
        for (channel, source) in sources.enumerated() {
            table[channel].withUnsafeBufferPointer { values in
                var target = start + channel * channelStride + y * rowStride
                var pixel = source
                for _ in 0..<width {
                    elements[target] = values[Int(row[pixel])]
                    target &+= columnStride
                    pixel &+= 3
                }
            }
        }
    }

    /// Puts an image of the stack at another place too.
    /// - Precondition: both places are below the count, and the tensor is of this type and shape.
    public func repeatImage(at source: Int, to target: Int, in tensor: inout Tensor) {
        precondition((0..<count).contains(source) && (0..<count).contains(target) && tensor.shape == shape)
        switch values {
        case .u8: tensor.withUnsafeMutableElements(of: UInt8.self) { repeatImage(source, target, $0) }
        case .f16: tensor.withUnsafeMutableElements(of: Float16.self) { repeatImage(source, target, $0) }
        case .f32: tensor.withUnsafeMutableElements(of: Float.self) { repeatImage(source, target, $0) }
        }
    }

    private func repeatImage<Element>(
        _ source: Int, _ target: Int, _ elements: UnsafeMutableBufferPointer<Element>
    ) {
        for channel in 0..<3 {
            for y in 0..<height {
                let start = channel * channelStride + y * rowStride
                for x in 0..<width {
                    let place = start + x * columnStride
                    elements[target * imageStride + place] = elements[source * imageStride + place]
                }
            }
        }
    }
}
