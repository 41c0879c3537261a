import Foundation
import VireoTensor

/// Reproducible weights for graphs without trained ones: every value depends on the variable's name, its shape and the
/// element's index alone, in double precision with one rounding to single at the end.
///
/// The goldens in the models folder were computed from the same numbers (its tools/weight_recipe.py).
public struct WeightRecipe: Sendable {
    /// The first rule whose pattern a weight's name matches gives the gain on He's uniform limit.
    private let gains: [(pattern: Pattern, gain: Double)]

    private enum Pattern: Sendable {
        case prefix(String)
        case part(String)
        case any
    }

    /// A variable's share in a layer, told by the last part of its name.
    private enum Role {
        case weights, depthwiseWeights, scale, offset, mean

        init?(_ name: String) {
            switch name.split(separator: "/").last {
            case "weights", "kernel", "pointwise_weights", "pointwise_kernel": self = .weights
            case "depthwise_weights", "depthwise_kernel": self = .depthwiseWeights
            case "gamma", "moving_variance": self = .scale
            case "beta", "biases", "bias": self = .offset
            case "moving_mean": self = .mean
            default: return nil
            }
        }
    }

    /// The values of a variable in row-major order of TensorFlow's shape; nil for variables that are no weights.
    public func values(of name: String, _ shape: Shape) -> [Float]? {
        guard let role = Role(name) else { return nil }
        let random = UniformSequence(name)
        let count = shape.elementCount
        return switch role {
        case .scale: random.floats(count) { 0.8 + $0 * 0.4 }
        case .offset: random.floats(count) { ($0 - 0.5) * 0.4 }
        case .mean: random.floats(count) { ($0 - 0.5) * 0.2 }
        case .weights: weights(random, fanIn: shape.dimensions.dropLast().reduce(1, *), count, gain(of: name))
        case .depthwiseWeights: weights(random, fanIn: shape[0] * shape[1], count, gain(of: name))
        }
    }

    /// Rows of one position in the fan-in each; an odd row is minus half of the row above, which leaves filters with
    /// little constant part.
    private func weights(_ random: UniformSequence, fanIn: Int, _ count: Int, _ gain: Double) -> [Float] {
        guard count > 0 else { return [] }
        let limit = 2 * (6 / Double(fanIn)).squareRoot() * gain
        let columns = count / fanIn
        return [Float](unsafeUninitializedCapacity: count) { values, initialized in
            for row in 0..<fanIn {
                let start = row * columns
                if row % 2 == 1 {
                    for index in start..<start + columns { values[index] = values[index - columns] * -0.5 }
                } else {
                    for index in start..<start + columns { values[index] = Float((random[index] - 0.5) * limit) }
                }
            }
            initialized = count
        }
    }

    private func gain(of name: String) -> Double {
        for (pattern, gain) in gains {
            switch pattern {
            case .prefix(let prefix) where name.hasPrefix(prefix): return gain
            case .part(let part) where name.contains(part): return gain
            case .any: return gain
            default: continue
            }
        }
        return 1
    }
}

// MARK: - Gains

extension WeightRecipe {
    /// The recipe of a model of the library; its name is its folder's.
    public init(model: String) {
        let families: [(name: String, gains: [(Pattern, Double)])] = [
            ("mobilenet_v1", [(.part("/Logits/"), 3), (.part("depthwise_weights"), 1.8), (.any, 1.25)]),
            (
                "mobilenet_v2",
                [
                    (.part("/Logits/"), 2), (.part("depthwise_weights"), 1.9), (.part("/expand/"), 0.95),
                    (.part("/project/"), 0.9), (.any, 1.25),
                ]
            ),
            (
                "mobilenet_v3_large",
                [
                    (.part("/Logits/"), 3), (.part("depthwise_weights"), 2), (.part("/squeeze_excite/"), 1),
                    (.part("/expand/"), 1.05), (.part("/project/"), 1.1), (.any, 1.4),
                ]
            ),
            (
                "mobilenet_v3",
                [
                    (.part("/Logits/"), 3), (.part("depthwise_weights"), 2.2), (.part("/squeeze_excite/"), 1),
                    (.part("/expand/"), 1.2), (.part("/project/"), 1.25), (.any, 1.5),
                ]
            ),
            (
                "resnet_v1_50",
                [
                    (.prefix("resnet_v1_50/conv1/"), 1.4 / 64), (.part("/logits/"), 2), (.part("/conv3/"), 0.4),
                    (.any, 1.4),
                ]
            ),
            (
                "resnet_v1",
                [
                    (.prefix(model + "/conv1/"), 1.4 / 64), (.part("/logits/"), 0.7), (.part("/conv3/"), 0.4),
                    (.any, 1.4),
                ]
            ),
            ("resnet_v2", [(.part("/logits/"), 1.5), (.part("/conv3/"), 0.4), (.any, 1.4)]),
            ("inception_resnet_v2", [(.part("/Logits/"), 1.5), (.any, 1.4)]),
            ("inception_v1", [(.part("/Logits/"), 2), (.any, 1.4)]),
            ("inception_v2", [(.part("/Logits/"), 4), (.part("depthwise_weights"), 1.5), (.any, 1.4)]),
            ("inception", [(.part("/Logits/"), 6), (.any, 1.4)]),
            ("vgg", [(.part("/fc8/"), 1.5), (.part("/conv1/conv1_1/"), 1.4 / 64), (.any, 1.4)]),
            ("alexnet", [(.part("/conv1/"), 1.4 / 64), (.any, 1.4)]),
            (
                "nasnet",
                [
                    (.prefix("final_layer/"), 5), (.part("depthwise_weights"), 1.5),
                    (.part("pointwise_weights"), 0.68), (.any, 1.1),
                ]
            ),
            (
                "pnasnet",
                [
                    (.prefix("final_layer/"), 6), (.part("depthwise_weights"), 1.5), (.part("pointwise_weights"), 0.6),
                    (.any, 1.1),
                ]
            ),
        ]
        gains = families.first { model.hasPrefix($0.name) }?.gains ?? [(.any, 1.2)]
    }
}

// MARK: - Random numbers

/// Numbers in [0, 1) that a name seeds: the outputs of splitmix64, whose state starts at the name's FNV-1a hash.
public struct UniformSequence: Sendable {
    private let seed: UInt64

    public init(_ name: String) {
        seed = name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    public subscript(index: Int) -> Double {
        var bits = seed &+ UInt64(truncatingIfNeeded: index + 1) &* 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((bits ^ (bits >> 31)) >> 11) * 0x1p-53
    }

    fileprivate func floats(_ count: Int, _ convert: (Double) -> Double) -> [Float] {
        (0..<count).map { Float(convert(self[$0])) }
    }

    /// The goldens' `seed` image: 1 x height x width x 3 of whole numbers from 0 to 255.
    public static func image(height: Int, width: Int) -> Tensor {
        let random = UniformSequence("image")
        let shape: Shape = [1, height, width, 3]
        return Tensor(random.floats(shape.elementCount) { ($0 * 256).rounded(.down) }, shape)
    }
}
