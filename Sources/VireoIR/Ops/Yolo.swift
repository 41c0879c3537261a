import VireoTensor

/// The last layer of YOLO v2 (with softmax over the classes) and v3 (without): of every region the position, the
/// objectness and the classes become probabilities; its size is left as it is. Input [N,
/// regions*(coordinates+1+classes), H, W]. Redmon and Farhadi, https://arxiv.org/abs/1612.08242 and
/// https://arxiv.org/abs/1804.02767.
public struct RegionYolo: Operation {
    public let anchors: [Double]
    /// The axes from `axis` to `endAxis` become one when there is a softmax.
    public let axis: Int
    public let endAxis: Int
    public let coordinates: Int
    public let classes: Int
    public let num: Int
    public let softmax: Bool
    public let mask: [Int]

    init(_ attributes: AttributeReader, version: Int) throws {
        anchors = try attributes.numbers("anchors", default: [])
        axis = try attributes.integer("axis")
        endAxis = try attributes.integer("end_axis")
        coordinates = try attributes.integer("coords")
        classes = try attributes.integer("classes")
        num = try attributes.integer("num")
        softmax = try attributes.boolean("do_softmax", default: true)
        mask = try attributes.integers("mask", default: [])
        guard (2...1 << 16).contains(coordinates), (1...1 << 20).contains(classes), (1...1 << 16).contains(regions)
        else {
            throw VireoError(
                .malformedFile, "\(regions) regions of \(coordinates) coordinates and \(classes) classes")
        }
    }

    /// How many regions there are in a cell.
    public var regions: Int { softmax ? num : mask.count }
    /// The channels of one region.
    public var regionSize: Int { coordinates + 1 + classes }

    public var type: String { "RegionYolo" }
    public var version: Int { 1 }
    public var attributes: [Attribute] {
        [
            Attribute("anchors", .numbers(anchors)), Attribute("axis", .integer(axis)),
            Attribute("coords", .integer(coordinates)), Attribute("classes", .integer(classes)),
            Attribute("end_axis", .integer(endAxis)), Attribute("num", .integer(num)),
            Attribute("do_softmax", .boolean(softmax)), Attribute("mask", .integers(mask)),
        ]
    }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        guard let dimensions = try inputs.dimensions(0, rank: 4...4) else {
            return [ValueType(inputs[0].elementType, .unranked)]
        }
        let channels = Dimension(regions * regionSize)
        guard dimensions[1].isCompatible(with: channels) else {
            throw VireoError(.invalidArgument, "\(dimensions[1]) channels, and \(channels) are needed")
        }
        guard softmax else { return [inputs[0]] }
        let first = try normalizedAxis(axis, rank: 4)
        let last = try normalizedAxis(endAxis, rank: 4)
        guard first <= last else { throw VireoError(.invalidArgument, "the axes from \(axis) to \(endAxis)") }
        var joined: Dimension = 1
        for dimension in dimensions[first...last] {
            guard let left = joined.value, let right = dimension.value else {
                joined = .dynamic
                break
            }
            let (product, overflow) = left.multipliedReportingOverflow(by: right)
            guard !overflow else { throw VireoError(.invalidArgument, "\(inputs[0].shape) as one axis") }
            joined = Dimension(product)
        }
        return [
            ValueType(inputs[0].elementType, .ranked(dimensions[..<first] + [joined] + dimensions[(last + 1)...]))
        ]
    }
}

/// Brings squares of pixels into channels, in the order that YOLO v2 was trained with.
public struct ReorgYolo: Operation {
    public let stride: Int

    init(_ attributes: AttributeReader, version: Int) throws {
        stride = try attributes.integer("stride")
        guard (1...1 << 10).contains(stride) else { throw VireoError(.malformedFile, "a stride of \(stride)") }
    }

    public var type: String { "ReorgYolo" }
    public var version: Int { 2 }
    public var attributes: [Attribute] { [Attribute("stride", .integer(stride))] }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(1)
        guard let dimensions = try inputs.dimensions(0, rank: 4...4) else {
            return [ValueType(inputs[0].elementType, .ranked([.dynamic, .dynamic, .dynamic, .dynamic]))]
        }
        let area = stride * stride
        let channels = try dimensions[1].value.map { count -> Dimension in
            let (product, overflow) = count.multipliedReportingOverflow(by: area)
            guard count % area == 0, !overflow else {
                throw VireoError(.invalidArgument, "\(count) channels with a stride of \(stride)")
            }
            return Dimension(product)
        }
        let extents = try dimensions[2...].map { dimension -> Dimension in
            guard let extent = dimension.value else { return .dynamic }
            guard extent % stride == 0 else {
                throw VireoError(.invalidArgument, "a side of \(extent) with a stride of \(stride)")
            }
            return Dimension(extent / stride)
        }
        return [ValueType(inputs[0].elementType, .ranked([dimensions[0], channels ?? .dynamic] + extents))]
    }
}
