import OneDNNKernels
import Testing
import VireoPluginKit
import VireoTensor

@Suite("Planes to pixels")
struct PlaneInterleavingTests {
    /// Fewer and more pixels than are done at once, with a rest.
    static let sizes = [(1, 1), (2, 37), (1, 1024), (3, 2500)]

    /// Numbers around and beyond the integers' ends, with ties.
    private func planes(_ images: Int, _ pixels: Int) -> [Float] {
        (0..<images * 3 * pixels).map { Float($0 * 37 % 1200) / 2 - 300 }
    }

    private func interleaved<Element>(
        _ planes: [Float], _ images: Int, _ pixels: Int, scale: Float, shift: Float, _ type: vireo_element,
        _ zero: Element
    ) -> [Element] {
        var result = [Element](repeating: zero, count: planes.count)
        result.withUnsafeMutableBytes {
            vireo_interleave_planes(planes, images, pixels, scale, shift, type, $0.baseAddress)
        }
        return result
    }

    private func expected<Element>(
        _ planes: [Float], _ images: Int, _ pixels: Int, _ convert: (Float) -> Element
    ) -> [Element] {
        (0..<images * pixels * 3).map { index in
            let (place, plane) = index.quotientAndRemainder(dividingBy: 3)
            let (image, pixel) = place.quotientAndRemainder(dividingBy: pixels)
            return convert(planes[(image * 3 + plane) * pixels + pixel])
        }
    }

    @Test("integers are the nearest, of two the even one, and saturate", arguments: sizes)
    func integers(_ images: Int, _ pixels: Int) {
        let planes = planes(images, pixels)
        // Products and sums that f32 holds exactly.
        func rounded(_ value: Float) -> Float { (value * 0.5 + 3).rounded(.toNearestOrEven) }
        #expect(
            interleaved(planes, images, pixels, scale: 0.5, shift: 3, VIREO_ELEMENT_U8, UInt8(7))
                == expected(planes, images, pixels) { UInt8(min(max(rounded($0), 0), 255)) })
        #expect(
            interleaved(planes, images, pixels, scale: 0.5, shift: 3, VIREO_ELEMENT_S8, Int8(7))
                == expected(planes, images, pixels) { Int8(min(max(rounded($0), -128), 127)) })
    }

    @Test("real numbers stay what they are, or become the nearest bf16", arguments: sizes)
    func reals(_ images: Int, _ pixels: Int) {
        let planes = planes(images, pixels)
        #expect(
            interleaved(planes, images, pixels, scale: 1, shift: 0, VIREO_ELEMENT_F32, Float.nan)
                == expected(planes, images, pixels) { $0 })
        guard HostProcessor.has("avx512_bf16") else { return }
        #expect(
            interleaved(planes, images, pixels, scale: 1, shift: 0, VIREO_ELEMENT_BF16, UInt16(7))
                == expected(planes, images, pixels) { $0.bfloat16Bits })
    }

    @Test("bring an image to a convolution", arguments: ["1", "2"])
    func convolution(_ threads: String) throws {
        let builder = GraphBuilder()
        let (source, image) = builder.input4([2, 3, 33, 35])
        let result = builder.convolution(
            source, image, outputs: 32, .init(kernel: [3, 3], strides: [2, 2], begin: [1, 1], end: [1, 1]))
        let run = try Run(
            builder.graph([result.0]), properties: ["PERF_COUNT": "YES", "INFERENCE_NUM_THREADS": threads])
        expectClose(try run(builder.feeds)[0], result.1)
        #expect(run.execTypes(of: "Reorder").first == "interleave_f32", "\(run.executed.map(\.execType))")
        withExtendedLifetime(builder) {}
    }
}
