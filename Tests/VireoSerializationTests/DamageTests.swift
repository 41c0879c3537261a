import Foundation
import Testing
import VireoIR
import VireoSerialization
import VireoTensor
import VireoTestSupport

/// A random sequence that is the same on every run (Steele et al., SplitMix, 2014).
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite("A damaged file")
struct DamageTests {
    @Test("cut short anywhere is refused", arguments: ["detection", "slicing"])
    func truncatedSmall(name: String) throws {
        let bytes = try IRFixtures.bytes("\(IRFixtures.folder)/\(name).xml")
        let weights = try IRFixtures.bytes("\(IRFixtures.folder)/\(name).bin")
        let end = try #require(bytes.lastIndex(of: UInt8(ascii: ">")))
        for length in stride(from: 0, to: end, by: 37) {
            #expect(throws: VireoError.self) { try IRText.model(Array(bytes[..<length]), weights: weights) }
        }
    }

    @Test("of real size cut short is refused", .enabled(if: ModelsFolder.isPresent, "set VIREO_MODELS"))
    func truncatedLarge() throws {
        let path = try ModelsFolder.file(IRFixtures.shared[0])
        let bytes = try IRFixtures.bytes(path + ".xml")
        for part in 0..<25 {
            #expect(throws: VireoError.self) { try IRText.model(Array(bytes[..<(bytes.count * part / 25)])) }
        }
    }

    /// Each document is changed in one to three places; whatever it then says, the reader must answer.
    @Test("with changed bytes gives an error or a model that can be verified", arguments: IRFixtures.names)
    func changedBytes(name: String) throws {
        let bytes = try IRFixtures.bytes("\(IRFixtures.folder)/\(name).xml")
        let weights = try IRFixtures.bytes("\(IRFixtures.folder)/\(name).bin")
        var random = SeededRandom(state: 1)
        var outcomes = (read: 0, refused: 0)
        for _ in 0..<100 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let position = Int.random(in: damaged.indices, using: &random)
                // Digits often become other digits, so that numbers change and the document stays well-formed.
                let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(damaged[position])
                damaged[position] =
                    isDigit
                    ? UInt8.random(in: UInt8(ascii: "-")...UInt8(ascii: "9"), using: &random)
                    : Bool.random(using: &random)
                        ? .random(in: 32...126, using: &random) : .random(in: 0...255, using: &random)
            }
            do {
                try IRText.model(damaged, weights: weights).verify()
                outcomes.read += 1
            } catch let error as VireoError {
                #expect(error.code != .internalError, "\(error)")
                outcomes.refused += 1
            }
        }
        #expect(outcomes.read > 0 && outcomes.refused > 0)
    }

    /// Attribute values are exchanged for others of the same document: still well-formed, seldom meaningful.
    @Test("with exchanged attribute values gives an error or a model that can be verified", arguments: IRFixtures.names)
    func exchangedValues(name: String) throws {
        let text = String(decoding: try IRFixtures.bytes("\(IRFixtures.folder)/\(name).xml"), as: UTF8.self)
        let weights = try IRFixtures.bytes("\(IRFixtures.folder)/\(name).bin")
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
        let values = stride(from: 1, to: parts.count - 1, by: 2).map { $0 }
        var random = SeededRandom(state: 2)
        for _ in 0..<100 {
            var damaged = parts
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let (first, second) = (
                    values.randomElement(using: &random) ?? 1, values.randomElement(using: &random) ?? 1
                )
                damaged.swapAt(first, second)
            }
            do {
                try IRText.model(damaged.joined(separator: "\""), weights: weights).verify()
            } catch let error as VireoError {
                #expect(error.code != .internalError, "\(error)")
            }
        }
    }

    /// Constants decide axes, shapes and pads, so shape inference must stand any value.
    @Test("with changed weights gives an error or a model", arguments: IRFixtures.names)
    func changedWeights(name: String) throws {
        let document = try IRFixtures.bytes("\(IRFixtures.folder)/\(name).xml")
        let weights = try IRFixtures.bytes("\(IRFixtures.folder)/\(name).bin")
        guard !weights.isEmpty else { return }
        var random = SeededRandom(state: 3)
        for _ in 0..<100 {
            var damaged = weights
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let position = Int.random(in: damaged.indices, using: &random)
                for index in position..<min(position + Int.random(in: 1...8, using: &random), damaged.count) {
                    damaged[index] =
                        [0, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)]
                        .randomElement(using: &random) ?? 0
                }
            }
            do {
                try IRText.model(document, weights: damaged).verify()
            } catch let error as VireoError {
                #expect(error.code != .internalError, "\(error)")
            }
        }
    }

    @Test("of weights cut short is refused with the constant's place", arguments: ["constants", "shapes"])
    func shortWeights(name: String) throws {
        let document = try IRFixtures.bytes("\(IRFixtures.folder)/\(name).xml")
        let weights = try IRFixtures.bytes("\(IRFixtures.folder)/\(name).bin")
        for length in 0..<weights.count {
            let error = failure { _ = try IRText.model(document, weights: Array(weights[..<length])) }
            #expect(error?.code == .malformedFile && error?.remedy?.contains("complete") == true)
        }
    }
}
