import VireoKernels
import VireoPluginKit
import VireoTensor

/// A two-dimensional convolution in groups, and how the kernels compute it.
struct ConvolutionProblem {
    let input: Int
    let weights: Int
    let images: Int
    let groups: Int
    let groupInputs: Int
    let groupOutputs: Int
    let extent: [Int]
    let outputExtent: [Int]
    let kernel: [Int]
    let strides: [Int]
    let dilations: [Int]
    let padsBegin: [Int]

    /// - Parameter weightShape: [G, O/G, I/G, Y, X].
    init(_ node: NodeView, in graph: GraphView, weightShape: [Int]) throws(VireoError) {
        let shape = try graph.inputShape(0, of: node).dimensions
        guard shape.count == 4, weightShape.count == 5 else {
            throw VireoError(.unsupported, "only two-dimensional convolutions have a kernel, and the input is \(shape)")
        }
        guard graph.input(1, of: node).constant != nil else {
            throw VireoError(.unsupported, "the weights are not constant")
        }
        strides = try node.integers("strides", count: 2, atLeast: 1)
        dilations = try node.integers("dilations", count: 2, atLeast: 1)
        padsBegin = try node.integers("pads_begin", count: 2, atLeast: 0)
        let padsEnd = try node.integers("pads_end", count: 2, atLeast: 0)
        input = node.inputs[0]
        weights = node.inputs[1]
        images = shape[0]
        groups = weightShape[0]
        groupOutputs = weightShape[1]
        groupInputs = weightShape[2]
        kernel = Array(weightShape[3...])
        extent = Array(shape[2...])
        guard shape[1] == groups * groupInputs else {
            throw VireoError(.invalidArgument, "weights \(weightShape) do not fit an input \(shape)")
        }
        var outputs: [Int] = []
        for axis in 0..<2 {
            let room = extent[axis] + padsBegin[axis] + padsEnd[axis] - (kernel[axis] - 1) * dilations[axis] - 1
            guard room >= 0 else {
                throw VireoError(.invalidArgument, "the filter \(kernel) is larger than the padded input \(extent)")
            }
            outputs.append(room / strides[axis] + 1)
        }
        outputExtent = outputs
        try graph.outputShape(of: node, mustBe: [images, groups * groupOutputs] + outputs)
        let elements = images * groups * groupInputs
        guard elements.multipliedReportingOverflow(by: plane).partialValue <= Int(Int32.max), plane <= Int(Int32.max)
        else {
            throw VireoError(.unsupported, "the padded input has more elements than the kernels can count")
        }
    }

    private var isPadded: Bool {
        strides != [1, 1]
            || outputExtent
                != zip(extent, kernel).enumerated().map { axis, pair in
                    pair.0 - (pair.1 - 1) * dilations[axis]
                }
    }

    /// Phases of the padded input along each axis: see pad_phases.cl.
    private var phases: [Int] { (0..<2).map { min(strides[$0], (kernel[$0] - 1) * dilations[$0] + 1) } }
    /// Rows and columns of one phase.
    private var phaseExtent: [Int] {
        isPadded ? (0..<2).map { outputExtent[$0] + (kernel[$0] - 1) * dilations[$0] / strides[$0] } : extent
    }
    /// Elements of all phases of one channel.
    private var plane: Int { (isPadded ? phases[0] * phases[1] : 1) * phaseExtent[0] * phaseExtent[1] }

    private var taps: Int { kernel[0] * kernel[1] }
    var isDepthwise: Bool { groupInputs == 1 && groups > 1 }
    /// Output pixels with those between the rows, up to the last one.
    private var pixels: Int { (outputExtent[0] - 1) * phaseExtent[1] + outputExtent[1] }

    /// Where a filter tap reads, after an output pixel's number.
    private func offset(ofTap tap: Int) -> Int {
        let y = tap / kernel[1] * dilations[0]
        let x = tap % kernel[1] * dilations[1]
        let phase = y % strides[0] * phases[1] + x % strides[1]
        return (phase * phaseExtent[0] + y / strides[0]) * phaseExtent[1] + x / strides[1]
    }

    func lower(_ epilogue: Epilogue, into plan: PlanBuilder) throws {
        try plan.fastest(of: ways(on: plan), for: description(epilogue), isWorthwhile: isWorthwhile) { way in
            switch (way.algorithm, way.division) {
            case (.winograd, _): try lowerByWinograd(epilogue, division: way.division, into: plan)
            case (.direct, .window(let width, let height)):
                try lowerByWindows(epilogue, width: width, height: height, into: plan)
            case (.direct, _): try lowerDirectly(epilogue, division: way.division, into: plan)
            }
        }
    }

