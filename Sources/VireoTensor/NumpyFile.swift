import Glibc

/// NumPy's `.npy` files: one array a file, format versions 1.0, 2.0 and 3.0.
///
/// Source: "NEP 1: A Simple File Format for NumPy Arrays", and `numpy.lib.format`.
extension Tensor {
    /// Reads an array of booleans, integers or floating-point numbers; one in Fortran order is put into row-major
    /// order.
    /// - Throws: `notFound`, `inputOutput`; `malformedFile` when the header does not parse or the file's size does not
    ///   match it; `unsupported` for big-endian data, objects, strings, complex numbers and structures.
    public init(numpyFile path: String) throws(VireoError) {
        do throws(VireoError) {
            let file = try RegularFile(path: path)
            let (header, dataOffset) = try NumpyHeader.read(from: file)
            guard let shape = try? Shape(validating: header.dimensions) else {
                throw VireoError(.malformedFile, "a shape that memory cannot hold: \(header.dimensions)")
            }
            guard let byteCount = header.elementType.byteCount(of: shape.elementCount),
                byteCount == file.size - dataOffset
            else {
                throw VireoError(
                    .malformedFile,
                    "\(file.size - dataOffset) bytes of data, which is not what \(header.elementType)\(shape) takes",
                    remedy: "the file may be incomplete: write it again with numpy.save")
            }
            let storage = try TensorStorage(contentsOf: file, from: dataOffset)
            var tensor = try Tensor(header.elementType, shape, viewing: storage)
            if header.elementType == .boolean { tensor.normalizeBooleans() }
            self = header.isFortranOrder ? try tensor.reorderedFromFortran() : tensor
        } catch {
            throw error.adding(context: "reading \(path)")
        }
    }

    /// Writes the tensor as a `.npy` file, which appears only when it is complete.
    /// - Throws: `inputOutput`; `unsupported` for element types that NumPy does not have.
    public func write(numpyFile path: String) throws(VireoError) {
        guard let header = NumpyHeader(of: self) else {
            throw VireoError(
                .unsupported, "NumPy has no element type \(elementType)", in: ["writing \(path)"],
                remedy: "convert the tensor to f32 first")
        }
        let file = try AtomicFile(path: path)
        try file.write(header.bytes)
        try withUnsafeBytes { (bytes) throws(VireoError) in try file.write(bytes) }
        try file.commit()
    }

    /// NumPy reads any byte as a boolean; in memory only 0 and 1 are.
    private mutating func normalizeBooleans() {
        withUnsafeMutableBytes { bytes in
            for index in bytes.indices where bytes[index] > 1 { bytes[index] = 1 }
        }
    }

    /// The tensor whose first axis varies fastest in this one's memory.
    private func reorderedFromFortran() throws(VireoError) -> Tensor {
        guard shape.rank > 1, elementCount > 0, let width = elementType.byteWidth else { return self }
        var result = try Tensor(zeros: elementType, shape)
        var sourceStrides = [Int](repeating: 1, count: shape.rank)
        for axis in 1..<shape.rank { sourceStrides[axis] = sourceStrides[axis - 1] * shape[axis - 1] }
        var index = [Int](repeating: 0, count: shape.rank)
        withUnsafeBytes { source in
            result.withUnsafeMutableBytes { target in
                var element = 0
                for position in 0..<elementCount {
                    for byte in 0..<width { target[position * width + byte] = source[element * width + byte] }
                    var axis = shape.rank - 1
                    while axis >= 0 {
                        index[axis] += 1
                        element += sourceStrides[axis]
                        if index[axis] < shape[axis] { break }
                        element -= sourceStrides[axis] * shape[axis]
                        index[axis] = 0
                        axis -= 1
                    }
                }
            }
        }
        return result
    }
}

extension TensorStorage {
    /// Everything in a file from `offset` on. Memory that cannot be had is an error, since the size is a file's word.
    fileprivate convenience init(contentsOf file: borrowing RegularFile, from offset: Int) throws(VireoError) {
        let count = file.size - offset
        var memory: UnsafeMutableRawPointer?
        guard posix_memalign(&memory, TensorStorage.alignment, max(count, 1)) == 0, let memory else {
            throw VireoError(.outOfMemory, "no memory for \(count) bytes", remedy: "free some memory")
        }
        let bytes = UnsafeMutableRawBufferPointer(start: memory, count: count)
        do throws(VireoError) {
            try file.read(at: offset, into: bytes)
        } catch {
            free(memory)
            throw error
        }
        self.init(adopting: bytes, isWritable: true) { free($0) }
    }
}
