import Testing
import Vireo

@Suite("The strongest classes")
struct ClassificationTests {
    @Test("are those that sorting all of them gives, equal ones in the order of the classes")
    func strongest() {
        var generator = SystemRandomNumberGenerator()
        for classCount in [1, 2, 63, 64, 65, 300, 1001] {
            // Few different numbers, so that many are equal; they sum to one.
            let weights = (0..<classCount).map { _ in Float(Int.random(in: 1...20, using: &generator)) }
            let sum = weights.reduce(0, +)
            let scores = weights.map { $0 / sum }
            let sorted = scores.indices.sorted { scores[$0] == scores[$1] ? $0 < $1 : scores[$0] > scores[$1] }
            for top in [0, 1, 5, 10, 64, 500, 2000] {
                let found = Classification(scores: scores, top: top)
                #expect(found.entries.map(\.classID) == Array(sorted.prefix(top)), "\(top) of \(classCount)")
                #expect(found.entries.allSatisfy { $0.probability == scores[$0.classID] })
                #expect(found.classCount == classCount && !found.appliedSoftmax)
            }
        }
    }

    @Test("come from logits too, by a softmax")
    func logits() {
        let found = Classification(scores: [1, 3, 2], top: 2)
        #expect(found.appliedSoftmax && found.entries.map(\.classID) == [1, 2])
        // exp(0) / (exp(-2) + exp(0) + exp(-1)) to the rounding of f32.
        #expect(abs(found.entries[0].probability - 0.6652410) < 1e-6)
    }
}
