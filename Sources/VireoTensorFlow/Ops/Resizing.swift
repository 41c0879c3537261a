import VireoIR
import VireoTensor

extension TensorFlowOperations {
    /// ResizeBilinear: the result is f32 whatever the image is.
    static let resizeBilinear: Translator = { graph in
        try resize(graph, .linearOnnx, coordinates: coordinates(graph), to: .f32)
    }

    /// ResizeNearestNeighbor rounds down, except between aligned corners.
    static let resizeNearestNeighbor: Translator = { graph in
        let coordinates = try coordinates(graph)
        switch coordinates {
        case .halfPixel: return try resize(graph, .nearest, coordinates: .tfHalfPixelForNN, nearest: .floor)
        case .alignCorners: return try resize(graph, .nearest, coordinates: coordinates, nearest: .roundPreferCeil)
        default: return try resize(graph, .nearest, coordinates: coordinates, nearest: .floor)
        }
    }

    /// ResizeBicubic, as products with the matrices of TensorFlow's weights: its half-pixel kernel leaves out what lies
    /// outside the image, which Interpolate cannot say.
    static let resizeBicubic: Translator = { graph in
        let image = try graph.input(0)
        let shape = try graph.dimensions(image)
        let size = try imageSize(graph)
        guard shape.count == 4, let height = shape[1].value, let width = shape[2].value else {
            throw VireoError(.unsupported, "an image of shape \(shape)", in: [graph.node.place])
        }
        let alignCorners = try graph.node.bool("align_corners", default: false)
        let halfPixel = try graph.node.bool("half_pixel_centers", default: false)
        func matrix(_ input: Int, _ output: Int) throws -> Tensor {
            try CubicResampling(alignCorners: alignCorners, halfPixel: halfPixel).matrix(input, output)
        }
        let data = try converted(graph, image, to: .f32)
        let first = try graph.channelsFirst(data)
        let rows = try graph.constant(matrix(height, size[0]), "row_weights")
        let columns = try graph.constant(matrix(width, size[1]), "column_weights")
        let tall = try graph.emit(MatMul(), [rows, first], "rows")
        let resized = try graph.emit(MatMul(transposeB: true), [tall, columns], "columns")
        return [try graph.channelsLast(resized)]
    }

    private static func coordinates(_ graph: GraphImporter) throws -> Interpolate.CoordinateTransformation {
        if try graph.node.bool("align_corners", default: false) { return .alignCorners }
        return try graph.node.bool("half_pixel_centers", default: false) ? .halfPixel : .asymmetric
    }

    /// The height and width that the second input asks for.
    private static func imageSize(_ graph: GraphImporter) throws -> [Int] {
        let size = try graph.integers(1)
        guard size.count == 2, size.allSatisfy({ (1...1 << 16).contains($0) }) else {
            throw VireoError(.malformedFile, "an image size of \(size)", in: [graph.node.place])
        }
        return size
    }

    private static func converted(_ graph: GraphImporter, _ value: Output, to type: ElementType) throws -> Output {
        graph.type(value).elementType == type ? value : try graph.emit(Convert(to: type), [value], "converted")
    }

    private static func resize(
        _ graph: GraphImporter, _ mode: Interpolate.Mode, coordinates: Interpolate.CoordinateTransformation,
        nearest: Interpolate.NearestMode = .roundPreferFloor, to elementType: ElementType? = nil
    ) throws -> [Output] {
        let size = try imageSize(graph)
        let image = try graph.input(0)
        let data = try elementType.map { try converted(graph, image, to: $0) } ?? image
        let first = try graph.channelsFirst(data)
        let shape = try graph.dimensions(first)
        guard shape.count == 4 else {
            throw VireoError(.malformedFile, "an image of shape \(shape)", in: [graph.node.place])
        }
        let scales = [2, 3].map { axis in Float(size[axis - 2]) / Float(shape[axis].value ?? size[axis - 2]) }
        let resized = try graph.emit(
            Interpolate(mode, coordinates: coordinates, nearestMode: nearest),
            [
                first, graph.indices(size, "sizes"), graph.constant(Tensor(scales), "scales"),
                graph.indices([2, 3], "axes"),
            ])
        return [try graph.channelsLast(resized)]
    }
}

/// The weights of TensorFlow's ResizeBicubic: Keys' kernel from a table of 1024 steps.
private struct CubicResampling {
    let alignCorners: Bool
    let halfPixel: Bool

    /// One row of weights over the input for each output element.
    func matrix(_ input: Int, _ output: Int) throws -> Tensor {
        guard input > 0, input * output <= 1 << 26 else {
            throw VireoError(.unsupported, "resizing \(input) to \(output) elements")
        }
        let scale =
            alignCorners && output > 1 ? Float(input - 1) / Float(output - 1) : Float(input) / Float(output)
        var weights = [Float](repeating: 0, count: input * output)
        for x in 0..<output {
            let place = halfPixel ? (Float(x) + 0.5) * scale - 0.5 : Float(x) * scale
            let lower = place.rounded(.down)
            let step = Int(((place - lower) * 1024).rounded(.toNearestOrEven))
            var taps = [far(step, 1), near(step), near(1024 - step), far(1024 - step, 1)]
            let indices = (-1...2).map { Int(lower) + $0 }
            if halfPixel {
                for tap in 0..<4 where !(0..<input).contains(indices[tap]) { taps[tap] = 0 }
                let sum = taps.reduce(0, +)
                if abs(sum) >= 1000 * Float.leastNormalMagnitude { taps = taps.map { $0 / sum } }
            }
            for tap in 0..<4 { weights[x * input + min(max(indices[tap], 0), input - 1)] += taps[tap] }
        }
        return Tensor(weights, [output, input])
    }

    private var a: Double { halfPixel ? -0.5 : -0.75 }

    private func near(_ step: Int) -> Float {
        let x = Double(step) / 1024
        return Float(((a + 2) * x - (a + 3)) * x * x + 1)
    }

    private func far(_ step: Int, _ offset: Double) -> Float {
        let x = Double(step) / 1024 + offset
        return Float(((a * x - 5 * a) * x + 8 * a) * x - 4 * a)
    }
}
