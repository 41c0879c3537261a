import VireoIR
import VireoTensor

/// Unless --layout says otherwise, inputs and outputs of rank 4 are NCHW in the IR, whatever they are in the graph.
extension GraphBoundary {
    /// The axes of each input.
    /// - Throws: `invalidArgument` for layouts that do not fit, and for a name that is no input or output.
    func inputArrangements(
        _ types: [ValueType], _ options: ConversionOptions
    ) throws(VireoError) -> [AxisArrangement] {
        try checkNames(options)
        var arrangements: [AxisArrangement] = []
        for (index, input) in inputs.enumerated() {
            let given =
                options.layouts.first { [input.name, input.requestedName].contains($0.name) }
                ?? (options.layouts.first?.name == nil && index < options.layouts.count ? options.layouts[index] : nil)
            let rank = types[index].shape.rank
            let source = given?.source ?? (rank == 4 ? graphLayout : nil)
            let target = given?.target ?? (rank == 4 && !options.keepsLayout && isImage(source) ? .nchw : source)
            arrangements.append(try AxisArrangement(source: source, target: target, rank: rank, name: input.name))
        }
        return arrangements
    }

    /// The axes of an output that --layout names; nil for others.
    func outputArrangement(
        _ output: TensorRef, _ type: ValueType, _ options: ConversionOptions
    ) throws(VireoError) -> AxisArrangement? {
        guard let given = options.layouts.first(where: { [output.node, output.description].contains($0.name) }) else {
            return nil
        }
        let rank = type.shape.rank
        let source = given.source ?? (rank == 4 ? graphLayout : nil)
        let target = given.target ?? (rank == 4 && !options.keepsLayout && isImage(source) ? .nchw : source)
        return try AxisArrangement(source: source, target: target, rank: rank, name: output.description)
    }

    private var graphLayout: Layout { isChannelsLast ? .nhwc : .nchw }

    private func isImage(_ layout: Layout?) -> Bool { layout.map { Set($0.axes) == Set(Layout.nchw.axes) } ?? false }

    private func checkNames(_ options: ConversionOptions) throws(VireoError) {
        let names = inputs.flatMap { [$0.name, $0.requestedName] } + outputs.flatMap { [$0.node, $0.description] }
        for layout in options.layouts {
            guard let name = layout.name, !names.contains(name) else { continue }
            throw VireoError(
                .invalidArgument, "--layout: \"\(name)\" is no input or output of the model",
                remedy: "the inputs are " + inputs.map(\.name).joined(separator: ", ") + ", the outputs "
                    + outputs.map(\.description).joined(separator: ", "))
        }
        guard options.layouts.first?.name != nil || options.layouts.count <= inputs.count else {
            throw VireoError(
                .invalidArgument, "--layout has \(options.layouts.count) layouts for \(inputs.count) inputs",
                remedy: "name the inputs and outputs, as in \(inputs.first?.name ?? "input")(nhwc->nchw)")
        }
    }
}
