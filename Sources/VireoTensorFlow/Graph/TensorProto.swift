import CTensorFlowProto
import VireoTensor

/// A constant tensor in TensorFlow's encoding: read when it is asked for, and where possible a view into the file.
public struct TensorProto: @unchecked Sendable {
    public let dataType: DataType
    public let shape: PartialShape
    private let source: Source

    private enum Source {
        case message(UnsafePointer<vireo_tf_tensor>, GraphMessage)
        case tensor(Tensor)
        case deferred(@Sendable () throws(VireoError) -> Tensor)
        case absent(VireoError)
    }

    /// A tensor that was made here.
    /// - Throws: `unsupported` for an element type that TensorFlow does not have.
    public init(_ tensor: Tensor) throws(VireoError) {
        guard let dataType = DataType(tensor.elementType) else {
            throw VireoError(.unsupported, "TensorFlow has no tensors of \(tensor.elementType)")
        }
        self.dataType = dataType
        self.shape = PartialShape(tensor.shape)
        self.source = .tensor(tensor)
    }

    /// A tensor that is read, each time that it is asked for, from somewhere else.
    init(_ dataType: DataType, _ shape: PartialShape, reading read: @escaping @Sendable () throws(VireoError) -> Tensor)
    {
        self.dataType = dataType
        self.shape = shape
        self.source = .deferred(read)
    }

    /// The value of a variable for which there is none: asking for it throws `reason`.
    init(_ dataType: DataType, _ shape: PartialShape, absent reason: VireoError) {
        self.dataType = dataType
        self.shape = shape
        self.source = .absent(reason)
    }

    /// Whether the tensor is a variable's for which there is no value.
    public var isAbsent: Bool { if case .absent = source { true } else { false } }

    /// Whether the file has one value for many elements, as it does for ones and zeros that a program made.
    var repeatsOneValue: Bool {
        guard case .message(let proto, _) = source, let count = shape.shape?.elementCount, count > 1 else {
            return false
        }
        return proto.pointee.content.count == 0 && proto.pointee.float_count <= 1 && proto.pointee.double_count <= 1
            && proto.pointee.half_count <= 1
    }

    init(_ proto: UnsafePointer<vireo_tf_tensor>, _ message: GraphMessage) throws(VireoError) {
        dataType = DataType(rawValue: proto.pointee.type)
        shape = try PartialShape(proto.pointee.shape)
        source = .message(proto, message)
    }

    /// The tensor: a view into the file where its bytes are aligned there, a copy otherwise.
    /// - Throws: `malformedFile` when the data do not fit the shape, `unsupported` for types without an element type
    ///   of ours; strings are read with `strings()`.
    public func tensor() throws(VireoError) -> Tensor {
        switch source {
        case .tensor(let tensor): return tensor
        case .deferred(let read): return try read()
        case .absent(let reason): throw reason
        case .message(let proto, let message): return try decode(proto.pointee, message)
        }
    }

    /// The elements of a tensor of strings, in row-major order, as bytes.
    /// - Throws: `invalidArgument` for other types, `malformedFile` when the data do not fit the shape.
    public func strings() throws(VireoError) -> [[UInt8]] {
        guard dataType.base == .string, case .message(let proto, _) = source else {
            throw VireoError(.invalidArgument, "a tensor of \(dataType) is read as strings")
        }
        let list = UnsafeBufferPointer(start: proto.pointee.strings, count: proto.pointee.string_count)
        let count = try checkedCount(of: list, filling: try staticShape(), elementSize: MemoryLayout<[UInt8]>.stride)
        let values = list.map { [UInt8]($0) }
        return values + repeatElement(values.last ?? [], count: count - values.count)
    }

    private func staticShape() throws(VireoError) -> Shape {
        guard let shape = shape.shape else {
            throw VireoError(.malformedFile, "a constant of shape \(shape), which is no size that memory can hold")
        }
        return shape
    }
}

// MARK: - Contents as bytes

