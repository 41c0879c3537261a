import Foundation
import Testing
import VireoIR
import VireoSerialization
import VireoTensor
import VireoTensorFlow
import VireoTestSupport

/// Mutations of valid graphs are converted and written: the result is an error or a model that verifies.
@Suite("Conversion of damaged graphs")
struct ConversionDamageTests {
    private func convert(_ bytes: [UInt8], to folder: TemporaryFolder) {
        var options = ConversionOptions()
        options.batch = 1
        do {
            let model = try Converter(options).convert(GraphDef(bytes: bytes), name: "damaged").model
            try model.verify()
            // Damaged extents can stand for terabytes of zeros.
            let size = model.nodes.reduce(0) { $0 + min((($1.operation as? Constant)?.tensor.byteCount ?? 0), 1 << 40) }
            if size < 1 << 24 { try model.writeIR(directory: folder.path, name: "damaged") }
        } catch {
            #expect(error is VireoError, "\(error)")
        }
    }

    @Test("of single operations")
    func operations() throws {
        let folder = try TemporaryFolder()
        var random = SeededGenerator(state: 31)
        let graphs = OperationCase.all.map { [UInt8]($0.graph) }
        for round in 0..<mutationCount(2_000) {
            var bytes = graphs[round % graphs.count]
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            convert(bytes, to: folder)
        }
    }

    @Test("a transposed convolution of an input of another rank, or longer than any image, is refused")
    func transposedConvolutions() throws {
        let given = try #require(OperationCase.all.first { $0.name.hasPrefix("Conv2DBackpropInput VALID") })
        for shape in [[1], [1, 5, 6], [1, 5, 6, 3, 1], [1, 1 << 40, 6, 3]] {
            var options = ConversionOptions()
            options.inputShapes = [.ranked(shape.map { Dimension($0) })]
            let error = #expect(throws: VireoError.self) {
                try Converter(options).convert(GraphDef(bytes: [UInt8](given.graph)), name: "damaged")
            }
            #expect(error?.description.contains("Conv2DBackpropInput") == true, "\(error as Any)")
        }
    }
}
