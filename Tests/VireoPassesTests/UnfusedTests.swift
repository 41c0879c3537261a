import Testing
import VireoIR
import VireoPasses
import VireoTensor

@Suite("Operations that are to be left alone")
struct UnfusedTests {
    private func scaledConvolution() throws -> Model {
        let builder = try Builder([1, 2, 4, 4])
        let weights = try builder.constant((0..<4).map { Float($0) }, [2, 2, 1, 1])
        let convolution = try builder.add(Convolution(SlidingWindow(strides: [1, 1])), builder.input, weights)
        let factor = try builder.constant([2, 3], [1, 2, 1, 1])
        return try builder.finished(builder.add(BinaryElementwise(.multiply), convolution, factor))
    }

    @Test("keep their Multiply when their name matches from its beginning, or the convolution's does")
    func names() throws {
        for (pattern, isFused) in [("mult.*", false), ("conv", false), ("tiply", true), ("other|plus", true)] {
            var model = try scaledConvolution()
            try PassPipeline.canonicalizing(unfused: NamePatterns([pattern])).run(on: &model, verifying: true)
            #expect(try operations(model) == (isFused ? ["Convolution"] : ["Convolution", "Multiply"]), "\(pattern)")
        }
        #expect(throws: VireoError.self) { try NamePatterns(["("]) }
    }
}
