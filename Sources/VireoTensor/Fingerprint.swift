/// Sixteen bytes that stand for more of them: equal for equal bytes, and different for others as far as chance goes.
///
/// Two XXH64 hashes (Collet's specification, version 0.1.1) with seeds 0 and 1. It finds accidents, not forgeries.
public struct Fingerprint: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public init(of bytes: UnsafeRawBufferPointer) {
        self.init(high: XXH64.hash(bytes, seed: 0), low: XXH64.hash(bytes, seed: 1))
    }

    public init(of bytes: [UInt8]) { self = bytes.withUnsafeBytes { Fingerprint(of: $0) } }

    public init(of text: String) { self.init(of: Array(text.utf8)) }

    /// The fingerprint of a list, which depends on the order.
    public init(of parts: [Fingerprint]) {
        self = parts.flatMap { [$0.high, $0.low] }.withUnsafeBytes { Fingerprint(of: $0) }
    }
}

extension Fingerprint: CustomStringConvertible, LosslessStringConvertible {
    /// 32 hexadecimal digits.
    public var description: String {
        [high, low].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// - Returns: nil for anything but 32 hexadecimal digits.
    public init?(_ text: String) {
        guard text.utf8.count == 32, text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            let high = UInt64(text.prefix(16), radix: 16), let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }
}

/// The 64-bit hash of Collet's xxHash specification.
package enum XXH64 {
    private static let primes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
        0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63,
        0x27D4_EB2F_1656_67C5
    )

    package static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        var place = 0
        var sum = seed &+ primes.4
        if bytes.count >= 32 {
            var lanes = SIMD4<UInt64>(seed &+ primes.0 &+ primes.1, seed &+ primes.1, seed, seed &- primes.0)
            while place + 32 <= bytes.count {
                for lane in 0..<4 { lanes[lane] = round(lanes[lane], word(bytes, place + 8 * lane)) }
                place += 32
            }
            sum =
                rotated(lanes[0], 1) &+ rotated(lanes[1], 7) &+ rotated(lanes[2], 12) &+ rotated(lanes[3], 18)
            for lane in 0..<4 { sum = (sum ^ round(0, lanes[lane])) &* primes.0 &+ primes.3 }
        }
        sum &+= UInt64(bytes.count)
        while place + 8 <= bytes.count {
            sum = rotated(sum ^ round(0, word(bytes, place)), 27) &* primes.0 &+ primes.3
            place += 8
        }
        if place + 4 <= bytes.count {
            let half = UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
            sum = rotated(sum ^ (half &* primes.0), 23) &* primes.1 &+ primes.2
            place += 4
        }
        while place < bytes.count {
            sum = rotated(sum ^ (UInt64(bytes[place]) &* primes.4), 11) &* primes.0
            place += 1
        }
        sum = (sum ^ (sum >> 33)) &* primes.1
        sum = (sum ^ (sum >> 29)) &* primes.2
        return sum ^ (sum >> 32)
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
    }

    private static func round(_ sum: UInt64, _ word: UInt64) -> UInt64 {
        rotated(sum &+ word &* primes.1, 31) &* primes.0
    }

    private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
        (value << count) | (value >> (64 - count))
    }
}
