import VireoIR
import VireoTensor

/// What is done to an input before the network sees it: reverse the channels, subtract the mean, divide by the scale.
struct InputPreprocessing {
    var reversesChannels = false
    var mean: [Double] = []
    var scale: [Double] = []
    /// The axis of the graph's tensor that the channels lie along; nil when it has no axes.
    var channelAxis: Int?

    var isEmpty: Bool { !reversesChannels && mean.isEmpty && scale.isEmpty }

    /// The preprocessing of each input.
    /// - Throws: `invalidArgument` with the question number for options that contradict each other or the inputs.
    static func of(
        _ inputs: [GraphBoundary.Input], _ types: [ValueType], _ layouts: [Layout?], _ options: ConversionOptions
    ) throws(VireoError) -> [InputPreprocessing] {
        if options.scale != nil, options.scaleValues != nil {
            throw VireoError(
                .invalidArgument, "--scale and --scale_values are both given", remedy: "give one of them", faq: 19)
        }
        if let scale = options.scale, scale == 0 || !scale.isFinite {
            throw VireoError(.invalidArgument, "--scale must be a number other than 0, and is \(scale)")
        }
        let means = try distribute(options.meanValues, "--mean_values", inputs, options, faq: 61)
        let scales = try distribute(options.scaleValues, "--scale_values", inputs, options, faq: 62)
        var result: [InputPreprocessing] = []
        var reversed = 0
        for (index, type) in types.enumerated() {
            var preprocessing = InputPreprocessing(mean: means[index], scale: scales[index])
            if let scale = options.scale { preprocessing.scale = [scale] }
            guard preprocessing.scale.allSatisfy({ $0 != 0 }) else {
                throw VireoError(.invalidArgument, "--scale_values for \"\(inputs[index].name)\" hold 0")
            }
            let dimensions = type.shape.dimensions ?? []
            preprocessing.channelAxis =
                layouts[index]?.index(of: "C") ?? (dimensions.isEmpty ? nil : dimensions.count - 1)
            let channels = preprocessing.channelAxis.flatMap { dimensions[$0].value }
            if options.reverseInputChannels, dimensions.count == 4, channels == 3 {
                preprocessing.reversesChannels = true
                reversed += 1
            }
            for (flag, values) in [("--mean_values", preprocessing.mean), ("--scale_values", preprocessing.scale)]
            where values.count > 1 {
                guard channels == values.count else {
                    throw VireoError(
                        .invalidArgument,
                        "\(flag) has \(values.count) numbers for \"\(inputs[index].name)\" of shape \(type.shape)",
                        remedy: "give one number for each channel", faq: flag == "--mean_values" ? 61 : 62)
                }
            }
            result.append(preprocessing)
        }
        if options.reverseInputChannels, reversed == 0 {
            throw VireoError(
                .invalidArgument, "--reverse_input_channels has nothing to reverse: no input of rank 4 has 3 channels",
                remedy: "leave the flag out")
        }
        return result
    }

    private static func distribute(
        _ values: ChannelValues?, _ flag: String, _ inputs: [GraphBoundary.Input], _ options: ConversionOptions,
        faq: Int
    ) throws(VireoError) -> [[Double]] {
        switch values {
        case nil: return inputs.map { _ in [] }
        case .positional(let lists):
            guard lists.count == inputs.count else {
                throw VireoError(
                    .invalidArgument, "\(flag) has \(lists.count) lists for \(inputs.count) inputs",
                    remedy: "name the inputs, as in \(inputs.first?.name ?? "input")[1,2,3]", faq: faq)
            }
            return lists
        case .named(let list):
            for item in list where !inputs.contains(where: { $0.requestedName == item.input || $0.name == item.input })
            {
                throw VireoError(
                    .invalidArgument, "\(flag): \"\(item.input)\" is no input of the model",
                    remedy: "the inputs are " + inputs.map(\.name).joined(separator: ", "), faq: 83)
            }
            return inputs.map { input in
                list.first { $0.input == input.requestedName || $0.input == input.name }?.values ?? []
            }
        }
    }

    /// Adds the operations after an input, in the graph's layout.
    func apply(to value: Output, name: String, in model: inout Model) throws -> Output {
        var value = value
        let type = model.type(of: value)
        let rank = type.shape.rank ?? 0
        if reversesChannels, let channelAxis {
            let order = try model.addConstant(Tensor([Int64(2), 1, 0]), name: "\(name)/channel_order")
            let axis = try model.addConstant(Tensor(scalar: Int64(channelAxis)), name: "\(name)/channel_axis")
            value = Output(try model.add(Gather(), [value, order, axis], name: "\(name)/reverse_channels"))
        }
        func constant(_ numbers: [Double], _ suffix: String) throws -> Output {
            var dimensions = [Int](repeating: 1, count: rank)
            if let channelAxis { dimensions[channelAxis] = numbers.count }
            return try model.addConstant(
                Tensor(type.elementType, Shape(dimensions), values: numbers), name: "\(name)/\(suffix)")
        }
        if !mean.isEmpty, mean.contains(where: { $0 != 0 }) {
            let term = try constant(mean.map { -$0 }, "negative_mean")
            value = Output(try model.add(BinaryElementwise(.add), [value, term], name: "\(name)/mean"))
        }
        if !scale.isEmpty, scale.contains(where: { $0 != 1 }) {
            let factor = try constant(scale.map { 1 / $0 }, "reciprocal_scale")
            value = Output(try model.add(BinaryElementwise(.multiply), [value, factor], name: "\(name)/scale"))
        }
        return value
    }
}