    /// The usual way first.
    private func ways(on plan: PlanBuilder) -> [Way] {
        let method = plan.options.method
        let winograd = plan.form.precision == .f32 && method != .direct && allowsWinograd ? winogradDivisions(plan) : []
        let direct = method == .winograd && !winograd.isEmpty ? [] : directDivisions(plan)
        let ways =
            direct.map { Way(algorithm: .direct, division: $0) }
            + winograd.map { Way(algorithm: .winograd, division: $0) }
        let isUsual = { (way: Way) in
            (way.algorithm == .winograd) == (isWorthwhile && min(groupInputs, groupOutputs) >= 64)
        }
        guard let usual = ways.firstIndex(where: isUsual) else { return ways }
        return [ways[usual]] + ways[..<usual] + ways[(usual + 1)...]
    }

    private func directDivisions(_ plan: PlanBuilder) -> [Division] {
        isDepthwise
            ? plan.depthwiseDivisions(columns: outputExtent[1], windowByteCount)
            : plan.divisions(rows: groupOutputs, columns: pixels, matrices: images * groups)
    }

    /// Whether there is enough work to measure it.
    private var isWorthwhile: Bool { productCount >= 1e7 }

    private var productCount: Double {
        Double(images * groups * groupOutputs * groupInputs * taps) * Double(outputExtent[0] * outputExtent[1])
    }

    /// Everything that the time of the convolution depends on.
    private func description(_ epilogue: Epilogue) -> String {
        func text(_ extents: [Int]) -> String { extents.map(String.init).joined(separator: "x") }
        let tail = (epilogue.residual == nil ? "" : " sum") + (epilogue.activation == nil ? "" : " activation")
        return
            "convolution \(text([images, groups, groupInputs] + extent)) to \(text([groupOutputs] + outputExtent)) by "
            + "\(text(kernel)) strides \(text(strides)) dilations \(text(dilations))\(tail)"
    }

    private func lowerDirectly(_ epilogue: Epilogue, division: Division, into plan: PlanBuilder) throws {
        var source = try plan.read(input)
        if isPadded {
            let padded = plan.temporary(count: images * groups * groupInputs * plane)
            plan.run(
                "pad_phases",
                [.memory(source), .memory(padded)]
                    + [
                        extent[0], extent[1], strides[0], strides[1], phases[0], phases[1], padsBegin[0], padsBegin[1],
                        phaseExtent[0], phaseExtent[1],
                    ].map(Argument.int),
                .rows(
                    phaseExtent[1], phaseExtent[0], images * groups * groupInputs * phases[0] * phases[1],
                    of: plan.lanes))
            source = padded
        }
        let channelTiles = (groupOutputs + Int(VIREO_ROWS) - 1) / Int(VIREO_ROWS)
        let channels = groups * groupOutputs
        let packed = try isDepthwise ? plan.read(weights) : pack(channelTiles, into: plan)
        let offsets = try plan.constant(count: groupInputs * taps, of: Int32.self) { memory in
            for k in memory.indices { memory[k] = Int32(k / taps * plane + offset(ofTap: k % taps)) }
        }
        let bias = try plan.constant(epilogue.bias ?? [Float](repeating: 0, count: channels))
        let residual = try epilogue.residual.map { try plan.read($0) }
        let tensors: [Argument] = [
            .memory(source), .memory(packed), .memory(offsets), .memory(bias), .optional(residual),
            .memory(try plan.write(epilogue.output)),
        ]
        let sizes =
            isDepthwise
            ? [taps, channels, groupOutputs, plane] : [groupInputs * taps, groups, groupInputs * plane, groupOutputs]
        let arguments =
            tensors
            + (sizes + [pixels, phaseExtent[1], outputExtent[1], outputExtent[0] * outputExtent[1]]).map(Argument.int)
            + UnaryFunction(epilogue.activation).arguments
        if isDepthwise, case .items(let group) = division {
            let items = [(pixels + plan.lanes - 1) / plan.lanes, channels, images]
            plan.run("depthwise_convolution", arguments, WorkSize(items, local: group))
        } else {
            plan.run(
                "convolution", arguments, rows: groupOutputs, columns: pixels, matrices: images * groups, by: division)
        }
    }

    /// The weights as [group][tile of channels][k][VIREO_ROWS], the last tile filled up with zeros.
    private func pack(_ tiles: Int, into plan: PlanBuilder) throws -> StorageID {
        let rows = Int(VIREO_ROWS)
        let depth = groupInputs * taps
        return try plan.graph.values[weights].withFloats { elements in
            guard let elements else { throw VireoError(.internalError, "the weights are not constant") }
            return try plan.weights(count: groups * tiles * depth * rows, sharedAs: "direct") { memory in
                for panel in 0..<groups * tiles {
                    for row in 0..<rows {
                        let channel = panel % tiles * rows + row
                        let source = (panel / tiles * groupOutputs + channel) * depth
                        for k in 0..<depth {
                            memory[(panel * depth + k) * rows + row] =
                                channel < groupOutputs ? elements[source + k] : 0
                        }
                    }
                }
            }
        }
    }
}
