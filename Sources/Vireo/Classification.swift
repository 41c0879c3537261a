import Glibc
import VireoTensor

/// The classes that a network finds most probable.
public struct Classification: Sendable {
    public struct Entry: Sendable, Equatable {
        public let classID: Int
        public let probability: Float
    }

    /// Most probable first; equal probabilities in the order of the classes.
    public let entries: [Entry]
    /// How many classes the network tells apart.
    public let classCount: Int
    /// Whether the network's output was no probability distribution and a softmax was applied to it.
    public let appliedSoftmax: Bool

    /// - Parameters:
    ///   - scores: one number a class: probabilities, or logits.
    ///   - count: how many classes are kept at most.
    public init(scores: [Float], top count: Int) {
        let isDistribution =
            scores.allSatisfy { (-1e-6...1 + 1e-6).contains($0) } && abs(scores.reduce(0, +) - 1) < 1e-3
        let probabilities = isDistribution ? scores : Classification.softmax(scores)
        entries = Classification.strongest(max(count, 0), of: probabilities)
        classCount = scores.count
        appliedSoftmax = !isDistribution
    }

    /// One classification for each image of a batch.
    /// - Parameters:
    ///   - output: the network's output, of shape [N, …] in f32.
    ///   - count: how many classes of each image are kept at most.
    /// - Throws: `unsupported` for outputs that are no list of scores an image.
    public static func batch(_ output: Tensor, top count: Int) throws -> [Classification] {
        let shape = output.shape
        guard shape.rank >= 1, shape[0] > 0, shape.elementCount > 0, output.elementType.isFloatingPoint else {
            throw VireoError(.unsupported, "an output \(output.elementType)\(shape) is no list of class scores")
        }
        let scores = try output.converted(to: .f32).array(of: Float.self)
        let perImage = shape.rank == 1 ? scores.count : scores.count / shape[0]
        return stride(from: 0, to: scores.count, by: perImage).map {
            Classification(scores: Array(scores[$0..<$0 + perImage]), top: count)
        }
    }

    /// Most probabilities are below the least of those found so far, and need not be sorted.
    private static func strongest(_ count: Int, of probabilities: [Float]) -> [Entry] {
        guard count > 0 else { return [] }
        let room = min(count, probabilities.count) + 64
        var entries: [Entry] = []
        entries.reserveCapacity(room)
        var least = -Float.infinity
        func keepStrongest() {
            entries.sort {
                $0.probability == $1.probability ? $0.classID < $1.classID : $0.probability > $1.probability
            }
            entries.removeLast(max(entries.count - count, 0))
        }
        for (classID, probability) in probabilities.enumerated() where !(probability <= least) {
            entries.append(Entry(classID: classID, probability: probability))
            if entries.count == room, count < room {
                keepStrongest()
                if entries.count == count { least = entries[count - 1].probability }
            }
        }
        keepStrongest()
        return entries
    }

    private static func softmax(_ scores: [Float]) -> [Float] {
        let largest = scores.max() ?? 0
        let exponentials = scores.map { exp(Double($0 - largest)) }
        let sum = exponentials.reduce(0, +)
        return exponentials.map { Float($0 / sum) }
    }
}

/// The names of classes, one a line of a file.
public struct Labels: Sendable {
    private let names: [String]

    /// - Throws: `notFound` and `inputOutput` for files that cannot be read.
    public init(contentsOf path: String) throws {
        let file = try RegularFile(path: path)
        let text = String(decoding: try file.bytes(at: 0, count: file.size), as: UTF8.self)
        names = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.reversed().drop(while: \.isWhitespace).reversed())
        }
    }

    public subscript(classID: Int) -> String? {
        names.indices.contains(classID) && !names[classID].isEmpty ? names[classID] : nil
    }
}
