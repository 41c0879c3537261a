import Foundation
import VireoImaging

/// The picture that scripts/make-image-fixtures records, by the same formula.
enum Pattern {
    static let width = 13
    static let height = 9

    static func pixel(_ x: Int, _ y: Int) -> (red: Int, green: Int, blue: Int) {
        (x * 19 & 255, y * 28 & 255, (x + y) * 11 & 255)
    }

    static func image() throws -> Image {
        try make { x, y in
            let (red, green, blue) = pixel(x, y)
            return [UInt8(red), UInt8(green), UInt8(blue)]
        }
    }

    /// An image of the pattern's size from the three bytes of each pixel.
    static func make(_ pixel: (Int, Int) -> [UInt8]) throws -> Image {
        try Image(
            width: width, height: height, pixels: (0..<height).flatMap { y in (0..<width).flatMap { pixel($0, y) } })
    }
}

/// The bytes that a base64 text stands for.
func decoded(_ base64: String) -> [UInt8] { [UInt8](Data(base64Encoded: base64) ?? Data()) }

/// A reproducible stream of numbers (xorshift64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
