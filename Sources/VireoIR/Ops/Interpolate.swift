import VireoTensor

/// Resizes some axes. Version 1 takes data and sizes, and its attributes name the axes. Version 4 takes data, sizes,
/// scales and perhaps axes; version 11 data, sizes or scales, and perhaps axes. All axes are resized when none are
/// listed.
public struct Interpolate: Operation {
    public enum Mode: String, CaseIterable, Sendable {
        case nearest
        case linear
        case linearOnnx = "linear_onnx"
        case cubic
        case bilinearPillow = "bilinear_pillow"
        case bicubicPillow = "bicubic_pillow"
    }

    public enum ShapeCalculation: String, CaseIterable, Sendable {
        case sizes
        case scales
    }

    /// Where an output element lies in the input.
    public enum CoordinateTransformation: String, CaseIterable, Sendable {
        case halfPixel = "half_pixel"
        case pytorchHalfPixel = "pytorch_half_pixel"
        case asymmetric
        case tfHalfPixelForNN = "tf_half_pixel_for_nn"
        case alignCorners = "align_corners"
    }

    /// Which neighbour `nearest` takes.
    public enum NearestMode: String, CaseIterable, Sendable {
        case roundPreferFloor = "round_prefer_floor"
        case roundPreferCeil = "round_prefer_ceil"
        case floor
        case ceil
        case simple
    }

    public let version: Int
    public let mode: Mode
    public let shapeCalculation: ShapeCalculation
    public let coordinates: CoordinateTransformation
    public let nearestMode: NearestMode
    public let antialias: Bool
    public let padsBegin: [Int]
    public let padsEnd: [Int]
    public let cubeCoefficient: Double
    /// Of version 1.
    public let listedAxes: [Int]
    public let alignsCorners: Bool

    /// Interpolate-4 to sizes.
    public init(
        _ mode: Mode, coordinates: CoordinateTransformation, nearestMode: NearestMode = .roundPreferFloor,
        cubeCoefficient: Double = -0.75
    ) {
        version = 4
        self.mode = mode
        shapeCalculation = .sizes
        self.coordinates = coordinates
        self.nearestMode = nearestMode
        antialias = false
        padsBegin = []
        padsEnd = []
        self.cubeCoefficient = cubeCoefficient
        listedAxes = []
        alignsCorners = false
    }

    init(_ attributes: AttributeReader, version: Int) throws {
        self.version = version
        if version >= 4 {
            mode = try attributes.choice("mode")
            shapeCalculation = try attributes.choice("shape_calculation_mode")
            coordinates = try attributes.choice("coordinate_transformation_mode", default: .halfPixel)
            nearestMode = try attributes.choice("nearest_mode", default: .roundPreferFloor)
            listedAxes = []
            alignsCorners = false
        } else {
            // What OpenVINO makes of version 1.
            let listed: Mode = try attributes.choice("mode")
            listedAxes = try attributes.integers("axes")
            mode = listed == .linear && listedAxes.count < 3 ? .linearOnnx : listed
            shapeCalculation = .sizes
            alignsCorners = try attributes.boolean("align_corners", default: true)
            coordinates = alignsCorners ? .alignCorners : .asymmetric
            nearestMode = .simple
        }
        antialias = try attributes.boolean("antialias", default: false)
        padsBegin = try attributes.integers("pads_begin", default: [])
        padsEnd = try attributes.integers("pads_end", default: [])
        cubeCoefficient = try attributes.number("cube_coeff", default: -0.75)
        guard (padsBegin + padsEnd).allSatisfy({ (0...1 << 24).contains($0) }) else {
            throw VireoError(.malformedFile, "Interpolate with pads \(padsBegin) and \(padsEnd)")
        }
    }

    public var type: String { "Interpolate" }
    public var attributes: [Attribute] {
        guard version >= 4 else {
            return [
                Attribute("axes", .integers(listedAxes)),
                Attribute("mode", .string(mode == .linearOnnx ? Mode.linear.rawValue : mode.rawValue)),
                Attribute("align_corners", .boolean(alignsCorners)), Attribute("antialias", .boolean(antialias)),
                Attribute("pads_begin", .integers(padsBegin)), Attribute("pads_end", .integers(padsEnd)),
            ]
        }
        return [
            Attribute("mode", .string(mode.rawValue)),
            Attribute("shape_calculation_mode", .string(shapeCalculation.rawValue)),
            Attribute("coordinate_transformation_mode", .string(coordinates.rawValue)),
            Attribute("nearest_mode", .string(nearestMode.rawValue)), Attribute("antialias", .boolean(antialias)),
            Attribute("pads_begin", .integers(padsBegin.isEmpty ? [0] : padsBegin)),
            Attribute("pads_end", .integers(padsEnd.isEmpty ? [0] : padsEnd)),
            Attribute("cube_coeff", .number(cubeCoefficient)),
        ]
    }

    /// The input that lists the axes.
    public var axesInput: Int { version == 4 ? 3 : 2 }

    public func inferOutputs(_ inputs: InferenceInputs) throws -> [ValueType] {
        try inputs.require(version == 1 ? 2...2 : version == 4 ? 3...4 : 2...3)
        guard var data = inputs[0].shape.dimensions else { return [inputs[0]] }
        let axes: [Int]
        if version == 1 {
            axes = try listedAxes.map { axis throws(VireoError) in try normalizedAxis(axis, rank: data.count) }
        } else if inputs.count > axesInput {
            guard let listed = try inputs.integers(axesInput) else {
                return [ValueType(inputs[0].elementType, .ranked(data.map { _ in .dynamic }))]
            }
            axes = try listed.map { axis throws(VireoError) in try normalizedAxis(axis, rank: data.count) }
        } else {
            axes = Array(data.indices)
        }
        let sizes = shapeCalculation == .sizes ? try inputs.integers(1) : nil
        let scales = shapeCalculation == .scales ? try inputs.constant(version == 4 ? 2 : 1)?.doubles() : nil
        guard (sizes?.count ?? axes.count) == axes.count, (scales?.count ?? axes.count) == axes.count else {
            throw VireoError(.invalidArgument, "as many sizes or scales as the \(axes.count) axes are needed")
        }
        func padded(_ axis: Int) -> Int? {
            guard let extent = data[axis].value else { return nil }
            return extent + (axis < padsBegin.count ? padsBegin[axis] : 0) + (axis < padsEnd.count ? padsEnd[axis] : 0)
        }
        for axis in data.indices where !axes.contains(axis) {
            if let extent = padded(axis) { data[axis] = Dimension(extent) }
        }
        for (position, axis) in axes.enumerated() {
            if let sizes {
                guard (1...1 << 30).contains(sizes[position]) else {
                    throw VireoError(.invalidArgument, "resizing to \(sizes)")
                }
                data[axis] = Dimension(sizes[position])
            } else if let scales, let extent = padded(axis) {
                // Scales are f32: 0.3 of 10 must not become 2.
                let size = (Float(extent) * Float(scales[position])).rounded(.down)
                guard size >= 1, size <= 0x1p30 else {
                    throw VireoError(.invalidArgument, "an extent of \(extent) resized by \(scales[position])")
                }
                data[axis] = Dimension(Int(size))
            } else {
                data[axis] = .dynamic
            }
        }
        return [ValueType(inputs[0].elementType, .ranked(data))]
    }
}
