/// The header of a `.npy` file: a Python dictionary of the keys `descr`, `fortran_order` and `shape`.
struct NumpyHeader: Equatable {
    let elementType: ElementType
    let isFortranOrder: Bool
    let dimensions: [Int]

    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// The most bytes the dictionary may have: 1 MiB.
    private static let largestSize = 1 << 20
    private static let alignment = 64

    private static let types: [(code: String, type: ElementType)] = [
        ("b1", .boolean), ("i1", .i8), ("u1", .u8), ("i2", .i16), ("u2", .u16), ("i4", .i32), ("u4", .u32),
        ("i8", .i64), ("u8", .u64), ("f2", .f16), ("f4", .f32), ("f8", .f64),
    ]

    fileprivate static func malformed(_ message: String) -> VireoError {
        VireoError(.malformedFile, message, remedy: "write the array with numpy.save")
    }
}

// MARK: - Reading

extension NumpyHeader {
    /// The header, and where the data begins.
    static func read(from file: borrowing RegularFile) throws(VireoError) -> (NumpyHeader, dataOffset: Int) {
        let start = try file.bytes(at: 0, count: min(12, file.size))
        guard start.starts(with: magic) else { throw malformed("this is no .npy file") }
        guard start.count >= 8 else { throw malformed("the file ends inside its header") }
        let (major, minor) = (start[6], start[7])
        guard (1...3).contains(major), minor == 0 else {
            throw VireoError(
                .unsupported, "version \(major).\(minor) of the .npy format",
                remedy: "save it as version 1.0, 2.0 or 3.0")
        }
        let prefixSize = major == 1 ? 10 : 12
        guard start.count >= prefixSize else { throw malformed("the file ends inside its header") }
        let size = start[8..<prefixSize].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard size <= largestSize else {
            throw malformed("a header of \(size) bytes, where the limit is \(largestSize)")
        }
        guard size <= file.size - prefixSize else { throw malformed("the file ends inside its header") }
        let text = try file.bytes(at: prefixSize, count: size)
        return (try NumpyHeader(parsing: text), prefixSize + size)
    }

    init(parsing text: [UInt8]) throws(VireoError) {
        var scanner = LiteralScanner(text)
        var code: String?
        var isFortranOrder: Bool?
        var dimensions: [Int]?
        try scanner.expect("{")
        while !scanner.skip("}") {
            let key = try scanner.string()
            try scanner.expect(":")
            switch key {
            case "descr" where code == nil: code = try scanner.typeCode()
            case "fortran_order" where isFortranOrder == nil: isFortranOrder = try scanner.boolean()
            case "shape" where dimensions == nil: dimensions = try scanner.tuple()
            default: throw NumpyHeader.malformed("the header's key \"\(key)\" is unknown or repeated")
            }
            if !scanner.skip(",") {
                try scanner.expect("}")
                break
            }
        }
        try scanner.expectEnd()
        guard let code, let isFortranOrder, let dimensions else {
            throw NumpyHeader.malformed("the header lacks one of the keys descr, fortran_order and shape")
        }
        self.elementType = try NumpyHeader.elementType(code)
        self.isFortranOrder = isFortranOrder
        self.dimensions = dimensions
    }

    private static func elementType(_ code: String) throws(VireoError) -> ElementType {
        let name = String(code.dropFirst())
        let type = types.first { $0.code == name }?.type
        switch code.first {
        case "<":
            if let type { return type }
        case "|":
            if let type, type.byteWidth == 1 { return type }
        case ">":
            throw VireoError(
                .unsupported, "an array of big-endian elements (\(code))",
                remedy: "save it with array.astype(array.dtype.newbyteorder('<'))")
        default: break
        }
        let kind: String =
            switch name.first {
            case "O": "Python objects"
            case "U", "S", "a": "strings"
            case "c": "complex numbers"
            case "V": "raw structures"
            case "M", "m": "dates"
            default: "type \(code)"
            }
        throw VireoError(
            .unsupported, "an array of \(kind)", remedy: "convert it to a type such as float32 before saving")
    }
}

