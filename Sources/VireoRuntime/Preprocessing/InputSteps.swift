import VireoIR
import VireoTensor

/// The operations between a tensor in a given format and what a model takes.
struct InputSteps {
    private let format: InputFormat
    private let modelType: ValueType
    private let modelLayout: Layout
    private let givenLayout: Layout
    private let givenType: ValueType
    /// The input that takes the given format, once built.
    private(set) var parameter: NodeID?

    /// - Throws: `invalidArgument` for a format that does not fit the input.
    init(_ format: InputFormat, _ node: Node, _ type: ValueType, _ modelLayout: Layout?) throws {
        guard let extents = type.shape.dimensions else {
            throw VireoError(.invalidArgument, "an input of unknown rank has no layout", remedy: "reshape the model")
        }
        let layout = try modelLayout ?? node.layout ?? InputSteps.usualLayout(rank: extents.count)
        let given = format.layout ?? layout
        guard layout.axes.count == extents.count, Set(layout.axes) == Set(given.axes),
            given.axes.count == layout.axes.count
        else {
            throw VireoError(
                .invalidArgument, "the layout \(given) for an input of the layout \(layout) and rank \(extents.count)")
        }
        self.format = format
        modelType = type
        self.modelLayout = layout
        givenLayout = given
        var dimensions = given.axes.map { axis in extents[layout.index(of: axis)!] }
        for (axis, extent) in [("H", format.height), ("W", format.width)] as [(Character, Dimension?)] {
            guard let extent else { continue }
            guard let place = given.index(of: axis) else {
                throw VireoError(.invalidArgument, "the layout \(given) has no axis \(axis) to resize")
            }
            dimensions[place] = extent
        }
        givenType = ValueType(format.elementType ?? type.elementType, .ranked(dimensions))
        try checkChannels()
    }

    private static func usualLayout(rank: Int) throws -> Layout {
        switch rank {
        case 4: .nchw
        case 2: .nc
        default: try Layout(String("NABDEFGIJK".prefix(rank)))
        }
    }

    private func checkChannels() throws {
        for (name, values) in [("mean", format.mean), ("scale", format.scale)] {
            guard values.allSatisfy(\.isFinite), name == "mean" || !values.contains(0) else {
                throw VireoError(
                    .invalidArgument, "a \(name) of \(values)", remedy: "give finite numbers, no scale of 0")
            }
            guard values.count <= 1 || values.count == channelCount else {
                throw VireoError(
                    .invalidArgument, "\(values.count) numbers of \(name) for \(channelCount ?? 0) channels",
                    remedy: "give one number, or one for each channel")
            }
        }
        if format.reversesChannels, channelCount == nil {
            throw VireoError(.invalidArgument, "the layout \(modelLayout) has no known channels to reverse")
        }
        if !(format.mean.isEmpty && format.scale.isEmpty), !modelType.elementType.isFloatingPoint {
            throw VireoError(.invalidArgument, "mean and scale for an input of \(modelType.elementType)")
        }
    }

    private var channelCount: Int? {
        modelLayout.index(of: "C").flatMap { modelType.shape.dimensions?[$0].value }
    }

    /// The new Parameter's `rt_info`: the old one's with the given layout.
    func runtimeInfo(from node: Node) -> [RuntimeInfo] {
        node.runtimeInfo.filter { !($0.name == "attribute" && $0["name"] == "layout") } + [givenLayout.runtimeInfo]
    }

    /// Adds the operations.
    /// - Returns: the value that takes the old input's place.
    mutating func build(in model: inout Model, name: String) throws -> Output {
        let parameter = try model.add(Parameter(givenType.elementType, givenType.shape), name: "\(name)/given")
        self.parameter = parameter
        var value = Output(parameter)
        if givenType.elementType != modelType.elementType {
            value = Output(try model.add(Convert(to: modelType.elementType), [value], name: "\(name)/convert"))
        }
        if givenLayout != modelLayout {
            let order = modelLayout.axes.map { Int64(givenLayout.index(of: $0)!) }
            let constant = try model.addConstant(Tensor(order), name: "\(name)/order")
            value = Output(try model.add(Transpose(), [value, constant], name: "\(name)/transpose"))
        }
        if format.reversesChannels, let axis = modelLayout.index(of: "C"), let count = channelCount {
            let order = try model.addConstant(Tensor((0..<Int64(count)).reversed()), name: "\(name)/channel_order")
            let axis = try model.addConstant(Tensor(scalar: Int64(axis)), name: "\(name)/channel_axis")
            value = Output(try model.add(Gather(), [value, order, axis], name: "\(name)/reverse_channels"))
        }
        if format.height != nil || format.width != nil { value = try resize(value, in: &model, name: name) }
        if let mean = try perChannel(format.mean) {
            let constant = try model.addConstant(mean, name: "\(name)/mean_values")
            value = Output(try model.add(BinaryElementwise(.subtract), [value, constant], name: "\(name)/mean"))
        }
        if let scale = try perChannel(format.scale) {
            let constant = try model.addConstant(scale, name: "\(name)/scale_values")
            value = Output(try model.add(BinaryElementwise(.divide), [value, constant], name: "\(name)/scale"))
        }
        return value
    }

    private func resize(_ value: Output, in model: inout Model, name: String) throws -> Output {
        guard let rows = modelLayout.index(of: "H"), let columns = modelLayout.index(of: "W"),
            let height = modelType.shape.dimensions?[rows].value,
            let width = modelType.shape.dimensions?[columns].value
        else {
            throw VireoError(
                .invalidArgument, "the model's own height and width are not known", remedy: "reshape the model first")
        }
        let sizes = try model.addConstant(Tensor([Int64(height), Int64(width)]), name: "\(name)/sizes")
        // Interpolate-4 has an input of scales, which resizing to sizes does not read.
        let scales = try model.addConstant(Tensor([1, 1] as [Float]), name: "\(name)/scales")
        let axes = try model.addConstant(Tensor([Int64(rows), Int64(columns)]), name: "\(name)/axes")
        let mode: Interpolate.Mode =
            switch format.resampling {
            case .nearest: .nearest
            case .bilinear: .linearOnnx
            case .bicubic: .cubic
            }
        return Output(
            try model.add(
                Interpolate(mode, coordinates: .halfPixel), [value, sizes, scales, axes], name: "\(name)/resize"))
    }

    /// The numbers as a tensor that broadcasts over the model's layout; nil for none.
    private func perChannel(_ values: [Double]) throws -> Tensor? {
        guard !values.isEmpty else { return nil }
        var dimensions = [Int](repeating: 1, count: modelLayout.axes.count)
        if values.count > 1, let axis = modelLayout.index(of: "C") { dimensions[axis] = values.count }
        return try Tensor(values.map { Float($0) }, Shape(dimensions)).converted(to: modelType.elementType)
    }
}