extension TensorProto {
    private func decode(_ proto: vireo_tf_tensor, _ message: GraphMessage) throws(VireoError) -> Tensor {
        guard let elementType = dataType.elementType, elementType != .string else {
            throw VireoError(.unsupported, "a tensor of type \(dataType) cannot be read")
        }
        let shape = try staticShape()
        guard proto.content.count > 0 else { return try expand(proto, elementType, shape) }
        let source = message.source
        guard let data = proto.content.data, let base = source.bytes.baseAddress,
            let content = source.slice(at: UnsafeRawPointer(data) - base, count: proto.content.count)
        else {
            throw VireoError(.internalError, "a tensor's content lies outside of its file")
        }
        return try content.tensor(dataType, shape)
    }
}

// MARK: - Contents as lists

extension TensorProto {
    /// A list that is too short repeats its last value, and an empty one stands for zeros. Beyond this size, which no
    /// message reaches when it holds every element, a short list is taken for damage.
    private static let largestExpansion = 1 << 31

    private func expand(
        _ proto: vireo_tf_tensor, _ elementType: ElementType, _ shape: Shape
    ) throws(VireoError) -> Tensor {
        let ints = UnsafeBufferPointer(start: proto.ints, count: proto.int_count)
        let halves = UnsafeBufferPointer(start: proto.halves, count: proto.half_count)
        let bools = UnsafeBufferPointer(start: proto.bools, count: proto.bool_count)
        func fill<Source, Element: BitwiseCopyable>(
            _ list: UnsafeBufferPointer<Source>, _ convert: (Source) -> Element
        ) throws(VireoError) -> Tensor {
            let count = try checkedCount(of: list, filling: shape, elementSize: MemoryLayout<Element>.size)
            var tensor = try Tensor(zeros: elementType, shape)
            guard let last = list.last else { return tensor }
            tensor.withUnsafeMutableBytes { bytes in
                let elements = bytes.bindMemory(to: Element.self)
                for index in 0..<list.count { elements[index] = convert(list[index]) }
                elements[list.count..<count].update(repeating: convert(last))
            }
            return tensor
        }
        return switch elementType {
        case .f32: try fill(UnsafeBufferPointer(start: proto.floats, count: proto.float_count)) { $0 }
        case .f64: try fill(UnsafeBufferPointer(start: proto.doubles, count: proto.double_count)) { $0 }
        case .f16, .bf16: try fill(halves) { UInt16(truncatingIfNeeded: $0) }
        case .i64: try fill(UnsafeBufferPointer(start: proto.int64s, count: proto.int64_count)) { $0 }
        case .u64: try fill(UnsafeBufferPointer(start: proto.uint64s, count: proto.uint64_count)) { $0 }
        case .u32: try fill(UnsafeBufferPointer(start: proto.uint32s, count: proto.uint32_count)) { $0 }
        case .i32: try fill(ints) { $0 }
        case .i16, .u16: try fill(ints) { Int16(truncatingIfNeeded: $0) }
        case .i8, .u8: try fill(ints) { Int8(truncatingIfNeeded: $0) }
        case .boolean: try fill(bools) { UInt8($0 ? 1 : 0) }
        default: throw VireoError(.unsupported, "a tensor of type \(dataType) cannot be read")
        }
    }

    /// The number of elements of `shape`, when `list` has no more than that.
    private func checkedCount<Source>(
        of list: UnsafeBufferPointer<Source>, filling shape: Shape, elementSize: Int
    ) throws(VireoError) -> Int {
        let count = shape.elementCount
        guard list.count <= count else {
            throw VireoError(
                .malformedFile, "a tensor \(dataType)\(shape) has \(list.count) values, more than its size")
        }
        let (byteCount, overflow) = count.multipliedReportingOverflow(by: elementSize)
        guard list.count == count || !overflow && byteCount <= TensorProto.largestExpansion else {
            throw VireoError(.malformedFile, "a tensor \(dataType)\(shape) has only \(list.count) values")
        }
        return count
    }
}
