/// The dimensions of a tensor whose extent is known. A scalar has no dimensions and one element.
public struct Shape: Hashable, Sendable {
    public let dimensions: [Int]
    /// The product of the dimensions; 1 for a scalar.
    public let elementCount: Int

    /// - Throws: `invalidArgument` for a negative dimension or more elements than an address can name.
    public init(validating dimensions: [Int]) throws(VireoError) {
        var count = 1
        var overflow = false
        for dimension in dimensions {
            guard dimension >= 0 else {
                throw VireoError(.invalidArgument, "a dimension of \(dimension) in shape \(Shape.text(dimensions))")
            }
            if dimension > 0 {
                let (product, carried) = count.multipliedReportingOverflow(by: dimension)
                overflow = overflow || carried || product > Shape.largestElementCount
                if !overflow { count = product }
            }
        }
        guard !overflow else {
            throw VireoError(.invalidArgument, "shape \(Shape.text(dimensions)) has more elements than memory can hold")
        }
        self.dimensions = dimensions
        self.elementCount = dimensions.contains(0) ? 0 : count
    }

    /// A shape from dimensions the program itself made. Traps on what `init(validating:)` refuses.
    public init(_ dimensions: [Int]) {
        do {
            try self.init(validating: dimensions)
        } catch {
            preconditionFailure(error.message)
        }
    }

    public static let scalar = Shape([])
    private static let largestElementCount = 1 << 48

    public var rank: Int { dimensions.count }
    public subscript(axis: Int) -> Int { dimensions[axis] }

    /// Row-major strides in elements.
    public var strides: [Int] {
        var strides = [Int](repeating: 1, count: rank)
        for axis in stride(from: rank - 2, through: 0, by: -1) {
            strides[axis] = strides[axis + 1] * dimensions[axis + 1]
        }
        return strides
    }

    fileprivate static func text(_ dimensions: [Int]) -> String {
        "[" + dimensions.map(String.init).joined(separator: ",") + "]"
    }
}

extension Shape: ExpressibleByArrayLiteral, CustomStringConvertible {
    public init(arrayLiteral elements: Int...) { self.init(elements) }
    public var description: String { Shape.text(dimensions) }
}

/// One dimension that may be unknown: every extent from `lower` to `upper` (nil: without bound).
public struct Dimension: Hashable, Sendable {
    public let lower: Int
    public let upper: Int?

    public init(_ extent: Int) {
        lower = extent
        upper = extent
    }

    public init(lower: Int, upper: Int?) {
        self.lower = lower
        self.upper = upper
    }

    public static let dynamic = Dimension(lower: 0, upper: nil)

    /// The extent when only one is possible.
    public var value: Int? { lower == upper ? lower : nil }
    public var isDynamic: Bool { value == nil }

    public func isCompatible(with other: Dimension) -> Bool {
        lower <= other.upper ?? .max && other.lower <= upper ?? .max
    }
}

extension Dimension: ExpressibleByIntegerLiteral, CustomStringConvertible {
    public init(integerLiteral value: Int) { self.init(value) }

    /// `3`, `?`, `1..8`, `1..` or `..8`: the notation of the IR's `shape` attribute.
    public var description: String {
        if let value { return String(value) }
        if lower == 0 && upper == nil { return "?" }
        return (lower == 0 ? "" : String(lower)) + ".." + (upper.map(String.init) ?? "")
    }
}

/// A shape of which the rank or some dimensions may be unknown.
public enum PartialShape: Hashable, Sendable {
    case unranked
    case ranked([Dimension])

    public init(_ shape: Shape) { self = .ranked(shape.dimensions.map { Dimension($0) }) }

    public var rank: Int? { dimensions?.count }

    public var dimensions: [Dimension]? {
        guard case .ranked(let dimensions) = self else { return nil }
        return dimensions
    }

    /// The shape when every dimension is known and its size is one that memory can hold.
    public var shape: Shape? {
        guard let dimensions else { return nil }
        var extents: [Int] = []
        extents.reserveCapacity(dimensions.count)
        for dimension in dimensions {
            guard let value = dimension.value else { return nil }
            extents.append(value)
        }
        return try? Shape(validating: extents)
    }

    public var isStatic: Bool { shape != nil }

    /// Whether a tensor of `shape` is one that this stands for.
    public func allows(_ shape: Shape) -> Bool {
        guard case .ranked(let dimensions) = self else { return true }
        guard dimensions.count == shape.rank else { return false }
        for axis in dimensions.indices {
            let (extent, dimension) = (shape[axis], dimensions[axis])
            guard extent >= dimension.lower, extent <= dimension.upper ?? .max else { return false }
        }
        return true
    }

    public func isCompatible(with other: PartialShape) -> Bool {
        guard let mine = dimensions, let theirs = other.dimensions else { return true }
        return mine.count == theirs.count && zip(mine, theirs).allSatisfy { $0.isCompatible(with: $1) }
    }
}

extension PartialShape: CustomStringConvertible {
    public var description: String {
        guard let dimensions else { return "[...]" }
        return "[" + dimensions.map(\.description).joined(separator: ",") + "]"
    }
}
