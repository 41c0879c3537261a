import VireoTensor

/// A V1 checkpoint: tables, one a shard, whose values are SavedTensorSlices. The first in a table has the types and
/// shapes of its variables, each of the others a part of one variable.
enum CheckpointTable {
    static func variables(of paths: [String]) throws(VireoError) -> [String: CheckpointVariable] {
        var types: [String: (DataType, Shape)] = [:]
        var parts: [String: [CheckpointVariable.Part]] = [:]
        for path in paths {
            for entry in try SortedTable(FileBytes(path: path)).entries {
                var saved = WireReader(entry.value)
                while let (field, value) = try saved.next() {
                    if field == 1 { try types.merge(list(value.message())) { _, new in new } }
                    if field == 2 {
                        let (name, part) = try self.part(value.message(), types)
                        parts[name, default: []].append(part)
                    }
                }
            }
        }
        var variables: [String: CheckpointVariable] = [:]
        for (name, (dataType, shape)) in types {
            do throws(VireoError) {
                variables[name] = try CheckpointVariable(dataType, shape, parts: parts[name] ?? [])
            } catch {
                throw error.adding(context: "variable \"\(name)\"")
            }
        }
        return variables
    }

    /// A SavedTensorSliceMeta.
    private static func list(_ message: WireReader) throws(VireoError) -> [String: (DataType, Shape)] {
        var message = message
        var types: [String: (DataType, Shape)] = [:]
        while let (field, value) = try message.next() {
            guard field == 1 else { continue }
            var variable = try value.message()
            var (name, shape, type) = ("", Shape.scalar, DataType.invalid)
            while let (field, value) = try variable.next() {
                if field == 1 { name = try value.text() }
                if field == 2 { shape = try Shape(value.message()) }
                if field == 3 { type = DataType(rawValue: Int32(truncatingIfNeeded: try value.integer())) }
            }
            types[name] = (type, shape)
        }
        return types
    }

    /// A SavedSlice.
    private static func part(
        _ message: WireReader, _ types: [String: (DataType, Shape)]
    ) throws(VireoError) -> (name: String, CheckpointVariable.Part) {
        var message = message
        var (name, slice, data): (String, TensorSlice?, FileSlice?) = ("", nil, nil)
        while let (field, value) = try message.next() {
            if field == 1 { name = try value.text() }
            if field == 2 { slice = try TensorSlice(value.message()) }
            if field == 3 { data = try value.slice() }
        }
        guard let (dataType, shape) = types[name], let slice, let data else {
            throw VireoError(.malformedFile, "a part of the variable \"\(name)\" that the checkpoint does not list")
        }
        let ranges = try slice.ranges(in: shape)
        let part = try Shape(validating: ranges.map(\.count))
        return (
            name,
            CheckpointVariable.Part(ranges: ranges) { () throws(VireoError) in
                try SavedValues(WireReader(data)).tensor(dataType, part)
            }
        )
    }
}

/// The lists of a TensorProto that a V1 checkpoint fills: packed, and as long as the tensor.
private struct SavedValues {
    private var fixed: FileSlice?
    private var varints: FileSlice?

    init(_ message: WireReader) throws(VireoError) {
        var message = message
        while let (field, value) = try message.next() {
            switch field {
            case 4, 5, 6: fixed = try value.slice()
            case 7, 10, 11, 13, 16, 17: varints = try value.slice()
            default: continue
            }
        }
    }

    func tensor(_ dataType: DataType, _ shape: Shape) throws(VireoError) -> Tensor {
        if let fixed { return try fixed.tensor(dataType, shape) }
        guard let elementType = dataType.elementType, let width = elementType.byteWidth, let varints else {
            throw VireoError(.unsupported, "a variable of type \(dataType) cannot be read")
        }
        let values = varints.bytes
        guard shape.elementCount <= values.count else { throw SavedValues.wrongCount }
        var tensor = try Tensor(zeros: elementType, shape)
        let isComplete = tensor.withUnsafeMutableBytes { target in
            var position = 0
            for index in 0..<shape.elementCount {
                guard let value = values.varint(at: &position) else { return false }
                let bits = elementType == .boolean ? (value == 0 ? 0 : 1) : value
                for byte in 0..<width { target[index * width + byte] = UInt8(truncatingIfNeeded: bits >> (8 * byte)) }
            }
            return position == values.count
        }
        guard isComplete else { throw SavedValues.wrongCount }
        return tensor
    }

    private static let wrongCount = VireoError(.malformedFile, "a variable has not as many values as its shape says")
}