/// Reads the few Python literals that occur in a header.
private struct LiteralScanner {
    private var rest: ArraySlice<UInt8>

    init(_ text: [UInt8]) { rest = text[...] }

    private mutating func skipSpace() {
        rest = rest.drop { $0 == UInt8(ascii: " ") || (9...13).contains($0) }
    }

    mutating func skip(_ symbol: Unicode.Scalar) -> Bool {
        skipSpace()
        guard rest.first == UInt8(ascii: symbol) else { return false }
        rest.removeFirst()
        return true
    }

    mutating func expect(_ symbol: Unicode.Scalar) throws(VireoError) {
        guard skip(symbol) else { throw NumpyHeader.malformed("the header lacks a \"\(symbol)\"") }
    }

    mutating func expectEnd() throws(VireoError) {
        skipSpace()
        guard rest.isEmpty else { throw NumpyHeader.malformed("the header goes on after its dictionary") }
    }

    mutating func string() throws(VireoError) -> String {
        skipSpace()
        guard let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""),
            let end = rest.dropFirst().firstIndex(of: quote)
        else { throw NumpyHeader.malformed("the header lacks a quoted string") }
        let content = rest[rest.startIndex + 1..<end]
        rest = rest[(end + 1)...]
        return String(decoding: content, as: UTF8.self)
    }

    /// A type is a string such as `<f4`; the type of a structure is a list.
    mutating func typeCode() throws(VireoError) -> String {
        if skip("[") {
            throw VireoError(.unsupported, "an array of structures", remedy: "save each field as an array of its own")
        }
        return try string()
    }

    mutating func boolean() throws(VireoError) -> Bool {
        skipSpace()
        for (word, value) in [("True", true), ("False", false)] where rest.starts(with: word.utf8) {
            rest = rest.dropFirst(word.utf8.count)
            return value
        }
        throw NumpyHeader.malformed("fortran_order is neither True nor False")
    }

    /// `()`, `(3,)`, `(2, 3)`; Python 2 wrote `(2L, 3L)`.
    mutating func tuple() throws(VireoError) -> [Int] {
        try expect("(")
        var values: [Int] = []
        while !skip(")") {
            skipSpace()
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
                throw NumpyHeader.malformed("shape holds something that is no dimension")
            }
            values.append(value)
            rest = rest[digits.endIndex...]
            _ = skip("L")
            if !skip(",") {
                guard values.count > 1 else { throw NumpyHeader.malformed("shape is no tuple") }
                try expect(")")
                break
            }
        }
        return values
    }
}

// MARK: - Writing

extension NumpyHeader {
    /// Nil when NumPy has no such element type.
    init?(of tensor: Tensor) {
        guard NumpyHeader.types.contains(where: { $0.type == tensor.elementType }) else { return nil }
        elementType = tensor.elementType
        isFortranOrder = false
        dimensions = tensor.shape.dimensions
    }

    /// The whole header, padded so that the data begins at a multiple of 64 bytes.
    var bytes: [UInt8] {
        let code = NumpyHeader.types.first { $0.type == elementType }?.code ?? ""
        let order = elementType.byteWidth == 1 ? "|" : "<"
        let shape = dimensions.map { "\($0)," }.joined(separator: " ")
        let tuple = dimensions.count > 1 ? String(shape.dropLast()) : shape
        var text = Array("{'descr': '\(order)\(code)', 'fortran_order': False, 'shape': (\(tuple)), }".utf8)
        let isShort = text.count + NumpyHeader.alignment <= UInt16.max
        let prefixSize = isShort ? 10 : 12
        while (prefixSize + text.count + 1) % NumpyHeader.alignment != 0 { text.append(UInt8(ascii: " ")) }
        text.append(UInt8(ascii: "\n"))
        let size = (0..<(prefixSize - 8)).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
        return NumpyHeader.magic + [isShort ? 1 : 2, 0] + size + text
    }
}
