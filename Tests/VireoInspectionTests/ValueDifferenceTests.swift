import Testing
import Vireo

@Suite("The difference of two tensors")
struct ValueDifferenceTests {
    private func difference(_ values: [Float], _ reference: [Float]) throws -> ValueDifference {
        try ValueDifference(Tensor(values), from: Tensor(reference))
    }

    @Test("is nothing between equal values, whatever they are")
    func equal() throws {
        for values: [Float] in [[1, -2, 3], [0, 0], [.infinity, 1], [.nan, 2], []] {
            let result = try difference(values, values)
            #expect(result.largest == 0 && result.relative == 0 && result.mean == 0)
            #expect(result.cosine == 1 || values.isEmpty || abs(result.cosine - 1) < 1e-12)
        }
    }

    @Test("is told by its largest, where that is, its mean, and the angle")
    func measures() throws {
        let result = try difference([1, 0, 5], [1, 0, 4])
        #expect(result.largest == 1 && result.largestIndex == 2 && result.magnitude == 4)
        #expect(result.relative == 0.25)
        #expect(abs(result.mean - 1.0 / 3) < 1e-12)
        #expect(abs(result.cosine - 21 / (26.0 * 17).squareRoot()) < 1e-12)
    }

    @Test("is infinite where only one side is a finite number")
    func notFinite() throws {
        for values: [Float] in [[.nan, 1], [.infinity, 1], [-.infinity, 1]] {
            let result = try difference(values, [3, 1])
            #expect(result.relative == .infinity && result.largestIndex == 0)
        }
        #expect(try difference([.infinity], [-.infinity]).largest == .infinity)
        #expect(try difference([1e-9], [0]).relative == .infinity)
    }

    @Test("is taken of integers and booleans too, and of nothing that has another size")
    func otherTypes() throws {
        #expect(try ValueDifference(Tensor([Int64(7)]), from: Tensor([Int64(5)])).largest == 2)
        #expect(try ValueDifference(Tensor([true]), from: Tensor([false])).largest == 1)
        #expect(throws: VireoError.self) { try difference([1, 2], [1]) }
    }
}
