import VireoTensor

/// The values of variables that a training run saved. Opening one reads its directory; values stay in their files,
/// which are mapped, until they are asked for.
public struct Checkpoint: Sendable {
    /// The name it goes by: a prefix of files (V2), or a file (V1).
    public let path: String
    let variables: [String: CheckpointVariable]
    /// The key of a variable by the name that it had in the program, where Python objects own the variables.
    let keysOfObjects: [String: String]

    /// Opens the checkpoint that `path` names: a prefix or one of the files of a V2 checkpoint, a V1 file, or a folder
    /// with a `checkpoint` file that says which is the latest.
    /// - Throws: `notFound` when there is none, `malformedFile` for a damaged one; with the path as place.
    public init(path: String) throws(VireoError) {
        let place = try CheckpointPlace(path)
        do throws(VireoError) {
            switch place {
            case .bundle(let prefix):
                let bundle = try CheckpointBundle(prefix: prefix)
                self.path = prefix
                variables = bundle.variables
                keysOfObjects = bundle.keysOfObjects
            case .tables(let files):
                self.path = files[0]
                variables = try CheckpointTable.variables(of: files)
                keysOfObjects = [:]
            }
        } catch {
            throw error.adding(context: place.file)
        }
    }

    /// The names of the variables, sorted.
    public var names: [String] { variables.keys.sorted() }

    /// The value of a variable: a view of the checkpoint's file where it is aligned there, a copy otherwise.
    /// - Throws: `notFound` for a name that it does not have, `malformedFile` for damaged data, `unsupported` for types
    ///   without an element type of ours.
    public func tensor(_ name: String) throws(VireoError) -> Tensor {
        guard let variable = variables[name] else {
            throw VireoError(.notFound, "there is no variable \"\(name)\" in the checkpoint", in: [path])
        }
        do throws(VireoError) {
            return try variable.tensor()
        } catch {
            throw error.adding(context: "variable \"\(name)\"").adding(context: path)
        }
    }
}

/// A variable of a checkpoint, whole or in parts.
struct CheckpointVariable: Sendable {
    struct Part: Sendable {
        let ranges: [Range<Int>]
        let read: @Sendable () throws(VireoError) -> Tensor
    }

    let dataType: DataType
    let shape: Shape
    /// In the order of their places.
    let parts: [Part]

    /// Every pair of parts is compared, which is too much work for more than this.
    private static let mostParts = 2048

    /// - Throws: `malformedFile` when the parts overlap or leave a part of the variable out.
    init(_ dataType: DataType, _ shape: Shape, parts: [Part]) throws(VireoError) {
        guard parts.count <= CheckpointVariable.mostParts else {
            throw VireoError(.unsupported, "a variable in \(parts.count) parts")
        }
        let covered = parts.reduce(0) { $0 + $1.ranges.reduce(1) { $0 * $1.count } }
        let overlap = parts.indices.contains { first in
            parts[..<first].contains { other in
                zip(parts[first].ranges, other.ranges).allSatisfy { $0.overlaps($1) }
            }
        }
        guard covered == shape.elementCount, !overlap || shape.elementCount == 0 else {
            throw VireoError(.malformedFile, "the parts of a variable do not make the whole of its shape \(shape)")
        }
        self.dataType = dataType
        self.shape = shape
        self.parts = parts.sorted { left, right in
            left.ranges.lexicographicallyPrecedes(right.ranges) { $0.lowerBound < $1.lowerBound }
        }
    }

    init(_ dataType: DataType, _ shape: Shape, whole read: @escaping @Sendable () throws(VireoError) -> Tensor) {
        self.dataType = dataType
        self.shape = shape
        parts = [Part(ranges: shape.dimensions.map { 0..<$0 }, read: read)]
    }

    /// One part as a variable of its own, as graphs have them.
    func part(_ index: Int) -> CheckpointVariable? {
        guard parts.indices.contains(index), parts.count > 1 else { return nil }
        let part = parts[index]
        guard let shape = try? Shape(validating: part.ranges.map(\.count)) else { return nil }
        return CheckpointVariable(dataType, shape, whole: part.read)
    }

    func tensor() throws(VireoError) -> Tensor {
        if parts.count == 1 { return try parts[0].read() }
        guard let elementType = dataType.elementType, let width = elementType.byteWidth else {
            throw VireoError(.unsupported, "a variable of type \(dataType) cannot be read")
        }
        var whole = try Tensor(zeros: elementType, shape)
        for part in parts {
            let source = try part.read()
            whole.withUnsafeMutableBytes { target in
                source.withUnsafeBytes { source in
                    copy(source, to: target, part.ranges, width)
                }
            }
        }
        return whole
    }

    /// Copies a dense part to its place, a row at a time.
    private func copy(
        _ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer, _ ranges: [Range<Int>], _ width: Int
    ) {
        guard let innermost = ranges.last, source.count > 0 else { return }
        let strides = shape.strides
        let rowCount = innermost.count * width
        var index = ranges.map(\.lowerBound)
        for row in 0..<source.count / rowCount {
            let offset = zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 } * width
            let bytes = UnsafeRawBufferPointer(rebasing: source[row * rowCount..<(row + 1) * rowCount])
            UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + rowCount]).copyMemory(from: bytes)
            for axis in ranges.indices.dropLast().reversed() {
                index[axis] += 1
                if index[axis] < ranges[axis].upperBound { break }
                index[axis] = ranges[axis].lowerBound
            }
        }
    }
}
